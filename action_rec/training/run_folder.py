"""The folder of a run: where its loggers write, its results lie too."""

from pathlib import Path

from lightning import Trainer


def run_folder(trainer: Trainer) -> Path:
    """Return the run's folder, which exists then."""
    folder = Path(trainer.log_dir or trainer.default_root_dir)
    folder.mkdir(parents=True, exist_ok=True)
    return folder
