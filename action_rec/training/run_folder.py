"""The folder of a run, which holds its logs and results."""

from pathlib import Path

from lightning import Trainer


def run_folder(trainer: Trainer) -> Path:
    """Return the folder of the run; create it if it does not exist."""
    folder = Path(trainer.log_dir or trainer.default_root_dir)
    folder.mkdir(parents=True, exist_ok=True)
    return folder
