"""The callback that writes the page of a test."""

from lightning import Callback, LightningModule, Trainer
from lightning.pytorch.loggers import WandbLogger

from action_rec.console.writing import write_text
from action_rec.report.command import make_page
from action_rec.report.runs import open_store, read_runs
from action_rec.training.run_folder import run_folder


class ReportPage(Callback):
    """Write ``report.html`` into the folder of a test, and to W&B; stands after `Evaluator`."""

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
                logger.experiment.log_artifact(str(path), name="report", type="report")
