"""Check the archive of a checkpoint before its tensors take any memory.

`torch.load` with ``weights_only=True`` runs no code, but it believes the sizes that a file states.
Here the pickle is read with placeholders in place of tensors, and sizes are compared with the file.
"""

import io
import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from math import prod
from pathlib import Path
from typing import Any, NamedTuple

from action_rec.errors import InputError

# Bytes of an element, by the name that torch gives the storage in a pickle.
_ITEM_SIZE = {
    **{"FloatStorage": 4, "DoubleStorage": 8, "HalfStorage": 2, "BFloat16Storage": 2},
    **{"LongStorage": 8, "IntStorage": 4, "ShortStorage": 2, "CharStorage": 1},
    **{"ByteStorage": 1, "BoolStorage": 1},
}
_MOST_PICKLE_BYTES = 8 << 20  # a network of 21 layers needs 0.1 MB
_MOST_VALUES = 1_000_000
_MOST_DEPTH = 40
_SHARED = 4  # how often tensors may share the bytes of a file, e.g. tied weights
_LARGEST = 2**63

_UNREADABLE = (
    *(zipfile.BadZipFile, pickle.UnpicklingError, NotImplementedError, OSError, EOFError),
    *(ValueError, TypeError, KeyError, IndexError, AttributeError, RuntimeError, OverflowError),
)


class _Storage(NamedTuple):
    """The elements of tensors: their number and the bytes of each."""

    elements: int
    item_size: int


class _Tensor(NamedTuple):
    """A placeholder for a tensor."""

    num_bytes: int


