"""A store that is truncated while a fit reads it."""

import shutil
from pathlib import Path

import pytest
from lightning import Callback, LightningModule, Trainer

from tests.command_line import SMALL, run


class Truncate(Callback):
    """Cuts a store after the first epoch.

    Args:
        path: The store.
    """

    def __init__(self, path: str) -> None:
        self.path = Path(path)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        with self.path.open("r+b") as file:
            file.truncate(self.path.stat().st_size // 2)


@pytest.mark.parametrize("workers", ["0", "1"])
def test_a_store_truncated_in_a_fit_ends_it_with_a_sentence(
    workers: str, store_path: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = Path(shutil.copy(store_path, tmp_path / "cut.h5"))
    name = "--trainer.callbacks"
    more: tuple[str, ...] = (
        f"{name}+",
        "tests.store.test_changes.Truncate",
        f"{name}.path",
        str(path),
    )
    more += ("--trainer.max_epochs", "3", "--data.num_workers", workers)
    assert run("fit", path, tmp_path, *SMALL, *more) == 2
    errors = capfd.readouterr().err
    assert "Traceback" not in errors
    assert errors.strip().splitlines()[-1] == (
        f"error: store '{path}' was changed or truncated while it was read; run the command again, "
        "and write a new store to another file"
    )
