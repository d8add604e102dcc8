"""Work in parallel on the OpenMP threads that PyTorch's own operators use.

After an operator those threads spin for milliseconds, waiting for the next one. Threads of our own,
or Numba's, would have to fight them for the cores: a call of 0.5 ms was seen to take 8 ms.
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
    """Call `work`, which releases the GIL, on each of `items`; any exception is raised here.

    One thread does it all where PyTorch's OpenMP is not found, and in a forked process, such as a
    worker of a DataLoader: OpenMP's threads do not follow their process into a fork.
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
        except BaseException as error:  # ctypes would print and drop it
            errors.append(error)

    start(_BODY(drain), None, threads, 0)
    if errors:
        raise errors[0]


@cache
def _openmp() -> Callable[..., None] | None:
    """``GOMP_parallel(body, data, num_threads, flags)`` of the OpenMP that PyTorch has loaded."""
    bundled = Path(torch.__file__).parent.glob("lib/lib*omp*.so*")
    for name in (*map(str, bundled), *_RUNTIMES):
        try:
            library = ctypes.CDLL(name, os.RTLD_NOLOAD | os.RTLD_NOW)
            start: Callable[..., None] = library.GOMP_parallel
        except (OSError, AttributeError):  # not loaded, or not an OpenMP that has this entry
            continue
        start.argtypes = (_BODY, ctypes.c_void_p, ctypes.c_uint, ctypes.c_uint)  # type: ignore[attr-defined]
        start.restype = None  # type: ignore[attr-defined]
        return start
    return None


def _forget_threads() -> None:
    global _openmp
    _openmp = cache(lambda: None)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_threads)
