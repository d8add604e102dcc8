"""The states of many streams of frames, computed in one batch per frame."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from action_rec.errors import InputError
from action_rec.live.engine import Array, StepEngine

BodyId = int | str

NOT_FINITE = (
    "the network gives probabilities that are not numbers: its state has grown beyond all bounds, "
    "as it does on long streams with recurrent weights above 1; start anew with clean_state(), and "
    "train a network for streams with --model.network.gamma 1"
)


class Streams:
    """Streams of frames that start and end independently, each with its own state.

    A network that was trained on every k-th frame gets every k-th frame of a stream, from its
    first, and the result is repeated between.

    Args:
        engine: The network.
    """

    def __init__(self, engine: StepEngine) -> None:
        self.engine = engine
        self._rows: dict[BodyId, int] = {}
        self._free: list[int] = []
        self._states = [np.zeros((0, size), np.float32) for size in engine.state_sizes]
        self._frames = np.zeros(0, np.int64)  # that each stream was given
        self._latest = np.zeros((0, len(engine.class_names)), np.float32)

    def __len__(self) -> int:
        """The number of streams."""
        return len(self._rows)

    def step(self, frames: Mapping[BodyId, Array]) -> dict[BodyId, Array]:
        """Process one frame of some streams; a new key starts a stream.

        Args:
            frames: (M, V, C) by stream, checked.

        Returns:
            Probabilities (K,) by stream. A stream for which they are not finite is ended and left
            out.
        """
        rows = np.array([self._row(key) for key in frames], np.int64)
        due = self._frames[rows] % self.engine.frame_step == 0
        if due.any():
            given = np.stack(
                [frame for frame, is_due in zip(frames.values(), due, strict=True) if is_due]
            )
            stepped = rows[due]
            self._latest[stepped], after = self.engine.step(
                given, [s[stepped] for s in self._states]
            )
            for state, new in zip(self._states, after, strict=True):
                state[stepped] = new
        self._frames[rows] += 1
        found = dict(zip(frames, self._latest[rows], strict=True))
        for key in [key for key, one in found.items() if not np.isfinite(one).all()]:
            self.end(key)
            del found[key]
        return found

    def end(self, key: BodyId) -> None:
        """End a stream; its key starts another one."""
        self._free.append(self._rows.pop(key))

    @property
    def memory(self) -> int:
        """Bytes that the states of one stream take."""
        return 4 * (sum(self.engine.state_sizes) + len(self.engine.class_names))

    def _row(self, key: BodyId) -> int:
        if key not in self._rows:
            if not self._free:
                self._grow()
            row = self._free.pop()
            self._rows[key] = row
            self._frames[row] = 0
            for state in self._states:
                state[row] = 0
        return self._rows[key]

    def _grow(self) -> None:
        rows = len(self._frames)
        more = max(1, rows)
        self._free = list(range(rows + more - 1, rows - 1, -1))
        self._states = [_longer(state, more) for state in self._states]
        self._frames, self._latest = _longer(self._frames, more), _longer(self._latest, more)


def _longer(table: NDArray[Any], more: int) -> NDArray[Any]:
    return np.concatenate((table, np.zeros((more, *table.shape[1:]), table.dtype)))


def check_finite(probabilities: Array) -> None:
    """Check the result of a step.

    Raises:
        InputError: A probability is not a number.
    """
    if not np.isfinite(probabilities).all():
        raise InputError(NOT_FINITE)
