"""A quick experiment with attention, as the tests of the commands call it."""

from pathlib import Path

CONFIGS = Path(__file__).parents[1] / "configs"


def experiment(store: Path) -> tuple[str, ...]:
    """The arguments of a quick experiment with attention."""
    return (
        *("--config", str(CONFIGS / "demo.yaml"), "--data.path", str(store)),
        *("--model.network.readout", "attention"),
        *("--trainer.enable_progress_bar", "false", "--trainer.enable_model_summary", "false"),
        *("--trainer.max_epochs", "3", "--trainer.log_every_n_steps", "1"),
    )


def into(folder: Path) -> tuple[str, ...]:
    """Arguments that bring the runs into a folder, without W&B."""
    logger = "--trainer.logger"
    return (logger, "CSVLogger", f"{logger}.save_dir", str(folder), f"{logger}.name", "")


def last(run: Path) -> Path:
    """The checkpoint of a run."""
    return run / "version_0" / "checkpoints" / "last.ckpt"
