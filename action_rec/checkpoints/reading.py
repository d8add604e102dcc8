"""Read checkpoints as data: nothing that a file holds is run or imported."""

import re
from pathlib import Path
from typing import Any

import torch

from action_rec.checkpoints.archive import check_archive
from action_rec.checkpoints.content import check_content
from action_rec.checkpoints.typed import shown
from action_rec.errors import InputError


def load_checkpoint(path: Path) -> dict[str, Any]:
    """Read a checkpoint that `fit` wrote; its tensors stay on disk until they are used.

    Args:
        path: A .ckpt file.

    Returns:
        Its parts, whose structure, sizes and types are checked.

    Raises:
        InputError: The file does not exist or is not a complete checkpoint of this package.
    """
    if path.is_dir():
        raise InputError(f"checkpoint {path} is a folder; give a .ckpt file in it")
    if not path.is_file():
        raise InputError(
            f"checkpoint {path} does not exist; fit writes checkpoints below its run's folder, "
            "e.g. runs/NAME/version_0/checkpoints/best.ckpt"
        )
    if path.suffix == ".onnx":
        raise InputError(
            f"{path} is an ONNX file, which predict and stream read; give the .ckpt file that it "
            "was exported from"
        )
    check_archive(path)
    try:
        content: Any = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except (RuntimeError, ValueError, OSError, EOFError) as error:  # pickle errors are ValueErrors
        raise InputError(f"{path} is not a complete checkpoint ({error})") from error
    check_content(content, str(path))
    version = content["pytorch-lightning_version"]
    if not re.fullmatch(r"[2-9]\d?\.\d{1,4}(\.\d{1,4})?((\.post|\.dev|rc)\d{1,9})?", version):
        raise InputError(
            f"{path} was written by lightning {shown(version)}, but by 2 or later is needed; give "
            "a .ckpt file that fit wrote"
        )
    return dict(content)
