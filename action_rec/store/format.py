"""What a store must be as an HDF5 file: opening it, and reading its parts with sentences."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

from action_rec.errors import InputError

FORMAT = "action_rec store"
VERSION = 1
REMEDY = "prepare it again with 'python -m data_prep' or see docs/store.md"


@contextmanager
def opened(path: Path) -> Iterator[h5py.File]:
    """Open a store for reading.

    Raises:
        InputError: The file is missing, no HDF5, truncated or damaged, or of another kind or
            version; also whatever HDF5 finds wrong with it while it is open.
    """
    if not path.exists():
        raise InputError(
            f"store '{path}' does not exist; make it with 'python -m data_prep ntu RAW_DIR {path}'"
        )
    if path.is_dir():
        raise InputError(f"store '{path}' is a folder; give the path of an HDF5 file")
    if not os.access(path, os.R_OK):
        raise InputError(f"store '{path}' may not be read; check its permissions")
    if not h5py.is_hdf5(path):
        raise InputError(f"store '{path}' is not an HDF5 file; {REMEDY}")
    try:
        with h5py.File(path, "r") as file:
            _check_kind(file)
            yield file
    except (OSError, RuntimeError) as error:
        raise InputError(
            f"store '{path}' is truncated or damaged ({error}); copy it again or {REMEDY}"
        ) from error


def _check_kind(file: h5py.File) -> None:
    if "format" not in file.attrs or text(file, "format") != FORMAT:
        raise fault(file, f"is an HDF5 file of another kind: attribute 'format' is not '{FORMAT}'")
    version = file.attrs.get("version")
    if version != VERSION:
        raise fault(file, f"has version {version}, this program reads version {VERSION}")


def fault(file: h5py.File, what: str) -> InputError:
    """The error about a store."""
    return InputError(f"store '{file.filename}' {what}; {REMEDY}")


def text(file: h5py.File, attribute: str) -> str:
    """The text of an attribute of the root."""
    value = file.attrs.get(attribute)
    if isinstance(value, bytes):
        value = value.decode()
    if not isinstance(value, str):
        raise fault(file, f"lacks the text attribute '{attribute}'")
    return value


def dataset(file: h5py.File, name: str) -> h5py.Dataset:
    """A dataset that must be there."""
    if not isinstance(file.get(name), h5py.Dataset):
        raise fault(file, f"lacks the dataset '{name}'")
    return file[name]


def integers(file: h5py.File, name: str, rows: int) -> NDArray[np.int64]:
    """A dataset of so many integers."""
    found = dataset(file, name)
    if found.dtype.kind not in "iu" or found.shape != (rows,):
        raise fault(
            file, f"holds '{name}' as {found.dtype} {found.shape} where integers ({rows},) belong"
        )
    values: NDArray[np.int64] = found[()].astype(np.int64)
    return values


def floats(file: h5py.File, name: str) -> NDArray[np.float64]:
    """A dataset of numbers of any shape."""
    found = dataset(file, name)
    if found.dtype.kind not in "iuf":
        raise fault(file, f"holds '{name}' as {found.dtype} where numbers belong")
    values: NDArray[np.float64] = found[()].astype(np.float64)
    return values


def strings(file: h5py.File, name: str) -> NDArray[np.object_]:
    """A dataset of texts."""
    found = dataset(file, name)
    if h5py.check_string_dtype(found.dtype) is None or found.ndim != 1:
        raise fault(file, f"holds '{name}' as {found.dtype} {found.shape} where texts (n,) belong")
    texts: NDArray[np.object_] = found.asstr()[()]
    return texts
