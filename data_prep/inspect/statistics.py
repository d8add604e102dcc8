"""Measuring every sequence of a store, in blocks that fit into little memory."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from action_rec.store.reader import Store

Array = NDArray[np.float64]

_POSES_AT_ONCE = 1 << 14
_AT_ZERO = 1e-5  # float32 puts a joint recorded at 0 0 0 no farther away, in metres


@dataclass(frozen=True)
class Measures:
    """One value per sequence, (N,) each.

    Attributes:
        finite: Whether all numbers are.
        absent: Share of frames from which a body is absent, over all its bodies.
        unseen_bodies: Bodies that are absent from all frames.
        zero_joints: Share of the joints of present bodies that are recorded at zero, as sensors and
            pose estimators write those that they do not see.
        bone_length: Mean length of the bones, in the recorded unit.
        bone_variation: Standard deviation of a bone's length over its mean: the median over the
            bones of the body where that is largest.
        jump: Largest step between two stored frames, the median over the joints of a body, in
            diagonals of the box around that body.
        wide: Share of frames in which a body is wider than 0.8 times its height, as a ghost is.
        checksum: Of the poses.
    """

    finite: NDArray[np.bool_]
    absent: Array
    unseen_bodies: NDArray[np.int64]
    zero_joints: Array
    bone_length: Array
    bone_variation: Array
    jump: Array
    wide: Array
    checksum: NDArray[np.int64]


def measure(
    store: Store, advance: Callable[[int, int], None] = lambda size, items: None
) -> Measures:
    """Measure all sequences; all poses are read once.

    Args:
        store: The store.
        advance: Called after each block with its bytes and its number of sequences.
    """
    blocks = []
    pose_bytes = store.poses[0].nbytes
    for first, last in _blocks(store):
        blocks.append(_measure_block(store, np.arange(first, last)))
        poses = int((store.length * store.bodies)[first:last].sum())
        advance(poses * pose_bytes, last - first)
    return Measures(
        *(np.concatenate([getattr(b, field.name) for b in blocks]) for field in fields(Measures))
    )


def _blocks(store: Store) -> Iterator[tuple[int, int]]:
    """First and last sequence (exclusive) of blocks of about as many poses."""
    ends = np.cumsum(store.length * store.bodies)
    first = 0
    while first < len(ends):
        before = ends[first - 1] if first else 0
        last = int(np.searchsorted(ends, before + _POSES_AT_ONCE, side="right"))
        last = max(last, first + 1)
        yield first, last
        first = last


def _measure_block(store: Store, sequences: NDArray[np.int64]) -> Measures:
    track = _Tracks(store, sequences)
    bones, variation = track.bones()
    width, height, diagonal = track.boxes()
    seen = track.per_track(track.present)
    lengths = track.per_track(np.ones(len(track.present)))
    wide = track.per_track(track.present & (width > 0.8 * height))
    size = track.per_track(diagonal) / np.maximum(seen, 1)
    joints = track.per_track(track.present * len(store.joint_names))
    return Measures(
        finite=track.per_sequence(track.per_track(~track.finite)) == 0,
        absent=1 - track.per_sequence(seen) / track.per_sequence(lengths),
        unseen_bodies=track.per_sequence((seen == 0).astype(float)).astype(np.int64),
        zero_joints=track.per_sequence(track.per_track(track.at_zero.sum(axis=1)))
        / np.maximum(track.per_sequence(joints), 1),
        bone_length=track.per_sequence(bones, np.maximum) * store.scale[sequences],
        bone_variation=track.per_sequence(variation, np.maximum),
        jump=track.per_sequence(track.jumps(size), np.maximum),
        wide=track.per_sequence(wide) / np.maximum(track.per_sequence(seen), 1),
        checksum=np.array([crc32(store.sequence(index).data) for index in sequences]),
    )


class _Tracks:
    """The poses of a block of sequences, body after body: a *track* is one body over all frames.

    Attributes:
        poses: (n, V, C), track after track, within a track frame after frame.
        present: (n,) whether there is a body at all.
        finite: (n,)
        at_zero: (n, V) joints of present bodies that were recorded at zero.
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

    def per_track(self, values: NDArray[np.generic], how: np.ufunc = np.add) -> Array:
        """Reduce values (n, ...) of poses to those of tracks."""
        reduced: Array = how.reduceat(values.astype(np.float64), self._starts, axis=0)
        return reduced

    def per_sequence(self, values: Array, how: np.ufunc = np.add) -> Array:
        """Reduce values of tracks to those of sequences."""
        reduced: Array = how.reduceat(values, self._first_tracks)
        return reduced

    def _joints_at_zero(self) -> NDArray[np.bool_]:
        at_zero = self._recorded_at_zero() | self._stored_as_zero()
        at_zero &= self.present[:, None]
        return at_zero

    def _stored_as_zero(self) -> NDArray[np.bool_]:
        """Joints that were not detected: all commands but `ntu` store them as zero."""
        zero: NDArray[np.bool_] = (self.poses == 0).all(axis=2)
        origin = self._store.provenance.get("rules", {}).get("origin", ())
        if not origin:
            zero[:] = False
        elif len(origin) == 1:  # a joint that is the origin is zero where it is seen
            zero[:, self._store.joint_names.index(origin[0])] = False
        return zero

    def _recorded_at_zero(self) -> NDArray[np.bool_]:
        store = self._store
        zero = -store.origin
        if store.rotation is not None:
            zero = np.einsum("nij,nj->ni", store.rotation, zero)
        zero = zero / store.scale[:, None]
        apart = np.abs(self.poses - zero[self.owner][:, None])
        tolerance = (_AT_ZERO / store.scale)[self.owner][:, None]
        at_zero: NDArray[np.bool_] = apart.max(axis=2) < tolerance
        return at_zero

    def bones(self) -> tuple[Array, Array]:
        """Mean length of the bones of every track, and the median of how much a bone varies."""
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
        """Width, height and diagonal (n,) of the box around the known joints, axes as recorded."""
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
        """The largest step of every track, over its size."""
        steps = np.median(np.linalg.norm(np.diff(self.poses, axis=0), axis=2), axis=1)
        steps[~(self.present[1:] & self.present[:-1])] = 0
        steps = np.concatenate([[0.0], steps])
        steps[self._starts] = 0  # from the end of another track
        largest = self.per_track(steps, np.maximum)
        return largest / np.where(size > 0, size, np.inf)
