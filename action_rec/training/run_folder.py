"""The output folder of a run, for logs and results."""

from pathlib import Path

from lightning import Trainer


def run_folder(trainer: Trainer) -> Path:
    """Return the log folder of the run, or its default root folder; create it if missing."""
    folder = Path(trainer.log_dir or trainer.default_root_dir)
    folder.mkdir(parents=True, exist_ok=True)
    return folder
