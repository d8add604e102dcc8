"""Keeps what a step frees for the step after it, where the process runs on a CPU under glibc."""

import ctypes
import sys

# Of <malloc.h>: the size of free memory that goes back to the system, and the number of blocks
# that are mapped one by one.
_TRIM_THRESHOLD, _MMAP_MAX = -1, -4
_NEVER = -1


def keep_freed_memory() -> bool:
    """Let malloc keep freed memory, however large, instead of giving it back.

    Blocks above 32 MiB are otherwise mapped anew at every step and zeroed page by page by the
    system: the features of long sequences are as large as that. The process never shrinks after
    it; its peak stays what it was, give or take what lies between blocks.

    Returns:
        Whether malloc took it: glibc does, other C libraries keep their ways.
    """
    if sys.platform != "linux":
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError):  # musl
        return False
    return bool(mallopt(_MMAP_MAX, 0) and mallopt(_TRIM_THRESHOLD, _NEVER))
