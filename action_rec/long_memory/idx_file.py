"""Reading idx files, the format of MNIST (LeCun, Cortes, Burges): unsigned bytes of any shape.

Two zero bytes, 8 for unsigned bytes, the number of dimensions, every dimension as a big-endian
int32, then the bytes, the last dimension running fastest. A file may be gzipped.
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
    """Read an array.

    Args:
        path: The file, gzipped or not.
        dimensions: How many it must have.

    Raises:
        InputError: It cannot be read, is no idx file of bytes, or has another size than it says.
    """
    content = _content(path)
    if len(content) < 4 or content[:2] != b"\0\0":
        raise InputError(
            f"{path} is no idx file: it must start with two zero bytes, but starts with "
            f"{content[:4].hex(' ') or 'nothing'}; download it again"
        )
    kind, found = content[2], content[3]
    if kind != _UNSIGNED_BYTE or found != dimensions:
        raise InputError(
            f"{path} is an idx file of type {kind} with {found} dimensions, but type 8 (unsigned "
            f"bytes) with {dimensions} is needed; images and labels may have been swapped"
        )
    start = 4 + 4 * dimensions
    if len(content) < start:
        raise InputError(f"{path} ends within its header of {start} bytes; download it again")
    shape = tuple(np.frombuffer(content, ">i4", dimensions, offset=4).tolist())
    if min(shape) < 0 or len(content) - start != math.prod(shape):
        raise InputError(
            f"{path} says that it holds {' x '.join(map(str, shape))} bytes, but has "
            f"{len(content) - start} after its header; it is truncated or damaged, download it "
            "again"
        )
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)


def _content(path: Path) -> bytes:
    try:
        content = path.read_bytes()
        return gzip.decompress(content) if content[:2] == _GZIP else content
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{path} cannot be read ({error}); download it again") from error
