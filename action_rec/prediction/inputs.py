"""The inputs of `predict`: the stores and recordings that files, folders and globs name."""

import os
from collections.abc import Iterable, Iterator
from glob import glob, has_magic
from pathlib import Path
from typing import NamedTuple

from action_rec.errors import InputError
from action_rec.skeletons.formats.finding import LABELS, find_recordings, printable
from action_rec.skeletons.formats.reading import FORMATS, is_recording, recording_name
from action_rec.skeletons.ntu import SampleName

_STORE = ".h5"
_NEEDED = f"a store (.h5), {FORMATS}"


class RawRecording(NamedTuple):
    """A recording and its name: that which it has in a store made of the folder given."""

    name: str
    path: Path


class Inputs(NamedTuple):
    """Every file once.

    Attributes:
        stores: In the order given.
        recordings: Sorted by name.
        rejected: What was found in folders but cannot be used, each with the reason.
    """

    stores: list[Path]
    recordings: list[RawRecording]
    rejected: dict[str, str]


def find_inputs(texts: Iterable[str]) -> Inputs:
    """Expand the inputs of a command line.

    Args:
        texts: Each a store (.h5), a recording, a folder that is searched for recordings, subfolders
            too, or a glob of these (``**`` for any depth).

    Raises:
        InputError: One of them does not exist, is empty or of another kind.
    """
    found: dict[str, tuple[Path, Path]] = {}  # by real path, the path and the folder given
    rejected: dict[str, str] = {}
    for text in texts:
        for path, root in _expand(text, rejected):
            found.setdefault(os.path.realpath(path), (path, root))
    stores = [path for path, _ in found.values() if path.suffix == _STORE]
    recordings = [
        RawRecording(_name(path, root), path)
        for path, root in found.values()
        if path.suffix != _STORE
    ]
    return Inputs(stores, sorted(recordings), rejected)


def _name(path: Path, root: Path) -> str:
    name = recording_name(path)
    try:
        SampleName.parse(name)
    except InputError:
        return path.relative_to(root).with_name(name).as_posix() if path != root else name
    return name  # that of NTU RGB+D, in whatever folder


def _expand(text: str, rejected: dict[str, str]) -> Iterator[tuple[Path, Path]]:
    path = Path(text)
    if os.path.lexists(path) or not has_magic(text):
        yield from _files(path, rejected)
        return
    matches = [Path(match) for match in sorted(glob(text, recursive=True))]
    usable = [(path, path.parent) for path in matches if _is_input(path)]
    for folder in (path for path in matches if path.is_dir() and not _is_input(path)):
        usable += [(path, folder) for path in _recordings(folder, rejected)]
    if not usable:
        what = f"matches {len(matches)} files, none of them" if matches else "matches no file, and"
        raise InputError(f"the glob '{text}' {what} {_NEEDED} is needed; correct it")
    yield from usable


def _is_input(path: Path) -> bool:
    return path.name != LABELS and (path.suffix == _STORE or is_recording(path))


def _recordings(folder: Path, rejected: dict[str, str]) -> list[Path]:
    paths, unusable = find_recordings(folder)
    rejected |= unusable
    return paths


def _files(path: Path, rejected: dict[str, str]) -> Iterator[tuple[Path, Path]]:
    if printable(str(path)) != str(path):
        raise InputError(f"the path '{printable(str(path))}' is not UTF-8; rename it")
    if path.is_dir() and not is_recording(path):
        recordings = _recordings(path, rejected)
        if not recordings:
            why = next((f" ({name}: {reason})" for name, reason in rejected.items()), "")
            raise InputError(
                f"folder '{path}' holds no recording{why}; name another folder, or {_NEEDED}"
            )
        yield from ((recording, path) for recording in recordings)
        return
    if not os.path.exists(path):
        raise InputError(f"'{path}' does not exist; give {_NEEDED}, or a folder of them")
    if not _is_input(path):
        raise InputError(
            f"'{path}' is no input; give {_NEEDED}, or convert other recordings with 'python -m "
            "data_prep' first and give the store"
        )
    yield path, path.parent
