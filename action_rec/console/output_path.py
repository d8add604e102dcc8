"""Where a command may write: looked at before it does any work."""

import os
from pathlib import Path

from action_rec.errors import InputError

_PICTURES = (".png", ".pdf", ".svg")


def check_out(path: Path) -> None:
    """Make sure that a file can be written.

    Raises:
        InputError: It is a folder, its own folder does not exist, or there is no permission.
    """
    if path.is_dir():
        raise InputError(f"{path} is a folder; give the file that is to be written another name")
    if not path.parent.is_dir():
        raise InputError(
            f"{path} cannot be written, for {path.parent} is no folder that exists; make it or "
            "choose another one"
        )
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise InputError(
            f"{path} cannot be written, for the permission is missing; choose another place"
        )


def check_picture(path: Path, *, numbers: bool = False) -> None:
    """Make sure that a picture can be written.

    Args:
        path: Its file.
        numbers: Whether its numbers go beside it, with the ending .csv.

    Raises:
        InputError: It has an unknown ending, or a file cannot be written.
    """
    if path.suffix not in _PICTURES:
        raise InputError(f"{path} must end in .png, .pdf or .svg, the formats of pictures")
    check_out(path)
    if numbers:
        check_out(path.with_suffix(".csv"))
