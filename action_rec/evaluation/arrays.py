"""Files of arrays (.npz) that are the same bytes for the same arrays, read as data alone."""

import io
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from action_rec.console.writing import write_durably

UNREADABLE = (
    *(OSError, ValueError, TypeError, KeyError, EOFError, MemoryError, RuntimeError),
    *(zipfile.BadZipFile, zlib.error),
)
_LARGEST = 2**31  # bytes


def write_arrays(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write arrays by name."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as file:
        for name, array in arrays.items():
            data = io.BytesIO()
            np.lib.format.write_array(data, array, allow_pickle=False)
            # The default date of ZipInfo is constant, unlike the current time.
            file.writestr(zipfile.ZipInfo(f"{name}.npy"), data.getvalue())
    write_durably(path, content.getbuffer())


def read_arrays(path: Path, names: Sequence[str]) -> list[NDArray[Any]]:
    """Read the arrays of some names, without unpickling.

    Raises:
        Exception: One of `UNREADABLE`: the file is missing, damaged, too large or lacks an array.
    """
    with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
        _check_sizes(opened)
        return [file[name] for name in names]


def _check_sizes(file: IO[bytes]) -> None:
    """Refuse members that a compressed file would expand to more than its format can need."""
    with zipfile.ZipFile(file) as archive:
        size = sum(member.file_size for member in archive.infolist())
    if size > _LARGEST:
        raise ValueError(f"it has {size:,} bytes of arrays")
