"""Run functions in parallel on the OpenMP threads of PyTorch.

After each operator these threads spin for milliseconds. A separate thread pool, such as Numba's,
would compete with them for the cores: a call of 0.5 ms was observed to take 8 ms.
"""

import ctypes
import os
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import TypeVar

import torch

Item = TypeVar("Item")

_BODY = ctypes.CFUNCTYPE(None, ctypes.c_void_p)
_RUNTIMES = ("libgomp.so.1", "libomp.so", "libiomp5.so")


def run_parallel(work: Callable[[Item], None], items: Iterable[Item], threads: int) -> None:
    """Call `work` on each of `items` with up to `threads` threads; raise the first exception.

    `work` should release the GIL. A single thread is used if the OpenMP of PyTorch is not found,
    and in forked processes such as DataLoader workers, because OpenMP threads do not survive a
    fork.
    """
    start = _openmp()
    if start is None or threads == 1:
        for item in items:
            work(item)
        return
    queue, errors = iter(tuple(items)), []

    def drain(_: int | None) -> None:
        try:
            for item in queue:
                work(item)
        except BaseException as error:  # ctypes would print and ignore it
            errors.append(error)

    start(_BODY(drain), None, threads, 0)
    if errors:
        raise errors[0]


@cache
def _openmp() -> Callable[..., None] | None:
    """Return ``GOMP_parallel(body, data, num_threads, flags)`` of PyTorch's OpenMP, or None."""
    bundled = Path(torch.__file__).parent.glob("lib/lib*omp*.so*")
    for name in (*map(str, bundled), *_RUNTIMES):
        try:
            library = ctypes.CDLL(name, os.RTLD_NOLOAD | os.RTLD_NOW)
            start: Callable[..., None] = library.GOMP_parallel
        except (OSError, AttributeError):  # not loaded, or without this function
            continue
        start.argtypes = (_BODY, ctypes.c_void_p, ctypes.c_uint, ctypes.c_uint)  # type: ignore[attr-defined]
        start.restype = None  # type: ignore[attr-defined]
        return start
    return None


def _disable_threads() -> None:
    global _openmp
    _openmp = cache(lambda: None)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_disable_threads)
