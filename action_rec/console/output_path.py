"""Check before any work that an output file can be written."""

import os
from pathlib import Path

from action_rec.errors import InputError

_PICTURES = (".png", ".pdf", ".svg")


def check_out(path: Path, suffixes: tuple[str, ...] = (), *, name: str = "") -> None:
    """Check that a file can be written.

    Args:
        path: The file.
        suffixes: Suffixes the file may have; any if empty.
        name: The option that gave the file, for the error message.

    Raises:
        InputError: The suffix is another one, the path is a folder, its parent folder does not
            exist, or there is no permission.
    """
    file = f"{name} '{path}'" if name else str(path)
    if suffixes and path.suffix not in suffixes:
        *others, last = suffixes
        allowed = f"{', '.join(others)} or {last}" if others else last
        raise InputError(f"{file} must end in {allowed}; change its name")
    if path.is_dir():
        raise InputError(f"{file} is a folder; give the output file another name")
    if not path.parent.is_dir():
        raise InputError(
            f"{file} cannot be written: the folder {path.parent} does not exist; create it or "
            "choose another one"
        )
    if not all(os.access(one, os.W_OK) for one in (path, path.parent) if one.exists()):
        raise InputError(
            f"{file} cannot be written: permission denied; choose another file or folder"
        )


def check_picture(path: Path, *, numbers: bool = False) -> None:
    """Check that a picture can be written.

    Args:
        path: The picture.
        numbers: Whether its numbers are written beside it, with the suffix .csv.

    Raises:
        InputError: The suffix is unknown, or a file cannot be written.
    """
    check_out(path, _PICTURES)
    if numbers:
        check_out(path.with_suffix(".csv"))
