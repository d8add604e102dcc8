"""Parsed recording of a Kinect v2: the tracked bodies and the frames in which each is present."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from action_rec.skeletons.joint_sets import KINECT_V2

NUM_JOINTS = len(KINECT_V2.joints)
MAX_BODY_ID = 2**63 - 1
MAX_DIGITS = len(str(MAX_BODY_ID))
# Numbers of fields of the body and joint lines of a .skeleton file.
BODY_FIELDS, JOINT_FIELDS = 10, 12


@dataclass(frozen=True)
class Body:
    """One tracked body.

    Attributes:
        body_id: The tracking ID that the Kinect assigned.
        frames: (n,) indices of the frames in which the body is present, from 0, ascending.
        joints: (n, 25, 3) x, y and z in metres in camera space: y up, z away from the camera.
    """

    body_id: int
    frames: NDArray[np.int64]
    joints: NDArray[np.float64]


@dataclass(frozen=True)
class Recording:
    """A parsed recording.

    Attributes:
        num_frames: Number of frames.
        bodies: Tracked bodies, in order of first appearance.
    """

    num_frames: int
    bodies: tuple[Body, ...]

    @classmethod
    def from_detections(
        cls,
        num_frames: int,
        frames: Sequence[int],
        body_ids: Sequence[int],
        joints: NDArray[np.float64],
    ) -> Self:
        """Group n detections, each of one body in one frame, by bodyID.

        Args:
            num_frames: Number of frames of the recording.
            frames: (n,) frame of each detection, ascending.
            body_ids: (n,) bodyID of each detection.
            joints: (n, 25, 3) joints of each detection, in metres.
        """
        all_frames, all_ids = np.array(frames, np.int64), np.array(body_ids, np.int64)
        bodies = []
        for body_id in dict.fromkeys(body_ids):
            rows = np.flatnonzero(all_ids == body_id)
            bodies.append(Body(body_id, all_frames[rows], joints[rows]))
        return cls(num_frames, tuple(bodies))
