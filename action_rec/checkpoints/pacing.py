"""When a checkpoint is due that is written at most every so many seconds."""

import math
import time

from lightning import Trainer

from action_rec.errors import InputError


class Pace:
    """The time since a file was written; all ranks decide as rank 0 does.

    Args:
        seconds: Seconds between two writes at least; 0 for no limit.

    Raises:
        InputError: They are negative, infinite or NaN.
    """

    def __init__(self, seconds: float) -> None:
        if not 0 <= seconds < math.inf:
            raise InputError(f"min_seconds must be finite and at least 0, got {seconds}")
        self.seconds = seconds
        self._written = -math.inf

    def due(self, trainer: Trainer, now: bool = False) -> bool:
        """Return whether enough time has passed; all ranks must call this.

        Args:
            trainer: The trainer, for its ranks.
            now: Whether a write is due in any case.
        """
        if not self.seconds:
            return True
        due = now or time.monotonic() - self._written >= self.seconds
        return bool(trainer.strategy.broadcast(due))

    def wrote(self) -> None:
        """Start to wait again."""
        self._written = time.monotonic()
