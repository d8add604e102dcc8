"""The progress of a conversion, on stderr."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)

_SECONDS_BETWEEN_LINES = 10.0


class Advance(Protocol):
    """Called after each item, or after several."""

    def __call__(self, size: int, items: int = 1) -> None:
        """Add finished items with their total size in bytes."""


@contextmanager
def progress(total: int, done: int = 0, things: str = "recordings") -> Iterator[Advance]:
    """Show a bar on a terminal, or a line every 10 s if stderr is not one.

    Args:
        total: The number of items.
        done: How many of them earlier runs finished.
        things: What the items are.
    """
    console = Console(stderr=True)
    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[speed]}"))
    started = last_line = time.monotonic()
    num_bytes = 0
    with Progress(*columns, TimeRemainingColumn(), console=console) as bar:
        bar.disable = not console.is_terminal
        task = bar.add_task("", total=total, completed=done, speed="")

        def advance(size: int, items: int = 1) -> None:
            nonlocal done, num_bytes, last_line
            done += items
            num_bytes += size
            now = time.monotonic()
            speed = f"{num_bytes / 1e6 / max(now - started, 1e-3):.0f} MB/s"
            bar.update(task, completed=done, speed=speed)
            if bar.disable and now - last_line > _SECONDS_BETWEEN_LINES:
                last_line = now
                console.print(f"{done:,} of {total:,} {things}, {speed}")

        yield advance
