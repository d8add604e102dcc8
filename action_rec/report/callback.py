"""The callback that writes the page of a test."""

from pathlib import Path

from lightning import Callback, LightningModule, Trainer
from lightning.pytorch.loggers import WandbLogger

from action_rec.console.writing import write_text
from action_rec.report.command import make_page
from action_rec.report.runs import open_store, read_runs
from action_rec.training.run_folder import run_folder

PANEL_BYTES = 10_000_000


class ReportPage(Callback):
    """Write ``report.html`` into the folder of a test, and to W&B; stands after `Evaluator`.

    W&B gets an artifact, and a panel of HTML if the page has at most `PANEL_BYTES`.
    """

    def on_test_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Write the page from the files that the evaluator has written."""
        folder = run_folder(trainer)  # a collective call, which all ranks must make
        if not trainer.is_global_zero:
            return
        runs = read_runs({folder.name: folder})
        path = folder / "report.html"
        write_text(path, make_page(runs, open_store(runs[0], None)))
        print(f"page: {path}")
        for logger in trainer.loggers:
            if isinstance(logger, WandbLogger):
                _log(logger, path)


def _log(logger: WandbLogger, path: Path) -> None:
    """Log the page as an artifact and, unless it is too large for a browser's frame, as a panel."""
    logger.experiment.log_artifact(str(path), name="report", type="report")
    text = path.read_text(encoding="utf-8")
    if len(text) > PANEL_BYTES:
        print("W&B: the page is too large for a panel; it is the artifact 'report'")
        return
    from wandb import Html  # loaded by the logger; without it, wandb would cost a second

    # `inject` would add styles that the policy of the page refuses.
    logger.experiment.log({"test/report": Html(text, inject=False, data_is_not_path=True)})
