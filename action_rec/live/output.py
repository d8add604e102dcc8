"""The answers of a stream: as JSON lines, or on a terminal as a table that changes."""

import json
import sys
import time
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console
from rich.live import Live
from rich.table import Table

from action_rec.console.text import printable
from action_rec.live.messages import Answer

_BAR = 16  # characters of a probability of 1
_MOST_ROWS = 30


class Output(Protocol):
    """Shows answers, in a `with` block."""

    def __enter__(self) -> Self:
        """Start to show."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End, and leave the last answer where it is."""

    def show(self, answer: Answer) -> None:
        """Show one more answer.

        Raises:
            BrokenPipeError: What reads the output has ended.
        """


class JsonLines:
    """Prints each answer as a line of JSON at once."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def show(self, answer: Answer) -> None:
        """Print one line; see `Output`."""
        print(json.dumps(answer), flush=True)


class LiveTable:
    """A table of the bodies in the last frame, with the frames per second so far.

    Args:
        title: What is shown, e.g. the name of the recording.
    """

    def __init__(self, title: str) -> None:
        self.title = title
        self._live = Live(console=Console(file=sys.stdout), refresh_per_second=10)
        self._start = time.perf_counter()
        self._error = ""

    def __enter__(self) -> Self:
        self._live.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._live.__exit__(kind, error, trace)

    def show(self, answer: Answer) -> None:
        """Show the bodies of a frame; see `Output`."""
        self._live.update(self._table(answer))

    def _table(self, answer: Answer) -> Table:
        frames = answer.get("frame", 0) + 1
        rate = frames / max(1e-6, time.perf_counter() - self._start)
        problems = [answer["error"]] if "error" in answer else answer.get("errors", {}).values()
        self._error = next(iter(problems), self._error)
        caption = f"frame {frames:,}, {rate:.0f} per second"
        if self._error:
            caption += f"\nlast error: {printable(self._error)}"
        table = Table("body", "label", "probability", "", title=self.title, caption=caption)
        for label in answer.get("labels", [])[:_MOST_ROWS]:
            probability = label["probability"]
            table.add_row(
                printable(", ".join(label["bodies"])),
                printable(label["label"] or "-"),
                f"{probability:.0%}",
                f"{'█' * round(_BAR * probability):<{_BAR}}",
            )
        return table
