"""The inputs of `predict`: the stores and recordings that files, folders and globs name."""

from collections.abc import Iterable, Iterator
from glob import glob, has_magic
from pathlib import Path
from typing import NamedTuple

from action_rec.errors import InputError

_STORE, _RECORDING = ".h5", ".skeleton"


class Inputs(NamedTuple):
    """Every file once: stores in the order given, recordings sorted by name."""

    stores: list[Path]
    recordings: list[Path]


def find_inputs(texts: Iterable[str]) -> Inputs:
    """Expand the inputs of a command line.

    Args:
        texts: Each a store (.h5), a .skeleton file, a folder that is searched for .skeleton files,
            subfolders too, or a glob of these (``**`` for any depth).

    Raises:
        InputError: One of them does not exist, is empty or of another kind.
    """
    found: dict[Path, Path] = {}
    for text in texts:
        for path in _expand(text):
            found.setdefault(path.resolve(), path)
    stores = [path for path in found.values() if path.suffix == _STORE]
    recordings = [path for path in found.values() if path.suffix == _RECORDING]
    return Inputs(stores, sorted(recordings, key=lambda path: path.stem))


def _expand(text: str) -> list[Path]:
    path = Path(text)
    if path.exists() or not has_magic(text):
        return list(_files(path))
    matches = [Path(match) for match in sorted(glob(text, recursive=True))]
    usable = [path for path in matches if path.suffix in (_STORE, _RECORDING)]
    for folder in (path for path in matches if path.is_dir()):
        usable += sorted(folder.rglob(f"*{_RECORDING}"))
    if not usable:
        what = f"matches {len(matches)} files, none of them" if matches else "matches no file, and"
        raise InputError(f"the glob '{text}' {what} a .h5 or .skeleton file is needed; correct it")
    return usable


def _files(path: Path) -> Iterator[Path]:
    if path.is_dir():
        recordings = sorted(path.rglob(f"*{_RECORDING}"))
        if not recordings:
            raise InputError(
                f"folder '{path}' holds no .skeleton files; name another folder, or the .h5 file "
                "of a store"
            )
        yield from recordings
        return
    if not path.exists():
        raise InputError(f"'{path}' does not exist; give a store, a .skeleton file or a folder")
    if path.suffix not in (_STORE, _RECORDING):
        raise InputError(
            f"'{path}' is neither a store (.h5) nor a .skeleton file; convert other recordings "
            "with 'python -m data_prep' first and give the store"
        )
    yield path
