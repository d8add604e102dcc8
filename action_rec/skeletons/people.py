"""Choosing the people of a recording: which bodies are actors, and who is nobody."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from action_rec.errors import InputError
from action_rec.skeletons.recording import NUM_JOINTS, Body, Recording
from action_rec.skeletons.view import view_rotation

View = Literal["recorded", "normalized"]

SPINE_MID = 1
_FARTHEST = 1000.0  # metres; a Kinect v2 sees less than 10
_MOST_POSES = 100_000  # fifty times the longest, 300 frames of six bodies: 60 MB


@dataclass
class Actor:
    """Bodies that are taken for one person.

    Attributes:
        bodies: The bodies; in a frame that two of them share, the later one counts.
        first: The first frame of any of them.
        last: The last frame of any of them.
    """

    bodies: list[Body]
    first: int
    last: int

    @classmethod
    def of(cls, body: Body) -> Self:
        """A person who is one body so far."""
        return cls([body], int(body.frames[0]), int(body.frames[-1]))

    def overlaps(self, body: Body) -> bool:
        """Whether the actor and a body are there at the same time; one shared frame is none."""
        return min(self.last, int(body.frames[-1])) > max(self.first, int(body.frames[0]))

    def join(self, body: Body) -> None:
        """Take a body for the same person."""
        self.bodies.append(body)
        self.first = min(self.first, int(body.frames[0]))
        self.last = max(self.last, int(body.frames[-1]))


class Rules(Protocol):
    """A rule set; it is a dataclass whose fields are its parameters."""

    name: ClassVar[str]

    def cast(self, bodies: Sequence[Body]) -> tuple[list[Actor], list[str]]:
        """Choose at least one actor among bodies that are in order of first appearance.

        Returns:
            The actors in the order of the store, and what was decided about each body.

        Raises:
            InputError: Nobody can be chosen.
        """


@dataclass(frozen=True)
class ChosenPeople:
    """The actors of a recording.

    Attributes:
        poses: (T, M, 25, 3) joints in metres relative to `origin`, an absent body all zeros; frames
            without any actor are left out.
        origin: (3,) the spine mid of the first actor where it first appears, in metres.
        rotation: (3, 3) what turned the joints after that, as a matrix for column vectors; the
            identity for the view `recorded`.
        num_frames: Frames of the recording, those without any actor too.
        decision: What was kept, joined or dropped; empty where there was nothing to decide.
    """

    poses: NDArray[np.float32]
    origin: NDArray[np.float64]
    rotation: NDArray[np.float64]
    num_frames: int
    decision: str


def choose_people(recording: Recording, rules: Rules, view: View = "recorded") -> ChosenPeople:
    """Choose the actors, drop frames without any, and put the origin into the first actor.

    Args:
        recording: Whom the camera saw.
        rules: Who becomes an actor.
        view: `normalized` to turn the sequence as `view_rotation` says.

    Raises:
        InputError: The rules find nobody, or too many; or a joint is absurdly far away.
    """
    for body in recording.bodies:
        _check_distance(body)
    actors, notes = rules.cast(recording.bodies)
    if len(recording.bodies) == 1:
        notes = []  # nothing was to be decided
    poses, present = _stand(actors)
    empty = recording.num_frames - len(poses)
    if empty:
        notes.append(f"{counted(empty, 'frame')} without an actor left out")
    origin = poses[present[:, 0].argmax(), 0, SPINE_MID].copy()
    rotation = view_rotation(poses[present[:, 0], 0]) if view == "normalized" else np.eye(3)
    if rotation is None:
        notes.append("view left as recorded: spine and shoulders are never seen together")
        rotation = np.eye(3)
    poses[present] -= origin
    if view == "normalized":
        poses = poses @ rotation.T
    return ChosenPeople(
        poses.astype(np.float32), origin, rotation, recording.num_frames, "; ".join(notes)
    )


def _check_distance(body: Body) -> None:
    farthest = float(np.abs(body.joints).max())
    if farthest > _FARTHEST:
        raise InputError(
            f"body {body.body_id} has a joint {farthest:.3g} m away, where a Kinect v2 sees less "
            "than 10 m; download the file again"
        )


def counted(number: int, thing: str) -> str:
    """A number of things: `1 frame`, `2 frames`."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def _stand(actors: list[Actor]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """The joints (T, M, 25, 3) of the frames with an actor, and who is present (T, M)."""
    # Only those frames: a file of few bytes can claim millions of empty ones.
    frames = np.unique(np.concatenate([body.frames for actor in actors for body in actor.bodies]))
    if len(frames) * len(actors) > _MOST_POSES:
        raise InputError(
            f"its {len(actors)} actors in {len(frames):,} frames would take more than the "
            f"{_MOST_POSES:,} poses of a recording; leave it out"
        )
    poses = np.zeros((len(frames), len(actors), NUM_JOINTS, 3))
    present = np.zeros((len(frames), len(actors)), np.bool_)
    for index, actor in enumerate(actors):
        for body in actor.bodies:
            rows = np.searchsorted(frames, body.frames)
            poses[rows, index] = body.joints
            present[rows, index] = True
    return poses, present
