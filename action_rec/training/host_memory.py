"""Configure glibc's malloc to reuse memory between training steps on a CPU."""

import ctypes
import sys

# Parameters of mallopt in <malloc.h>: the amount of free memory above which it is returned to the
# system (-1: never), and the maximum number of blocks allocated by mmap.
_TRIM_THRESHOLD, _MMAP_MAX = -1, -4


def keep_freed_memory() -> bool:
    """Make malloc keep freed memory instead of returning it to the system.

    By default glibc allocates blocks above 32 MiB, such as the features of long sequences, by mmap
    at every step, and the system zeroes each of their pages. With this setting the process never
    shrinks; its peak memory changes by fragmentation only.

    Returns:
        True if malloc accepted the setting (glibc), False for other C libraries and systems.
    """
    if sys.platform != "linux":
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError):  # musl
        return False
    return bool(mallopt(_MMAP_MAX, 0) and mallopt(_TRIM_THRESHOLD, -1))
