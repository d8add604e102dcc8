"""Statistics of every sequence of a store, computed in blocks of bounded memory."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from action_rec.store.reader import Store

Array = NDArray[np.float64]

_POSES_PER_BLOCK = 1 << 14
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
    store: Store, advance: Callable[[int, int], None] = lambda size, items: None
) -> SequenceStatistics:
    """Compute the statistics of all sequences; every pose is read once.

    Args:
        store: The store.
        advance: Called after each block with its size in bytes and its number of sequences.
    """
    blocks = []
    pose_bytes = store.poses[0].nbytes
    for first, last in _blocks(store):
        blocks.append(_block_statistics(store, np.arange(first, last)))
        poses = int((store.length * store.bodies)[first:last].sum())
        advance(poses * pose_bytes, last - first)
    return SequenceStatistics(
        *(
            np.concatenate([getattr(b, field.name) for b in blocks])
            for field in fields(SequenceStatistics)
        )
    )


def _blocks(store: Store) -> Iterator[tuple[int, int]]:
    """Yield the first and last sequence (exclusive) of blocks of similar numbers of poses."""
    ends = np.cumsum(store.length * store.bodies)
    first = 0
    while first < len(ends):
        before = ends[first - 1] if first else 0
        last = int(np.searchsorted(ends, before + _POSES_PER_BLOCK, side="right"))
        last = max(last, first + 1)
        yield first, last
        first = last


def _block_statistics(store: Store, sequences: NDArray[np.int64]) -> SequenceStatistics:
    track = _Tracks(store, sequences)
    bones, variation = track.bones()
    width, height, diagonal = track.boxes()
    seen = track.per_track(track.present)
    lengths = track.per_track(np.ones(len(track.present)))
    wide = track.per_track(track.present & (width > 0.8 * height))
    size = track.per_track(diagonal) / np.maximum(seen, 1)
    return SequenceStatistics(
        finite=track.per_sequence(track.per_track(~track.finite)) == 0,
        absent=1 - track.per_sequence(seen) / track.per_sequence(lengths),
        unseen_bodies=track.per_sequence((seen == 0).astype(float)).astype(np.int64),
        zero_by_joint=track.per_sequence(track.per_track(track.at_zero))
        / np.maximum(track.per_sequence(seen), 1)[:, None],
        bone_length=track.per_sequence(bones, np.maximum) * store.scale[sequences],
        bone_variation=track.per_sequence(variation, np.maximum),
        jump=track.per_sequence(track.jumps(size), np.maximum),
        wide=track.per_sequence(wide) / np.maximum(track.per_sequence(seen), 1),
        checksum=np.array([crc32(store.sequence(index).data) for index in sequences]),
    )


class _Tracks:
    """The poses of a block of sequences by track: a *track* is one body over all frames.

    Attributes:
        owner: (n,) sequence of each pose.
        poses: (n, V, C) poses, sorted by track and then by frame; zero where not finite.
        present: (n,) whether the body is present.
        finite: (n,) whether the recorded pose is finite.
        at_zero: (n, V) whether a joint of a present body was recorded at zero.
    """

    def __init__(self, store: Store, sequences: NDArray[np.int64]) -> None:
        self._store = store
        rows, owner, track_length = [], [], []
        for index in sequences.tolist():
            start, length, bodies = store.start[index], store.length[index], store.bodies[index]
            by_track = start + np.arange(bodies)[:, None] + bodies * np.arange(length)
            rows.append(by_track.ravel())
            owner.append(np.full(by_track.size, index))
            track_length += [length] * bodies
        self.owner = np.concatenate(owner)
        poses = store.poses[np.concatenate(rows)].astype(np.float64)
        self.finite = np.isfinite(poses).all(axis=(1, 2))
        poses[~self.finite] = 0
        self.poses = poses
        self.present = (poses != 0).any(axis=(1, 2))
        self._starts = np.cumsum(track_length) - track_length
        bodies = store.bodies[sequences]
        self._first_tracks = np.cumsum(bodies) - bodies
        self.at_zero = self._joints_at_zero()

    def per_track(self, values: NDArray[np.generic], reduction: np.ufunc = np.add) -> Array:
        """Reduce values (n, ...) of poses to values of tracks."""
        reduced: Array = reduction.reduceat(values.astype(np.float64), self._starts, axis=0)
        return reduced

    def per_sequence(self, values: Array, reduction: np.ufunc = np.add) -> Array:
        """Reduce values of tracks to values of sequences."""
        reduced: Array = reduction.reduceat(values, self._first_tracks, axis=0)
        return reduced

    def _joints_at_zero(self) -> NDArray[np.bool_]:
        at_zero = self._recorded_at_zero() | self._stored_as_zero()
        at_zero &= self.present[:, None]
        return at_zero

    def _stored_as_zero(self) -> NDArray[np.bool_]:
        """Return joints stored as zero: undetected ones, except in stores of the command `ntu`."""
        zero: NDArray[np.bool_] = (self.poses == 0).all(axis=2)
        origin = self._store.provenance.get("rules", {}).get("origin", ())
        if not origin:
            zero[:] = False
        elif len(origin) == 1:  # the joint that is the origin is always zero
            zero[:, self._store.joint_names.index(origin[0])] = False
        return zero

    def _recorded_at_zero(self) -> NDArray[np.bool_]:
        """Return joints at the stored position of the recorded coordinates 0 0 0."""
        store = self._store
        zero = -store.origin
        if store.rotation is not None:
            zero = np.einsum("nij,nj->ni", store.rotation, zero)
        zero = zero / store.scale[:, None]
        distance = np.abs(self.poses - zero[self.owner][:, None])
        tolerance = (_ZERO_TOLERANCE / store.scale)[self.owner][:, None]
        at_zero: NDArray[np.bool_] = distance.max(axis=2) < tolerance
        return at_zero

    def bones(self) -> tuple[Array, Array]:
        """Return mean bone length and median relative standard deviation of every track."""
        parents = self._store.joint_parents
        bones = np.flatnonzero(parents != np.arange(len(parents)))
        lengths = np.linalg.norm(self.poses[:, bones] - self.poses[:, parents[bones]], axis=2)
        known = ~(self.at_zero[:, bones] | self.at_zero[:, parents[bones]]) & self.present[:, None]
        lengths = np.where(known, lengths, 0)
        number = np.maximum(self.per_track(known), 1)
        mean = self.per_track(lengths) / number
        variance = np.maximum(self.per_track(lengths**2) / number - mean**2, 0)
        relative = np.sqrt(variance) / np.where(mean > 0, mean, np.inf)
        return mean.mean(axis=1), np.median(relative, axis=1)

    def boxes(self) -> tuple[Array, Array, Array]:
        """Return width, height and diagonal (n,) of the bounding boxes, in the recorded axes."""
        poses = self.poses
        if self._store.rotation is not None:
            poses = poses @ self._store.rotation[self.owner]
        hidden = self.at_zero[:, :, None]
        size = np.where(hidden, -np.inf, poses).max(axis=1) - np.where(hidden, np.inf, poses).min(
            axis=1
        )
        size = np.where(self.present[:, None] & np.isfinite(size), size, 0)
        return size[:, 0], size[:, 1], np.linalg.norm(size, axis=1)

    def jumps(self, size: Array) -> Array:
        """Return the largest displacement between frames of every track, relative to its size."""
        steps = np.median(np.linalg.norm(np.diff(self.poses, axis=0), axis=2), axis=1)
        steps[~(self.present[1:] & self.present[:-1])] = 0
        steps = np.concatenate([[0.0], steps])
        steps[self._starts] = 0  # the previous pose is of another track
        largest = self.per_track(steps, np.maximum)
        return largest / np.where(size > 0, size, np.inf)
