"""A set of sequences with their skeleton, whatever it is read from."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from action_rec.skeletons.joint_sets import JointSet
from action_rec.skeletons.preparation import PreparedSequence


class Sequences(ABC):
    """What clips are drawn from and pictures show: a store, or prepared recordings in memory.

    N sequences, P poses (a pose is one body in one frame), V joints, C coordinates.

    Attributes:
        joint_set: Name of the joint set, e.g. ``kinect_v2``.
        joint_names: V names.
        joint_parents: (V,) index of each joint's parent; a root is its own parent.
        joint_mirror: (V,) index of the joint on the other side of the body; for a joint in the
            middle, the joint itself.
        joint_centre: Indices of the joints whose mean is the centre of a body.
        names: (N,) names of the sequences.
        start: (N,) index of a sequence's first pose.
        length: (N,) frames T.
        bodies: (N,) bodies M.
        label: (N,) classes, from 0; all 0 for recordings in memory.
        origin: (N, C) what was subtracted from every joint.
        rotation: (N, C, C) what rotated the joints then, matrices for column vectors; None if
            nothing was rotated.
        scale: (N,) what the coordinates were divided by last; 1 if nothing was scaled.
        factor: What recorded coordinates are multiplied by to give them in another unit.
    """

    factor = 1.0

    joint_set: str
    joint_names: tuple[str, ...]
    joint_parents: NDArray[np.int64]
    joint_mirror: NDArray[np.int64]
    joint_centre: list[int]
    names: NDArray[np.str_]
    start: NDArray[np.int64]
    length: NDArray[np.int64]
    bodies: NDArray[np.int64]
    label: NDArray[np.int64]
    origin: NDArray[np.float64]
    rotation: NDArray[np.float64] | None
    scale: NDArray[np.float64]

    def same_joints(self, described: Mapping[str, Any]) -> bool:
        """Whether the joints and bones are those that a checkpoint describes, whatever their name.

        Args:
            described: The `joint_names` and `joint_parents` of a checkpoint; it may lack them.
        """
        own = list(self.joint_names), self.joint_parents.tolist()
        return own == (described.get("joint_names"), described.get("joint_parents"))

    def check_unchanged(self) -> None:  # noqa: B027 (memory does not change)
        """Check that what the sequences are read from is still as it was opened.

        Raises:
            InputError: A file has been replaced or truncated since.
        """

    @property
    @abstractmethod
    def poses(self) -> NDArray[np.float32]:
        """(P, V, C) all poses."""

    def sequence(self, index: int) -> NDArray[np.float32]:
        """(T, M, V, C) one sequence, a view of the poses."""
        start, length, bodies = self.start[index], self.length[index], self.bodies[index]
        poses = self.poses[start : start + length * bodies]
        return poses.reshape(length, bodies, *poses.shape[1:])

    def recorded(self, index: int) -> NDArray[np.float64]:
        """(T, M, V, C) the coordinates of one sequence as recorded; an absent body stays zero."""
        poses = self.sequence(index)
        recorded: NDArray[np.float64] = poses.astype(np.float64) * self.scale[index]
        if self.rotation is not None:
            recorded = recorded @ self.rotation[index]
        recorded += self.origin[index]
        recorded *= self.factor
        recorded[~poses.any(axis=(2, 3))] = 0
        return recorded


class MemorySequences(Sequences):
    """Prepared recordings in memory.

    Args:
        names: N names.
        prepared: N >= 1 sequences of one preparation.
        joint_set: The joints of that preparation.
    """

    def __init__(
        self, names: Sequence[str], prepared: Sequence[PreparedSequence], joint_set: JointSet
    ) -> None:
        self.joint_set = joint_set.name
        self.joint_names = joint_set.joints
        self.joint_parents = np.array(joint_set.parents)
        self.joint_mirror = np.array(joint_set.mirror)
        self.joint_centre = list(joint_set.centre)
        self.names = np.array(names)
        self.length = np.array([len(one.poses) for one in prepared])
        self.bodies = np.array([one.poses.shape[1] for one in prepared])
        self.start = (self.length * self.bodies).cumsum() - self.length * self.bodies
        self.label = np.zeros(len(names), np.int64)
        self.origin = np.stack([one.origin for one in prepared])
        rotations = [one.rotation for one in prepared if one.rotation is not None]
        self.rotation = np.stack(rotations) if rotations else None
        self.scale = np.array([one.scale or 1.0 for one in prepared])
        flat = [one.poses.reshape(-1, *one.poses.shape[2:]) for one in prepared]
        self._poses = np.concatenate(flat)

    @property
    def poses(self) -> NDArray[np.float32]:
        """(P, V, C) all poses."""
        return self._poses


def centre_joints(
    rules: Mapping[str, Any], joint_names: Sequence[str], parents: Sequence[int]
) -> list[int]:
    """Return the joints whose mean the preparation of a store moved into the origin.

    Args:
        rules: The rules of the store, from its provenance or a checkpoint.
        joint_names: V names.
        parents: V indices of the parent of each joint.

    Returns:
        Their indices; the root, if the rules do not say and no joint is a ``spine mid``.
    """
    names = list(joint_names)
    named = rules.get("origin", ["spine mid"])
    if isinstance(named, list) and named and all(name in names for name in named):
        return [names.index(name) for name in named]
    return [joint for joint, parent in enumerate(parents) if joint == parent][:1]
