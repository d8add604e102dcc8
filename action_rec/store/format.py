"""Open and validate the HDF5 file of a store, and read its datasets and attributes."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from math import prod
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from action_rec.errors import InputError

FORMAT = "action_rec store"
VERSION = 1
REMEDY = "prepare it again with 'python -m data_prep' or see docs/store.md"

_UNREADABLE = (OSError, RuntimeError, TypeError, ValueError, KeyError, MemoryError)
_TEXTS_AT_ONCE = 64  # rows may share the bytes of one long text
_SMALL = 1 << 20  # bytes that a dataset may have in any file


@contextmanager
def opened(path: Path) -> Iterator[h5py.File]:
    """Open a store for reading.

    Args:
        path: The file.

    Raises:
        InputError: The file is missing, not an HDF5 file, truncated or damaged, or of another kind
            or version; also if HDF5 reports an error while it is open.
    """
    if not path.exists():
        raise InputError(
            f"store '{path}' does not exist; make it with 'python -m data_prep ntu RAW_DIR {path}'"
        )
    if path.is_dir():
        raise InputError(f"store '{path}' is a folder; give the path of an HDF5 file")
    if not os.access(path, os.R_OK):
        raise InputError(f"store '{path}' may not be read; check its permissions")
    if not path.is_file() or not h5py.is_hdf5(path):
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
    if text(file, "format", missing="") != FORMAT:
        raise fault(file, f"is an HDF5 file of another kind: attribute 'format' is not '{FORMAT}'")
    version = _attribute(file, "version")
    if not isinstance(version, int | np.integer) or version != VERSION:
        raise fault(file, f"has version {version!s:.60}, this program reads version {VERSION}")


def fault(file: h5py.File, what: str) -> InputError:
    """Return the error about a store."""
    return InputError(f"store '{file.filename}' {what}; {REMEDY}")


def text(file: h5py.File, attribute: str, missing: str | None = None) -> str:
    """Read a text attribute of the root.

    Args:
        file: The store.
        attribute: Its name.
        missing: What to return if there is none; None for an error.

    Raises:
        InputError: The attribute is missing, not a text or not UTF-8.
    """
    value = _attribute(file, attribute)
    try:
        # h5py decodes what is not UTF-8 to surrogates, which cannot be encoded again.
        value = value.decode() if isinstance(value, bytes) else value
        if isinstance(value, str):
            value.encode()
            return value
    except UnicodeError:
        raise fault(file, f"has a text attribute '{attribute}' that is not UTF-8") from None
    if missing is not None:
        return missing
    raise fault(file, f"lacks the text attribute '{attribute}'")


def _attribute(file: h5py.File, name: str) -> Any:  # noqa: ANN401 (of whatever type it has)
    try:
        return file.attrs.get(name)
    except _UNREADABLE as error:
        raise fault(file, f"has an attribute '{name}' that cannot be read ({error})") from error


def members(file: h5py.File, name: str) -> list[str]:
    """Return the names in a group, or none if there is no such group.

    Raises:
        InputError: There is something else of that name, or a name is not UTF-8.
    """
    found = _get(file, name)
    if found is None:
        return []
    if not isinstance(found, h5py.Group):
        raise fault(file, f"holds '{name}', which is not a group")
    names = [str(one) for one in found]
    if any("\udc80" <= letter <= "\udcff" for one in names for letter in one):
        raise fault(file, f"has a name in '{name}' that is not UTF-8")
    return names


def dataset(file: h5py.File, name: str) -> h5py.Dataset:
    """Return a dataset that a store must have.

    Raises:
        InputError: It is missing, refers to another file, or declares more than the file holds.
    """
    found = _get(file, name)
    if not isinstance(found, h5py.Dataset):
        raise fault(file, f"lacks the dataset '{name}'")
    if found.file != file or found.external or found.is_virtual:
        raise fault(file, f"refers to another file for '{name}'")
    size = os.path.getsize(file.filename)
    if found.shape is None or prod(found.shape) * found.dtype.itemsize > max(size, _SMALL):
        raise fault(file, f"declares {found.shape} for '{name}', which is more than the file holds")
    return found


def _get(file: h5py.File, name: str) -> Any:  # noqa: ANN401 (a dataset or a group)
    try:
        return file.get(name)
    except _UNREADABLE as error:
        raise fault(file, f"has an entry '{name}' that cannot be read ({error})") from error


def _values(found: h5py.Dataset, rows: Any = ()) -> NDArray[Any]:  # noqa: ANN401 (an index)
    try:
        values: NDArray[Any] = np.asarray(found[rows])
    except _UNREADABLE as error:
        raise fault(found.file, f"holds '{found.name}' that cannot be read ({error})") from error
    return values


def integers(file: h5py.File, name: str, rows: int) -> NDArray[np.int64]:
    """Read a dataset of `rows` integers.

    Raises:
        InputError: It has another type or shape, or a value that int64 cannot hold.
    """
    found = dataset(file, name)
    if found.dtype.kind not in "iu" or found.shape != (rows,):
        raise fault(
            file, f"holds '{name}' as {found.dtype} {found.shape} where integers ({rows},) belong"
        )
    values = _values(found)
    if len(values) and int(values.max()) > np.iinfo(np.int64).max:
        raise fault(file, f"holds {values.max()} in '{name}', more than 64 bits with a sign hold")
    return values.astype(np.int64)


def floats(file: h5py.File, name: str) -> NDArray[np.float64]:
    """Read a dataset of finite numbers of any shape.

    Raises:
        InputError: It has another type, or a value that is infinite or NaN.
    """
    found = dataset(file, name)
    if found.dtype.kind not in "iuf":
        raise fault(file, f"holds '{name}' as {found.dtype} where numbers belong")
    values: NDArray[np.float64] = _values(found).astype(np.float64)
    if not np.isfinite(values).all():
        raise fault(file, f"holds numbers in '{name}' that are infinite or NaN")
    return values


def strings(file: h5py.File, name: str) -> NDArray[Any]:
    """Read a dataset of texts (n,), as `str` if their length is fixed in the file, else objects.

    Raises:
        InputError: It has another type or shape, is not UTF-8, or is longer than the file.
    """
    found = dataset(file, name)
    if h5py.check_string_dtype(found.dtype) is None or found.ndim != 1:
        raise fault(file, f"holds '{name}' as {found.dtype} {found.shape} where texts (n,) belong")
    try:
        return _fixed(found) if found.dtype.kind == "S" else _variable(found)
    except UnicodeError:
        raise fault(file, f"holds a text in '{name}' that is not UTF-8") from None


def _fixed(found: h5py.Dataset) -> NDArray[np.str_]:
    values = _values(found)  # at once: `dataset` has compared their size with that of the file
    longest = int(np.strings.str_len(values).max(initial=1))
    values = values.astype(f"S{longest}")  # a letter takes four times as much as a byte
    try:
        return values.astype(np.str_)  # ASCII alone, but faster by a factor of six
    except UnicodeError:
        return np.strings.decode(values, "utf-8")


def _variable(found: h5py.Dataset) -> NDArray[np.object_]:
    texts = np.empty(found.shape, dtype=np.object_)
    left = max(os.path.getsize(found.file.filename), _SMALL)
    for start in range(0, len(texts), _TEXTS_AT_ONCE):
        rows = slice(start, start + _TEXTS_AT_ONCE)
        texts[rows] = [bytes(one) for one in _values(found, rows)]
        left -= sum(map(len, texts[rows]))
        if left < 0:
            raise fault(found.file, f"holds texts in '{found.name}' that are longer than the file")
    texts[:] = [one.decode() for one in texts]
    return texts
