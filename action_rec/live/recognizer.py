"""A label at every frame: a trained network on a stream of raw frames."""

import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from action_rec.errors import InputError
from action_rec.live.engine import Array, StepEngine, load_engine
from action_rec.live.raw_frames import RawFrames
from action_rec.live.streams import check_finite


class LiveState(NamedTuple):
    """What a recognizer remembers of the frames so far.

    Attributes:
        states: (1, S) each, of the network.
        frames: Number of frames, without those in which nobody was.
        probabilities: (K,) after the last of them.
    """

    states: list[Array]
    frames: int
    probabilities: Array


class LiveRecognizer:
    """Recognizes the action of a stream, frame by frame, from coordinates as recorded.

    Normalization, input streams and network are those of training. Time and memory of a frame do
    not depend on the number of frames before it. The names of the methods are those of
    continual-inference.

    Args:
        checkpoint: The .ckpt file of a causal network, or its engine.
        unit: Unit of the frames: ``metre``, ``centimetre`` or ``millimetre``; None for that of the
            training data.

    Attributes:
        engine: Computes the network; describes joints, unit and classes.
        class_names: K names, in the order of the probabilities.

    Raises:
        InputError: The checkpoint cannot be read, or its network needs later frames.
    """

    def __init__(self, checkpoint: str | Path | StepEngine, *, unit: str | None = None) -> None:
        self.engine = open_engine(checkpoint)
        self.class_names = self.engine.class_names
        self._raw = RawFrames(self.engine, unit)
        self._state = self._start()

    def forward_step(self, frame: ArrayLike, *, update_state: bool = True) -> Array:
        """Process one frame.

        Args:
            frame: (M, V, C) joints as recorded, or (V, C) of one person; 0 for joints that were not
                detected and for absent people.
            update_state: Whether the frame becomes part of the stream.

        Returns:
            Probabilities (K,) after the frame. A frame without anybody changes nothing, as such
            frames are left out in training; before the first person all classes are equally
            likely. A network that was trained on every k-th frame repeats its result between.

        Raises:
            InputError: The frame has other bodies, joints or coordinates, or a joint is not a
                number or of a body that cannot be; the state is as before.
        """
        checked = self._raw.frame(frame)
        if not checked.any():
            return self._state.probabilities.copy()
        states, frames, probabilities = self._state
        if frames % self.engine.frame_step == 0:
            batch, states = self.engine.step(checked[None], states)
            check_finite(batch)
            probabilities = batch[0]
        if update_state:
            self._state = LiveState(states, frames + 1, probabilities)
        return probabilities.copy()

    def forward_steps(self, frames: Iterable[ArrayLike], *, update_state: bool = True) -> Array:
        """Process several frames.

        Args:
            frames: (T, M, V, C), or (T, V, C) of one person; see `forward_step`.
            update_state: Whether the frames become part of the stream.

        Returns:
            Probabilities (T, K) after each frame.

        Raises:
            InputError: See `forward_step`; the state is as before the first frame.
        """
        before = self._state
        steps = np.zeros((0, len(self.class_names)), np.float32)
        try:
            found = [self.forward_step(frame) for frame in frames]
        except InputError:
            self._state = before
            raise
        if not update_state:
            self._state = before
        return np.stack(found) if found else steps

    def label(self, probabilities: Array) -> str:
        """Return the name of the most likely class."""
        return self.class_names[int(np.argmax(probabilities))]

    def clean_state(self) -> None:
        """Start a new stream."""
        self._state = self._start()

    def _start(self) -> LiveState:
        classes = len(self.class_names)
        states = [np.zeros((1, size), np.float32) for size in self.engine.state_sizes]
        return LiveState(states, 0, np.full(classes, 1 / classes, np.float32))

    def get_state(self) -> LiveState:
        """Return a copy of the state, to continue from later or elsewhere."""
        states, frames, probabilities = self._state
        return LiveState([state.copy() for state in states], frames, probabilities.copy())

    def set_state(self, state: LiveState) -> None:
        """Continue from a state that `get_state` returned.

        Raises:
            InputError: It is of another network.
        """
        own = [value.shape for value in (*self._state.states, self._state.probabilities)]
        given = [np.shape(value) for value in (*state.states, state.probabilities)]
        if own != given:
            raise InputError(
                f"the state has arrays of the shapes {given!s:.80}, but those of this network are "
                f"{own!s:.80}; use a state of the same checkpoint"
            )
        self._state = state
        self._state = self.get_state()


def open_engine(checkpoint: str | Path | StepEngine) -> StepEngine:
    """Open a checkpoint, and warn of a network that was not trained to be read at every frame."""
    if not isinstance(checkpoint, str | Path):
        return checkpoint
    engine = load_engine(Path(checkpoint))
    if (caution := caution_of(engine)) is not None:
        warnings.warn(caution, stacklevel=3)
    return engine


def caution_of(engine: StepEngine) -> str | None:
    """What is to be expected of a network that was trained on clips; None for one on frames."""
    if engine.sampling == "frames":
        return None
    return (
        f"the network was trained on clips (sampling: {engine.sampling}) and not at the rate of a "
        "stream; expect less than its accuracy on clips, or train it with --data.sampling frames "
        "and --model.network.gamma 1"
    )
