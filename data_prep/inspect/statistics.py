"""Statistics of every sequence of a store."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from action_rec.store.reader import Store

Array = NDArray[np.float64]

_ROUNDING = 1e-9
_ZERO_TOLERANCE = 1e-5  # metres: bound of the float32 rounding of a joint recorded at 0 0 0


@dataclass(frozen=True)
class SequenceStatistics:
    """Statistics of N sequences, arrays of shape (N,).

    Attributes:
        finite: Whether all values are finite.
        absent: Fraction of frames in which a body is absent, over all bodies.
        unseen_bodies: Number of bodies that are absent from all frames.
        zero_by_joint: (N, V) fraction of the present bodies whose joint is recorded at zero, the
            value that sensors and pose estimators use for joints that they do not detect.
        bone_length: Mean bone length of the body for which it is largest, in the recorded unit.
        bone_variation: Relative standard deviation of the bone lengths: median over the bones,
            maximum over the bodies.
        jump: Displacement between consecutive frames relative to the mean diagonal of the bounding
            box: median over the joints, maximum over frames and bodies.
        wide: Fraction of frames in which a body is wider than 0.8 times its height, typical of
            false detections.
        checksum: CRC-32 of the poses.
    """

    finite: NDArray[np.bool_]
    absent: Array
    unseen_bodies: NDArray[np.int64]
    zero_by_joint: Array
    bone_length: Array
    bone_variation: Array
    jump: Array
    wide: Array
    checksum: NDArray[np.int64]

    @property
    def never_detected(self) -> NDArray[np.bool_]:
        """Joints (V,) that are at zero in every frame of every sequence with a body."""
        with_bodies = self.zero_by_joint[self.absent < 1]
        if len(with_bodies) == 0:
            return np.zeros(self.zero_by_joint.shape[1], np.bool_)
        never: NDArray[np.bool_] = np.min(with_bodies, axis=0) > 1 - _ROUNDING
        return never

    @property
    def zero_joints(self) -> Array:
        """Fraction (N,) of the joints at zero, without those that are never detected."""
        kept = self.zero_by_joint[:, ~self.never_detected]
        return kept.mean(axis=1) if kept.shape[1] else np.zeros(len(kept))


def compute_statistics(
    store: Store, advance: Callable[[int], None] = lambda size: None
) -> SequenceStatistics:
    """Compute the statistics of all sequences; every pose is read once.

    Args:
        store: The store.
        advance: Called after each sequence with its size in bytes.
    """
    rows = []
    for index in range(len(store.names)):
        rows.append(_sequence_statistics(store, index))
        advance(store.sequence(index).nbytes)
    return SequenceStatistics(*map(np.array, zip(*rows, strict=True)))


def _sequence_statistics(store: Store, index: int) -> tuple[Any, ...]:
    """Compute the values of `SequenceStatistics` for one sequence, in the same order."""
    stored = store.sequence(index)
    poses = stored.astype(np.float64)  # (T, M, V, C)
    finite = np.isfinite(poses).all(axis=(2, 3))  # (T, M)
    poses[~finite] = 0
    present = (poses != 0).any(axis=(2, 3))  # (T, M)
    seen = present.sum(axis=0)  # frames of each body, (M,)
    at_zero = _joints_at_zero(store, index, poses) & present[..., None]
    length, variation = _bones(store, poses, present[..., None], at_zero)
    width, height, diagonal = _boxes(store, index, poses, present, at_zero)
    return (
        finite.all(),
        1 - seen.sum() / present.size,
        (seen == 0).sum(),
        at_zero.sum(axis=(0, 1)) / max(seen.sum(), 1),
        length * store.scale[index],
        variation,
        _jump(poses, present, diagonal.sum(axis=0) / np.maximum(seen, 1)),
        (present & (width > 0.8 * height)).sum() / max(seen.sum(), 1),
        crc32(stored.data),
    )


def _joints_at_zero(store: Store, index: int, poses: Array) -> NDArray[np.bool_]:
    """Return joints (T, M, V) recorded at 0 0 0 or stored as zero.

    Undetected joints are stored as zero, except in stores of the command `ntu`.
    """
    zero = -store.origin[index]
    if store.rotation is not None:
        zero = store.rotation[index] @ zero
    distance = np.abs(poses - zero / store.scale[index]).max(axis=3)
    at_zero: NDArray[np.bool_] = distance < _ZERO_TOLERANCE / store.scale[index]
    origin = store.provenance.get("rules", {}).get("origin", ())
    if origin:
        as_zero = (poses == 0).all(axis=3)
        if len(origin) == 1:  # the joint that is the origin is always zero
            as_zero[..., store.joint_names.index(origin[0])] = False
        at_zero |= as_zero
    return at_zero


def _bones(
    store: Store, poses: Array, present: NDArray[np.bool_], at_zero: NDArray[np.bool_]
) -> tuple[float, float]:
    """Return the largest mean and the largest median variation of the bone lengths of a body."""
    parents = store.joint_parents
    bones = np.flatnonzero(parents != np.arange(len(parents)))
    lengths = np.linalg.norm(poses[:, :, bones] - poses[:, :, parents[bones]], axis=3)
    known = present & ~(at_zero[..., bones] | at_zero[..., parents[bones]])
    lengths = np.where(known, lengths, 0)
    number = np.maximum(known.sum(axis=0), 1)
    mean = lengths.sum(axis=0) / number
    variance = np.maximum((lengths**2).sum(axis=0) / number - mean**2, 0)
    relative = np.sqrt(variance) / np.where(mean > 0, mean, np.inf)
    return mean.mean(axis=1).max(), np.median(relative, axis=1).max()


def _boxes(
    store: Store,
    index: int,
    poses: Array,
    present: NDArray[np.bool_],
    at_zero: NDArray[np.bool_],
) -> tuple[Array, Array, Array]:
    """Return width, height and diagonal (T, M) of the bounding boxes, in the recorded axes."""
    if store.rotation is not None:
        poses = poses @ store.rotation[index]
    hidden = at_zero[..., None]
    highest = np.where(hidden, -np.inf, poses).max(axis=2)
    size = highest - np.where(hidden, np.inf, poses).min(axis=2)
    size = np.where(present[..., None] & np.isfinite(size), size, 0)
    return size[..., 0], size[..., 1], np.linalg.norm(size, axis=2)


def _jump(poses: Array, present: NDArray[np.bool_], size: Array) -> float:
    """Return the largest displacement of a body between frames, relative to its size (M,)."""
    steps = np.median(np.linalg.norm(np.diff(poses, axis=0), axis=3), axis=2)
    steps[~(present[1:] & present[:-1])] = 0
    largest: Array = steps.max(axis=0, initial=0) / np.where(size > 0, size, np.inf)
    return float(largest.max())
