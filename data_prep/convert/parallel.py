"""Apply a function to many items in several processes, in order and with bounded memory."""

import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context, parent_process
from typing import TypeVar

from action_rec.errors import InputError

_AHEAD = 8  # items per worker that are submitted: enough to hide one slow item
_WORTH_A_PROCESS = 100  # items: starting a process takes as long as a hundred recordings

Item = TypeVar("Item")
Result = TypeVar("Result")


def number_of_workers(wanted: int | None, num_items: int = sys.maxsize) -> int:
    """The number of processes to use.

    Args:
        wanted: What the user asked for; by default as many as there are processors for this
            process, but no process for few items.
        num_items: How many items there are to do.

    Raises:
        InputError: Fewer than one is wanted.
    """
    if wanted is None:
        available = hasattr(os, "sched_getaffinity")
        processors = len(os.sched_getaffinity(0)) if available else os.cpu_count() or 1
        return min(processors, 1 + num_items // _WORTH_A_PROCESS)
    if wanted < 1:
        raise InputError(f"--workers {wanted} is not a number of processes; use 1 or more")
    return min(wanted, max(num_items, 1))


def map_in_order(
    function: Callable[[Item], Result], items: Iterable[Item], workers: int
) -> Generator[Result, None, None]:
    """Yield the result for each item, in the order of the items; close it to stop early.

    Only a bounded number of items is submitted at once, so memory does not grow with their number.

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
            "a worker process died, most likely because memory ran out; finished items are kept, "
            f"run the same command again with fewer than --workers {workers} to continue"
        ) from None
    finally:
        pool.shutdown(cancel_futures=True)


def _start_worker() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent handles Ctrl-C
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    # Otherwise the workers of a killed parent wait forever.
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
