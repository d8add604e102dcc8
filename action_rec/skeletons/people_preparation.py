"""The preparation of Kinect v2 recordings: select the actors, center them, rotate the view."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from action_rec.errors import InputError
from action_rec.skeletons.joint_sets import KINECT_V2, JointSet
from action_rec.skeletons.people import Actor, Rules
from action_rec.skeletons.people_sgn import SgnRules
from action_rec.skeletons.people_simple import EnergyRules, FirstRules, KeepAll
from action_rec.skeletons.preparation import PreparedSequence, counted
from action_rec.skeletons.recording import NUM_JOINTS, Body, Recording
from action_rec.skeletons.view import view_rotation

View = Literal["recorded", "normalized"]

# By the name that a store keeps.
RULES: dict[str, type[Rules]] = {
    rules.name: rules for rules in (SgnRules, EnergyRules, FirstRules, KeepAll)
}

_SPINE_MID = KINECT_V2.joints.index("spine mid")
_MAX_DISTANCE = 1000.0  # metres; a Kinect v2 sees less than 10
_MAX_POSES = 100_000  # fifty times the longest recording, 300 frames of six bodies: 60 MB


@dataclass(frozen=True)
class PeoplePreparation:
    """Selects the actors of a recording and moves the first one into the origin.

    The origin is the spine mid of the first actor in its first frame. Frames without any actor are
    left out; a body that is absent in a frame is all zeros.

    Attributes:
        rules: Which bodies become actors.
        view: ``recorded`` keeps the axes of the camera; ``normalized`` rotates the sequence as
            `view_rotation` describes.
    """

    rules: Rules
    view: View = "recorded"

    joint_set: ClassVar[JointSet] = KINECT_V2

    def description(self) -> dict[str, Any]:
        """The rules with all parameters, and the view."""
        parameters = asdict(self.rules)  # type: ignore[call-overload]  # every rule set is one
        return {"rules": {"name": self.rules.name, **parameters}, "view": self.view}

    def prepare(self, recorded: Recording) -> PreparedSequence:
        """Prepare a recording with coordinates in metres.

        Raises:
            InputError: The rules select no body or too many, or a joint is farther away than a
                Kinect can see.
        """
        for body in recorded.bodies:
            _check_distance(body)
        actors, notes = self.rules.select(recorded.bodies)
        if len(recorded.bodies) == 1:
            notes = []  # nothing was to be decided
        poses, present = _stack(actors)
        if empty := recorded.num_frames - len(poses):
            notes.append(f"{counted(empty, 'frame')} without an actor left out")
        first = poses[present[:, 0], 0]
        origin = first[0, _SPINE_MID].copy()
        rotation = view_rotation(first) if self.view == "normalized" else None
        if self.view == "normalized" and rotation is None:
            notes.append("view left as recorded: spine and shoulders are never seen together")
            rotation = np.eye(3)
        poses[present] -= origin
        if rotation is not None:
            poses = poses @ rotation.T
        return PreparedSequence(
            poses=poses.astype(np.float32),
            origin=origin,
            recorded_frames=recorded.num_frames,
            decision="; ".join(notes),
            rotation=rotation,
        )


def _check_distance(body: Body) -> None:
    distance = float(np.abs(body.joints).max())
    if distance > _MAX_DISTANCE:
        raise InputError(
            f"body {body.body_id} has a joint {distance:.3g} m away, where a Kinect v2 sees less "
            "than 10 m; give coordinates in metres or leave it out"
        )


def _stack(actors: Sequence[Actor]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """The joints (T, M, 25, 3) of the frames with an actor, and who is present (T, M)."""
    # Only those frames: a file of few bytes can claim millions of empty ones.
    frames = np.unique(np.concatenate([body.frames for actor in actors for body in actor.bodies]))
    if len(frames) * len(actors) > _MAX_POSES:
        raise InputError(
            f"its {len(actors)} actors in {len(frames):,} frames would take more than the "
            f"{_MAX_POSES:,} poses that a recording can have; leave it out"
        )
    poses = np.zeros((len(frames), len(actors), NUM_JOINTS, 3))
    present = np.zeros((len(frames), len(actors)), np.bool_)
    for index, actor in enumerate(actors):
        for body in actor.bodies:
            rows = np.searchsorted(frames, body.frames)
            poses[rows, index] = body.joints
            present[rows, index] = True
    return poses, present
