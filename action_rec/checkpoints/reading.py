"""Reading checkpoints as data: nothing that a file holds is run."""

from contextlib import suppress
from pathlib import Path
from pickle import PickleError
from typing import Any

import torch

from action_rec.data.clip_format import ClipFormat
from action_rec.data.datamodule import SkeletonDataModule
from action_rec.errors import InputError

_NEEDED = {"state_dict", "pytorch-lightning_version"}
_TRUSTED = ("action_rec.", "torch.optim.")
_INSTANTIATOR = "lightning.pytorch.cli.instantiate_module"


def load_checkpoint(path: Path) -> dict[str, Any]:
    """Read a checkpoint that `fit` wrote; its tensors stay on disk until they are used.

    Raises:
        InputError: The file does not exist, or is no complete checkpoint.
    """
    if path.is_dir():
        raise InputError(f"checkpoint {path} is a folder; give a .ckpt file in it")
    if not path.is_file():
        raise InputError(
            f"checkpoint {path} does not exist; fit writes checkpoints below its run's folder, "
            "e.g. runs/NAME/version_0/checkpoints/best.ckpt"
        )
    checkpoint: Any = None
    with suppress(RuntimeError, OSError, ValueError, EOFError, AttributeError, PickleError):
        checkpoint = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    if not isinstance(checkpoint, dict) or not checkpoint.keys() >= _NEEDED:
        raise InputError(
            f"{path} is no complete checkpoint of action_rec (truncated, or written by another "
            "program); give a .ckpt file that fit wrote"
        )
    return checkpoint


def clip_format(checkpoint: dict[str, Any], path: Path) -> ClipFormat:
    """How the clips were made that the network of a checkpoint was trained on.

    Raises:
        InputError: The checkpoint does not say.
    """
    described = checkpoint.get(SkeletonDataModule.__qualname__, {}).get("clips")
    if described is None:
        raise InputError(
            f"{path} does not say how its clips were made; give a .ckpt file that fit wrote"
        )
    return ClipFormat.from_dict(described)


def check_class_paths(checkpoint: dict[str, Any], path: Path) -> None:
    """Check that building the network of a checkpoint imports nothing but this package and torch.

    Raises:
        InputError: It names another module.
    """
    pending: list[Any] = [checkpoint.get("hyper_parameters", {})]
    builder = pending[0].get("_instantiator", _INSTANTIATOR)
    if builder != _INSTANTIATOR:
        raise InputError(
            f"{path} asks to be built by {builder!r}, which could run any code; use a checkpoint "
            "that you trust"
        )
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            named = value.get("class_path", _TRUSTED[0])
            if not str(named).startswith(_TRUSTED):
                raise InputError(
                    f"{path} asks for {named}, which is neither of action_rec nor of torch.optim, "
                    "and importing it would run its code; use a checkpoint that you trust"
                )
            pending += value.values()
        elif isinstance(value, list | tuple):
            pending += value
