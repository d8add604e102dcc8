"""Ctrl-C in a program: status 130 and no traceback, however often it is pressed."""

import os
import signal
import sys
from collections.abc import Callable
from types import FrameType
from typing import NoReturn

_STATUS = 128 + signal.SIGINT


def run_program(load: Callable[[], Callable[[], int]]) -> NoReturn:
    """Run a program and exit with its status.

    The first Ctrl-C interrupts it, so that it can close its files. Another one ends the process at
    once: while Python handles the first one, it could only end in a traceback.

    Args:
        load: Imports the program and returns it.
    """
    signal.signal(signal.SIGINT, _interrupt)
    try:
        status = load()()
    except KeyboardInterrupt:  # outside of the program, e.g. while it is imported
        print("interrupted", file=sys.stderr, flush=True)
        status = _STATUS
    signal.signal(signal.SIGINT, _leave)
    sys.exit(status)


def _interrupt(*_: int | FrameType | None) -> None:
    signal.signal(signal.SIGINT, _leave)
    raise KeyboardInterrupt


def _leave(*_: int | FrameType | None) -> None:
    os._exit(_STATUS)