def check_archive(path: Path) -> None:
    """Check the structure and the sizes of a checkpoint.

    Args:
        path: A file that `torch.save` wrote.

    Raises:
        InputError: It is truncated, no such file, names other objects than tensors and plain
            values, or states sizes that it does not have.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            content = _Reader(*_records(archive, path.stat().st_size)).load()
        _check_values(content, _SHARED * path.stat().st_size)
    except _UNREADABLE as error:
        raise InputError(
            f"{path} is not a complete checkpoint of action_rec (truncated, or written by another "
            f"program: {_first_line(error)}); give a .ckpt file that fit wrote"
        ) from error


def _records(archive: zipfile.ZipFile, size: int) -> tuple[bytes, dict[str, int]]:
    """The pickle, and the bytes of every storage by its key."""
    entries = archive.infolist()
    names = [entry.filename for entry in entries]
    if len(set(names)) < len(names):
        raise ValueError("two of its records have the same name")
    if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
        raise ValueError("its records are compressed")
    if sum(entry.file_size for entry in entries) > size:
        raise ValueError("its records are larger than the file")
    (index,) = (entry for entry in entries if entry.filename.endswith("/data.pkl"))
    if index.file_size > _MOST_PICKLE_BYTES:
        raise ValueError(f"its index has {index.file_size:,} bytes")
    prefix = index.filename.removesuffix("data.pkl")
    if f"{prefix}byteorder" in names and archive.read(f"{prefix}byteorder") != b"little":
        raise ValueError("its numbers are not little-endian")
    storages = f"{prefix}data/"
    sizes = {e.filename.removeprefix(storages): e.file_size for e in entries}
    return archive.read(index), sizes


class _Reader(pickle._Unpickler):
    """Read a pickle of tensors and plain values, with placeholders for tensors.

    It is the unpickler in Python: that in C reserves memory for any index a pickle states.

    Args:
        data: The pickle.
        records: Bytes of every storage, by key.
    """

    def __init__(self, data: bytes, records: dict[str, int]) -> None:
        super().__init__(io.BytesIO(data), encoding="utf-8")
        self._records = records

    def find_class(self, module: str, name: str) -> Callable[..., Any] | str:
        """Return what stands for a global."""
        if module == "torch" and name in _ITEM_SIZE:
            return name
        known: dict[tuple[str, str], Callable[..., Any]] = {
            ("collections", "OrderedDict"): OrderedDict,
            ("torch", "Size"): tuple,
            ("torch._utils", "_rebuild_tensor_v2"): _rebuild_tensor,
            ("torch._utils", "_rebuild_parameter"): _rebuild_parameter,
        }
        if (module, name) not in known:
            raise pickle.UnpicklingError(f"it names {module}.{name!s}")
        return known[module, name]

    def persistent_load(self, pid: Any) -> _Storage:  # noqa: ANN401 (whatever the pickle holds)
        """Return the placeholder of a storage."""
        kind, name, key, _, count = pid
        if kind != "storage" or type(count) is not int or not 0 <= count < _LARGEST:
            raise pickle.UnpicklingError("it holds a storage of an unknown kind")
        storage = _Storage(count, _ITEM_SIZE[name])
        if storage.elements * storage.item_size > self._records[key]:
            raise pickle.UnpicklingError(f"storage {key} is smaller than stated")
        return storage

    stack: list[Any]

    def load_build(self) -> None:
        """Set the attributes of a state dict, and of nothing else."""
        if not isinstance(self.stack[-2], OrderedDict) or not isinstance(self.stack[-1], dict):
            raise pickle.UnpicklingError("it sets attributes")
        self.stack.pop()  # metadata of modules, which nothing here needs

    dispatch = {**pickle._Unpickler.dispatch, pickle.BUILD[0]: load_build}  # type: ignore[dict-item] # noqa: RUF012


def _rebuild_tensor(
    storage: _Storage, offset: int, size: tuple[int, ...], stride: tuple[int, ...], *_: object
) -> _Tensor:
    numbers = (offset, *size, *stride)
    if not isinstance(storage, _Storage) or len(size) != len(stride):
        raise pickle.UnpicklingError("it holds a tensor without its numbers")
    if any(type(n) is not int or not 0 <= n < _LARGEST for n in numbers):
        raise pickle.UnpicklingError("it holds a tensor of an impossible shape")
    count = prod(size)
    last = offset + sum((n - 1) * step for n, step in zip(size, stride, strict=True))
    if count > storage.elements or (count and last >= storage.elements):
        raise pickle.UnpicklingError("it holds a tensor that is larger than its storage")
    return _Tensor(count * storage.item_size)


def _rebuild_parameter(data: _Tensor, *_: object) -> _Tensor:
    if not isinstance(data, _Tensor):
        raise pickle.UnpicklingError("it holds a parameter without its numbers")
    return data


def _check_values(content: Any, most_bytes: int) -> None:  # noqa: ANN401
    """Check number, depth and kinds of all values; shared ones count as often as they occur."""
    pending, seen, num_bytes = [(content, 0)], 0, 0
    while pending:
        value, depth = pending.pop()
        seen += 1
        if seen > _MOST_VALUES or depth > _MOST_DEPTH:
            raise ValueError("its values are too many or nested too deeply")
        if isinstance(value, _Tensor):
            num_bytes += value.num_bytes
        elif isinstance(value, dict):
            if not all(isinstance(key, str | int) for key in value):
                raise ValueError("a dictionary in it has keys that are no texts or integers")
            pending += [(one, depth + 1) for pair in value.items() for one in pair]
        elif isinstance(value, list | tuple) and not isinstance(value, _Storage):
            pending += [(one, depth + 1) for one in value]
        elif type(value) is int:
            if not -_LARGEST <= value < _LARGEST:
                raise ValueError("an integer in it has more than 64 bits")
        elif not isinstance(value, str | float | bool | None):
            raise ValueError(f"it holds an object of type {type(value).__name__}")
    if num_bytes > most_bytes:
        raise ValueError("its tensors are larger than the file")


def _first_line(error: Exception) -> str:
    """What an error says, on one line without control characters."""
    words = " ".join(str(error).split()) or type(error).__name__
    return ascii(words)[1:-1][:120]
