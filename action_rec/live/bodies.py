"""Several people at once: bodies followed by their ids, each with a state of its own."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from action_rec.errors import InputError
from action_rec.live.decision import Decider, DecisionRule
from action_rec.live.engine import Array, StepEngine
from action_rec.live.raw_frames import RawFrames
from action_rec.live.recognizer import open_engine
from action_rec.live.scene import Scene
from action_rec.live.streams import NOT_FINITE, BodyId, Streams

People = Literal["auto", "each", "scene"]

_SCENE = "scene"


class Recognized(NamedTuple):
    """What was recognized in a frame.

    Attributes:
        bodies: Whom it is about: one body, or those in the places of the network.
        label: The action; None while there is nothing to say.
        probabilities: (K,), smoothed if there is a decision rule.
    """

    bodies: tuple[BodyId, ...]
    label: str | None
    probabilities: Array


class LiveBodies:
    """Recognizes what the people in a stream of frames do.

    Args:
        checkpoint: The .ckpt file of a causal network, or its engine.
        rule: When to say what somebody does; None for the most likely action after every frame.
        unit: Unit of the frames; None for that of the training data.
        people: ``each``: every body has a state of its own, and all are computed in one batch per
            frame; a network for several people sees it alone. ``scene``: the bodies that the rules
            of training choose are recognized together, as in a recording (see `Scene`). ``auto``:
            ``scene`` for a network that was trained on several people, else ``each``.
        gone_after: Frames after which a body that is not seen has left: its state ends, and if it
            returns it starts anew.
        max_bodies: The most bodies of a frame, and the most states: those of bodies that have been
            gone longest end first.

    Attributes:
        engine: Computes the network.
        problems: Bodies of the last frame that could not be used, each with the reason.

    Raises:
        InputError: The checkpoint cannot be used, or a number is out of range.
    """

    def __init__(
        self,
        checkpoint: str | Path | StepEngine,
        *,
        rule: DecisionRule | None = None,
        unit: str | None = None,
        people: People = "auto",
        gone_after: int = 30,
        max_bodies: int = 100,
    ) -> None:
        for name, number in (("gone_after", gone_after), ("max_bodies", max_bodies)):
            if number < 1:
                raise InputError(f"{name} must be at least 1, got {number}")
        self.engine = open_engine(checkpoint)
        self.rule = rule
        self.gone_after = gone_after
        self.max_bodies = max_bodies
        self.problems: dict[BodyId, str] = {}
        self._raw = RawFrames(self.engine, unit)
        self._together = people == "scene" or (people == "auto" and self.engine.frame_shape[0] > 1)
        self.clean_state()

    def clean_state(self) -> None:
        """Forget everybody."""
        self._streams = Streams(self.engine)
        self._scene = Scene(self.engine.rules, self.engine.frame_shape[0], self.gone_after)
        self._gone: dict[BodyId, int] = {}  # frames since each stream was seen, longest first
        self._deciders: dict[BodyId, Decider] = {}

    @property
    def number(self) -> int:
        """The number of states: one for each body that has not left, or one of the scene."""
        return len(self._streams)

    def forward_step(self, bodies: Mapping[BodyId, ArrayLike]) -> list[Recognized]:
        """Process one frame.

        Args:
            bodies: (V, C) joints as recorded, by id; 0 for joints that were not detected. The ids
                are the tracker's: the same person has the same id in all frames.

        Returns:
            What each body does, or what those of the scene do; nothing where nobody is. What a
            body does does not depend on the others with ``each``.

        Raises:
            InputError: There are too many bodies; nothing has changed. A single body that cannot
                be used is left out, and is one of `problems`.
        """
        if len(bodies) > self.max_bodies:
            raise InputError(
                f"the frame has {len(bodies)} bodies, more than the {self.max_bodies} that are "
                "followed; leave out detections of a low score, or raise max_bodies"
            )
        good, self.problems = self._raw.bodies(bodies)
        if self._together:
            return self._step_scene(good)
        frames = {name: self._in_places([joints]) for name, joints in good.items()}
        found = self._step(frames)
        return [self._recognized(name, (name,), found[name]) for name in found]

    def _step_scene(self, bodies: dict[BodyId, Array]) -> list[Recognized]:
        there = self._scene.assign(bodies)
        frames: dict[BodyId, Array] = {}
        if any(name is not None for name in there):
            joints = [None if name is None else bodies[name] for name in there]
            frames[_SCENE] = self._in_places(joints)
        ids = tuple(name for name in there if name is not None)
        found = self._step(frames)
        return [self._recognized(name, ids, found[name]) for name in found]

    def _recognized(
        self, stream: BodyId, bodies: tuple[BodyId, ...], probabilities: Array
    ) -> Recognized:
        label: int | None = int(np.argmax(probabilities))
        if self.rule is not None:
            decider = self._deciders.setdefault(stream, Decider(self.rule))
            label, probabilities = decider.step(probabilities)
        name = None if label is None else self.engine.class_names[label]
        return Recognized(bodies, name, probabilities)

    def _in_places(self, people: list[Array | None]) -> Array:
        frame = np.zeros(self.engine.frame_shape, np.float32)
        for place, joints in enumerate(people):
            if joints is not None:
                frame[place] = joints
        return frame

    def _step(self, frames: Mapping[BodyId, Array]) -> dict[BodyId, Array]:
        self._end_gone(frames)
        found = self._streams.step(frames) if frames else {}
        for name in frames:
            if name in found:
                self._gone[name] = 0
            else:
                self._end(name)
                self.problems[name] = NOT_FINITE
        return found

    def _end_gone(self, frames: Mapping[BodyId, Array]) -> None:
        """End the streams of those who have been gone for the set time or make too many."""
        for name in self._gone:
            self._gone[name] += 1
        for name in frames:  # the dict is kept in the order in which they were last seen
            self._gone.pop(name, None)
            self._gone[name] = 0
        too_many = len(self._gone) - self.max_bodies
        for index, (name, frames_gone) in enumerate(list(self._gone.items())):
            if frames_gone > self.gone_after or index < too_many:
                self._streams.end(name)
                self._end(name)

    def _end(self, name: BodyId) -> None:
        del self._gone[name]
        self._deciders.pop(name, None)
