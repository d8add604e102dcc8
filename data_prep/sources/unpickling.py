"""Read arrays and plain data from a pickle without running anything that it names.

A pickle is a program that can name and call any function. The few names that NumPy's arrays need
are mapped to classes that only record their arguments (`Described`); every other name is rejected.
This module, not the pickle, then builds the arrays from what was recorded.
"""

import mmap
import pickle
import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from action_rec.errors import InputError

_NUMBERS = re.compile(r"f[248]|[iu][1248]")


class Described:
    """A call that a pickle asked for, recorded and not made."""

    args: tuple[Any, ...] = ()
    state: Any = ()

    def __init__(self, *args: Any) -> None:  # noqa: ANN401
        self.args = args

    def __setstate__(self, state: Any) -> None:  # noqa: ANN401
        self.state = state

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), self.args, self.state  # to send it to a worker process


class _Array(Described):
    """`_reconstruct(type, shape, code)`; state: version, shape, dtype, order, bytes."""


class _Buffer(Described):
    """`_frombuffer(bytes, dtype, shape, order)`."""


class _Scalar(Described):
    """`scalar(dtype, bytes)`."""


class _Dtype(Described):
    """`dtype(code, align, copy)`; state: version, byte order, and fields of other types."""


class _Bytes(Described):
    """`encode(text, "latin1")`: how old pickles hold bytes."""


_NUMPY = {
    "multiarray._reconstruct": _Array,
    "multiarray.scalar": _Scalar,
    "numeric._frombuffer": _Buffer,
}
_KNOWN: dict[str, type] = {
    **{f"numpy.{core}.{name}": kind for core in ("core", "_core") for name, kind in _NUMPY.items()},
    "numpy.ndarray": Described,
    "numpy.dtype": _Dtype,
    "_codecs.encode": _Bytes,
    **{f"{module}.{kind.__name__}": kind for module in ("builtins", "__builtin__")
       for kind in (set, frozenset)},
}  # fmt: skip


# The unpickler in Python, since the one in C allocates any memory that a few bytes ask for.
class _Reader(pickle._Unpickler):
    """An unpickler that knows only the names of `_KNOWN`."""

    def find_class(self, module: str, name: str) -> type:
        """The class that a name is mapped to.

        Raises:
            InputError: The name is not one that arrays need.
        """
        known = _KNOWN.get(f"{module}.{name}")
        if known is None:
            raise InputError(
                f"asks for {f'{module}.{name}'!r:.80}, which is no array and no plain data; nothing"
                " of it was run, have its author save arrays, texts and numbers only"
            )
        return known


def read_pickle(path: Path) -> object:
    """Read the plain data of a pickle; arrays and NumPy scalars are `Described`.

    Raises:
        InputError: It cannot be read, names anything but arrays, or is damaged.
    """
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            content: object = _Reader(data, encoding="latin1").load()
            return content
    except OSError as error:
        raise InputError(f"pickle '{path}' cannot be read ({error.strerror}); check it") from None
    except InputError as error:
        raise InputError(f"pickle '{path}' {error}") from None
    # Invalid opcodes raise any error of Python's lists, dicts and numbers.
    except Exception as error:
        raise InputError(
            f"pickle '{path}' is damaged or no pickle ({type(error).__name__}: {error!s:.100}); "
            "copy it again"
        ) from None


def array(described: object) -> NDArray[Any]:
    """Build an array of numbers.

    Raises:
        ValueError: It is not an array, or its parts contradict each other.
    """
    if isinstance(described, _Array):
        _, shape, dtype, fortran, data = _parts(described.state, 5)
        order = "F" if fortran else "C"
    elif isinstance(described, _Buffer):
        data, dtype, shape, order = _parts(described.args, 4)
    else:
        raise ValueError(f"{type(described).__name__} where an array is needed")
    flat = np.frombuffer(_bytes(data), _dtype(dtype))
    sizes = shape if isinstance(shape, tuple) else (-1,)
    if not all(type(size) is int and 0 <= size <= flat.size for size in sizes):
        raise ValueError("an array without a shape")
    return flat.reshape(shape, order="F" if order == "F" else "C")


def integer(described: object) -> int:
    """Read a whole number of Python or NumPy.

    Raises:
        ValueError: It is not a whole number.
    """
    if isinstance(described, _Scalar):
        dtype, data = _parts(described.args, 2)
        (described,) = np.frombuffer(_bytes(data), _dtype(dtype)).tolist()
    if type(described) is not int:
        raise ValueError(f"{type(described).__name__} where a whole number is needed")
    return described


def _parts(parts: object, number: int) -> tuple[Any, ...]:
    if not isinstance(parts, tuple) or len(parts) != number:
        raise ValueError("an incomplete array")
    return parts


def _dtype(described: object) -> np.dtype[Any]:
    code = described.args[0] if isinstance(described, _Dtype) and described.args else None
    if not isinstance(code, str) or not _NUMBERS.fullmatch(code):
        raise ValueError("an array of something else than numbers")
    state = described.state if isinstance(described, _Dtype) else ()
    big = isinstance(state, tuple) and len(state) > 1 and state[1] == ">"
    return np.dtype(code).newbyteorder(">" if big else "<")


def _bytes(data: object) -> bytes | bytearray:
    if isinstance(data, _Bytes) and data.args:
        data = data.args[0]
    if isinstance(data, str):
        return data.encode("latin1")
    if not isinstance(data, bytes | bytearray):
        raise ValueError("an array without bytes")
    return data
