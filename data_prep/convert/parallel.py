"""Running a function over many items in several processes, with little memory and in order."""

import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context, parent_process
from typing import TypeVar

from action_rec.errors import InputError

_AHEAD = 8  # items per worker that are under way: enough to hide one slow item

Item = TypeVar("Item")
Result = TypeVar("Result")


def number_of_workers(wanted: int | None) -> int:
    """As many processes as wanted, or as there are processors for this one.

    Raises:
        InputError: Fewer than one is wanted.
    """
    if wanted is None:
        return (
            len(os.sched_getaffinity(0))
            if hasattr(os, "sched_getaffinity")
            else os.cpu_count() or 1
        )
    if wanted < 1:
        raise InputError(f"--workers {wanted} is not a number of processes; use 1 or more")
    return wanted


def map_in_order(
    function: Callable[[Item], Result], items: Iterable[Item], workers: int
) -> Generator[Result, None, None]:
    """Yield the result for each item, in the order of the items; close it to stop early.

    Only a bounded number of items is under way, so memory does not grow with their number.

    Raises:
        InputError: A worker process died.
    """
    if workers == 1:
        yield from map(function, items)
        return
    # Spawned, since forking a process with threads (here a progress bar's) can deadlock.
    pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_start_worker)
    window: deque[Future[Result]] = deque()
    try:
        for item in items:
            window.append(pool.submit(function, item))
            if len(window) >= workers * _AHEAD:
                yield window.popleft().result()
        while window:
            yield window.popleft().result()
    except BrokenProcessPool:
        raise InputError(
            "a worker process died, most likely for want of memory; what is done is kept, run the "
            f"same command again with fewer than --workers {workers} to continue"
        ) from None
    finally:
        pool.shutdown(cancel_futures=True)


def _start_worker() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    # A killed parent leaves its workers waiting for ever otherwise.
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
