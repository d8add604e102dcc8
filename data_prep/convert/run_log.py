"""The log of a store: one line for the start and the end of every run that worked on it."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from data_prep.convert.journal import Journal


def log_path(out: Path) -> Path:
    """The path of the log of a store."""
    return out.with_name(f"{out.name}.log")


@contextmanager
def logged(out: Path, journal: Journal, total: int, what: str) -> Iterator[None]:
    """Log the start and the end of a run; a run without an end was killed, which the next one logs.

    A conversion that starts from the beginning replaces the log.

    Args:
        out: The store.
        journal: The items that earlier runs finished.
        total: The number of recordings.
        what: A description of the run.
    """
    log = log_path(out)
    if journal.done:
        done = f"{journal.done:,} of {total:,} recordings"
        if killed := _without_end(log):
            _write(log, f"finds that process {killed} was killed, which had done {done}")
        _write(log, f"continues after {done}: {what}")
    else:
        log.unlink(missing_ok=True)
        _write(log, f"starts with 0 of {total:,} recordings: {what}")
    started = time.monotonic()
    try:
        yield
    except BaseException as error:
        if not journal.folder.exists():  # nothing could be converted, and nothing is left
            log.unlink()
            raise
        reason = str(error) or type(error).__name__
        _write(log, f"stopped after {journal.done:,} of {total:,} recordings: {reason}")
        raise
    seconds = time.monotonic() - started
    _write(log, f"finished {total:,} recordings after {seconds:.1f} s: {out.name} is complete")


def _without_end(log: Path) -> str:
    """The process of the last run in a log if it logged no end; else empty."""
    lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
    words = lines[-1].split() if lines else []  # date, time, "process", its number, what it did
    return words[3] if len(words) > 4 and words[4] in ("starts", "continues") else ""


def _write(log: Path, line: str) -> None:
    now = time.strftime("%Y-%m-%d %H:%M:%S")
    with log.open("a", encoding="utf-8") as file:
        file.write(f"{now} process {os.getpid()} {line}\n")
