"""Where a store may be written."""

from pathlib import Path

from action_rec.console.output_path import check_out
from action_rec.errors import InputError


def partial_folder(out: Path) -> Path:
    """The folder in which a store is written until it is complete."""
    return out.with_name(f"{out.name}.partial")


def check_store_path(out: Path, overwrite: bool) -> None:
    """Check, before any work, that a store can be written; make its folder.

    Raises:
        InputError: The path is unusable, or exists and is not to be replaced.
    """
    if out.suffix != ".h5":
        raise InputError(f"OUT '{out}' does not end in .h5; give the store such a name")
    if out.is_file() and not overwrite:
        raise InputError(f"OUT '{out}' exists; choose another name, or replace it by --overwrite")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"the folder of OUT '{out}' cannot be made ({error.strerror}); choose another one"
        ) from None
    check_out(out)
