"""Reuse freed memory in the next training step (CPU, glibc)."""

import ctypes
import sys

# Parameters of mallopt in <malloc.h>: the size of free memory that is returned to the system, and
# the number of blocks allocated by mmap.
_TRIM_THRESHOLD, _MMAP_MAX = -1, -4
_NEVER = -1


def keep_freed_memory() -> bool:
    """Make malloc keep freed memory of any size instead of returning it to the system.

    Otherwise blocks above 32 MiB, such as the features of long sequences, are mapped at every step
    and zeroed page by page by the system. The process does not shrink afterwards; its peak changes
    only by fragmentation.

    Returns:
        Whether malloc accepted the setting: glibc does, other C libraries do not.
    """
    if sys.platform != "linux":
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError):  # musl
        return False
    return bool(mallopt(_MMAP_MAX, 0) and mallopt(_TRIM_THRESHOLD, _NEVER))
