"""The command `predict` as the tests call it, and stores to call it on."""

import json
import shutil
from pathlib import Path
from typing import Any

import h5py

from action_rec.cli import main


def predict(checkpoint: Path, *words: object) -> int:
    """Predict from a checkpoint alone; return the status."""
    return main(["predict", "--ckpt_path", str(checkpoint), *map(str, words)])


def changed(store: Path, folder: Path, **attributes: Any) -> Path:  # noqa: ANN401
    """A copy of a store with other attributes; those given as objects become JSON."""
    path = Path(shutil.copy(store, folder / "changed.h5"))
    with h5py.File(path, "r+") as file:
        for name, value in attributes.items():
            file.attrs[name] = value if isinstance(value, str) else json.dumps(value)
    return path
