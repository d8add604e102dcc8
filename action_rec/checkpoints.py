"""Reading checkpoints as data: nothing that a file holds is run."""

from contextlib import suppress
from pathlib import Path
from pickle import PickleError
from typing import Any

import torch

from action_rec.errors import InputError


def load_checkpoint(path: Path) -> dict[str, Any]:
    """Read a checkpoint that `fit` wrote; its tensors stay on disk until they are used.

    Raises:
        InputError: The file does not exist, or is no complete checkpoint.
    """
    if not path.is_file():
        raise InputError(
            f"checkpoint {path} does not exist; fit writes checkpoints below its run's folder, "
            "e.g. runs/NAME/version_0/checkpoints/best.ckpt"
        )
    checkpoint: Any = None
    with suppress(RuntimeError, OSError, ValueError, EOFError, AttributeError, PickleError):
        checkpoint = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    if not isinstance(checkpoint, dict) or "state_dict" not in checkpoint:
        raise InputError(
            f"{path} is no complete checkpoint of action_rec (truncated, or written by another "
            "program); give a .ckpt file that fit wrote"
        )
    return checkpoint
