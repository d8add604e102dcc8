"""Run a function in a process of its own, with limits on its time and memory."""

import os
import resource
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from typing import NamedTuple

_SECONDS = 60
_BYTES = 3 << 30  # beyond what the process has when it starts


class Outcome(NamedTuple):
    """How a process ended.

    Attributes:
        status: Its exit status, or minus the signal that ended it.
        output: What it wrote to stdout and stderr.
        seconds: How long it took.
    """

    status: int
    output: str
    seconds: float

    def is_clean(self) -> bool:
        """Whether it ended with 0, or with 2 and one sentence, and without a traceback."""
        lines = self.output.strip().splitlines()
        if "Traceback (most recent call last)" in self.output:
            return False
        errors = [line for line in lines if line.startswith("error: ") and line.isprintable()]
        return self.status == 0 or (
            self.status == 2 and len(errors) == 1 and lines[-1] == errors[0]
        )


def run_isolated(function: Callable[[], int], seconds: int = _SECONDS) -> Outcome:
    """Fork, run a function whose result is the exit status, and wait for its end."""
    started = time.monotonic()
    with tempfile.TemporaryFile() as output:
        sys.stdout.flush()
        sys.stderr.flush()
        child = os.fork()
        if child == 0:
            _run(function, output.fileno(), seconds)
        _, status = os.waitpid(child, 0)
        output.seek(0)
        text = output.read().decode(errors="backslashreplace")
    return Outcome(os.waitstatus_to_exitcode(status), text, time.monotonic() - started)


def _run(function: Callable[[], int], output: int, seconds: int) -> None:
    os.dup2(output, 1)
    os.dup2(output, 2)
    status = 70
    try:
        signal.alarm(2 * seconds)  # of a process that waits: SIGALRM ends it
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))
        with open("/proc/self/statm") as file:
            most = int(file.read().split()[0]) * resource.getpagesize() + _BYTES
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
        status = function()
    except SystemExit as error:
        status = error.code if isinstance(error.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
