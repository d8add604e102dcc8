"""Run a command on many variants of a file, each in a forked process with limits."""

import os
import resource
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from types import ModuleType
from typing import NamedTuple, NoReturn

import wandb

_CONFIGURED = ("fit", "validate", "test")
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
        """Whether it ended with 0, or with 2 and one sentence; no traceback, nothing unescaped."""
        lines = self.output.strip().splitlines()
        unescaped = "\x1b" in self.output.replace("\x1b[A", "")  # a progress bar moves up
        if "Traceback (most recent call last)" in self.output or unescaped:
            return False
        errors = [line for line in lines if line.startswith("error: ") and line.isprintable()]
        return self.status == 0 or (
            self.status == 2 and len(errors) == 1 and lines[-1] == errors[0]
        )


class Variant(NamedTuple):
    """A file that is not quite the real one.

    Attributes:
        kind: The part that was changed, or how the file was damaged.
        name: What exactly was done.
        write: Writes the file.
    """

    kind: str
    name: str
    write: Callable[[], object]


class _Done(BaseException):
    """All variants were tried."""


def try_variants(
    name: str,
    command: Callable[[], int],
    read: tuple[ModuleType, str],
    variants: Iterator[Variant],
    found: Counter[str],
) -> None:
    """Try variants of the file that a command reads; print those that do not end as they should.

    The command is run once, up to the moment when it opens the file. From there it is forked for
    each variant: most of its time goes into what comes before.

    Args:
        name: The command, for messages.
        command: Returns its exit status.
        read: Module and name of the function that opens the file.
        variants: They are written one by one to the place where the command looks.
        found: How often each kind ended in each way; it is added to.
    """
    module, attribute = read
    original = getattr(module, attribute)

    def open_each(*args: object) -> object:
        setattr(module, attribute, original)
        for variant in variants:
            variant.write()
            outcome = _fork()
            if outcome is None:
                return original(*args)
            good = outcome.is_clean() and "CANARY" not in outcome.output
            found[f"{name}, {variant.kind}: {outcome.status if good else 'FOUND'}"] += 1
            if not good:
                print(f"--- {name}: {variant.kind}: {variant.name}: {outcome.status}")
                print(f"{outcome.seconds:.1f} s\n{outcome.output[-1500:]}", flush=True)
        total = sum(n for key, n in found.items() if key.startswith(f"{name}, "))
        print(f"{name}: {total} variants", flush=True)
        raise _Done

    setattr(module, attribute, open_each)
    parent, status = os.getpid(), 70
    try:
        status = command()
    except _Done:
        return
    except SystemExit as error:
        status = error.code if isinstance(error.code, int) else 1
    except BaseException:
        traceback.print_exc()
    if os.getpid() == parent:
        raise AssertionError(f"{name} ended with {status} before it opened its file")
    _end(status)


def end_wandb() -> None:
    """End the run and the service of W&B; every forked process then has its own of both."""
    wandb.finish()
    wandb.teardown()


def run_isolated(function: Callable[[], int]) -> Outcome:
    """Fork, run a function whose result is the exit status, and wait for its end."""
    outcome = _fork()
    if outcome is not None:
        return outcome
    status = 70
    try:
        status = function()
    except SystemExit as error:
        status = error.code if isinstance(error.code, int) else 1
    except BaseException:
        traceback.print_exc()
    _end(status)


def _fork() -> Outcome | None:
    """Return None in a new process with limits, and how it ended in the process that waits."""
    started = time.monotonic()
    with tempfile.TemporaryFile() as output:
        sys.stdout.flush()
        sys.stderr.flush()
        child = os.fork()
        if child == 0:
            _limit(output.fileno())
            return None
        _, status = os.waitpid(child, 0)
        output.seek(0)
        text = output.read().decode(errors="backslashreplace")
    return Outcome(os.waitstatus_to_exitcode(status), text, time.monotonic() - started)


def _limit(output: int) -> None:
    os.dup2(output, 1)
    os.dup2(output, 2)
    signal.alarm(2 * _SECONDS)  # of a process that waits: SIGALRM ends it
    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS + 5))
    with open("/proc/self/statm") as file:
        most = int(file.read().split()[0]) * resource.getpagesize() + _BYTES
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _end(status: int) -> NoReturn:
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def shares(commands: Iterable[str], count: int) -> dict[str, int]:
    """Divide a number of variants among commands; those that a config describes are slow."""
    weights = {name: 1 if name.split()[-1] in _CONFIGURED else 4 for name in commands}
    total = sum(weights.values())
    return {name: -(-count * weight // total) for name, weight in weights.items()}


def report(found: Counter[str]) -> int:
    """Print the counts, and return 1 if a variant was found that ended otherwise."""
    print("\n".join(f"{name}: {count}" for name, count in sorted(found.items())))
    print(f"{found.total()} variants", flush=True)
    return int(any("FOUND" in name for name in found))
