"""Read idx files of unsigned bytes, the format of MNIST (LeCun, Cortes, Burges).

A file has two zero bytes, the type (8: unsigned byte), the number of dimensions, each dimension as
a big-endian int32, and the data in C order. It may be gzipped.
"""

import gzip
import math
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from action_rec.errors import InputError

_UNSIGNED_BYTE = 8
_GZIP = b"\x1f\x8b"


def read_idx(path: Path, dimensions: int) -> NDArray[np.uint8]:
    """Read an array from an idx file.

    Args:
        path: The file, gzipped or not.
        dimensions: Required number of dimensions.

    Raises:
        InputError: The file cannot be read, is not an idx file of bytes with `dimensions`
            dimensions, or its size does not match its header.
    """
    content = _content(path)
    if len(content) < 4 or content[:2] != b"\0\0":
        raise InputError(
            f"{path} is not an idx file: it must start with two zero bytes, but starts with "
            f"{content[:4].hex(' ') or 'nothing'}; download it again"
        )
    data_type, ndim = content[2], content[3]
    if data_type != _UNSIGNED_BYTE or ndim != dimensions:
        raise InputError(
            f"{path} is an idx file of type {data_type} with {ndim} dimensions, but type 8 with "
            f"{dimensions} dimensions is needed; check that images and labels are not swapped"
        )
    start = 4 + 4 * dimensions
    if len(content) < start:
        raise InputError(f"{path} ends within its header of {start} bytes; download it again")
    shape = tuple(np.frombuffer(content, ">i4", dimensions, offset=4).tolist())
    if min(shape) < 0 or len(content) - start != math.prod(shape):
        raise InputError(
            f"{path} must have {' x '.join(map(str, shape))} bytes after its header, but has "
            f"{len(content) - start}; it is truncated or damaged, download it again"
        )
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)


def _content(path: Path) -> bytes:
    try:
        content = path.read_bytes()
        return gzip.decompress(content) if content[:2] == _GZIP else content
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{path} cannot be read ({error}); download it again") from error
