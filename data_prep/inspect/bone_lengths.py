"""Test of a joint set: bones keep their length when a body moves, other pairs of joints do not."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from action_rec.skeletons.joint_sets import NAMES, load_joint_set
from action_rec.store.reader import Store

Array = NDArray[np.float64]

_SEQUENCES, _FRAMES = 100, 100  # that are measured
# A set fits if the variation of its bones is below this share of that of all pairs of joints. In 2D
# the length of a bone also depends on its direction.
_FITS = {2: 0.95, 3: 0.8}
_BETTER = 0.8  # another set fits better if the variation of its bones is below this share
_STILL = 1e-4  # of the size of a body: less is the noise of the sensor


@dataclass(frozen=True)
class BoneFit:
    """How constant the bones of a store are.

    The variation of pairs of joints is the standard deviation over time of their distance, relative
    to that of the vector between them: 0 for a rigid bone that turns, about 0.58 in 3D for two
    joints that move independently.

    Attributes:
        variation: Variation of the bones.
        permuted: Variation of all pairs of joints, as of the bones of a set in a random order.
        fits: Whether the bones are more constant than other pairs and than those of known sets.
        better: A known joint set of as many joints whose bones are clearly more constant.
        better_variation: The variation of its bones.
    """

    variation: float
    permuted: float
    fits: bool
    better: str | None = None
    better_variation: float = 0.0

    def describe(self) -> str:
        """Return a sentence on bones that are not constant."""
        text = (
            f"variation {self.variation:.2f} of the bone lengths, {self.permuted:.2f} if the "
            "joints are permuted"
        )
        if self.better is None:
            return f"{text}: the joints seem to be in another order than their set says"
        return f"{text}, {self.better_variation:.2f} with the joint set {self.better}, which fits"


def fit_bones(store: Store) -> BoneFit | None:
    """Compare the bones of a store with other pairs of its joints, and with known joint sets.

    Returns:
        The comparison, or None if no body moves enough for one.
    """
    sums = _sum_variances(store)
    parents = store.joint_parents
    every = np.triu_indices(len(parents), 1)
    own, permuted = _variation(sums, _bones(parents)), _variation(sums, every)
    if own is None or permuted is None:
        return None
    better: str | None = None
    least = own
    for name in NAMES:
        known = np.array(load_joint_set(name).parents)
        if len(known) == len(parents) and not np.array_equal(known, parents):
            other = _variation(sums, _bones(known))
            if other is not None and other < min(least, _BETTER * own):
                better, least = name, other
    fits = better is None and own <= _FITS[store.poses.shape[2]] * permuted
    return BoneFit(own, permuted, fits, better, least)


def _bones(parents: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    joints = np.flatnonzero(parents != np.arange(len(parents)))
    return joints, parents[joints]


def _variation(
    sums: tuple[Array, Array], pairs: tuple[NDArray[np.int64], NDArray[np.int64]]
) -> float | None:
    of_distance, of_vector = (one[pairs].sum() for one in sums)
    return float(np.sqrt(of_distance / of_vector)) if of_vector > 0 else None


def _sum_variances(store: Store) -> tuple[Array, Array]:
    """Return the variances of the distance and of the vector between each two joints, (V, V).

    They are summed over the bodies of an even selection of sequences, relative to their size.
    """
    joints = len(store.joint_parents)
    distances, vectors = np.zeros((joints, joints)), np.zeros((joints, joints))
    count = min(len(store.names), _SEQUENCES)
    for index in np.linspace(0, len(store.names) - 1, count).astype(int).tolist():
        for poses in np.moveaxis(store.sequence(index), 1, 0):
            of_distance, of_vector = _of_track(poses)
            distances += of_distance
            vectors += of_vector
    return distances, vectors


def _of_track(poses: NDArray[np.float32]) -> tuple[Array, Array]:
    """Return the variances (V, V) of one body (T, V, C); 0 for joints that are not detected."""
    poses = poses[:: max(1, len(poses) // _FRAMES)].astype(np.float64)
    poses = poses[np.isfinite(poses).all(axis=(1, 2)) & poses.any(axis=(1, 2))]
    joints = poses.shape[1]
    if len(poses) < 3:
        return np.zeros((joints, joints)), np.zeros((joints, joints))
    detected = poses.any(axis=2).all(axis=0)
    # The joint that is the origin is at zero in every frame, or in the first one only.
    detected |= ~poses.any(axis=2).any(axis=0) & (np.count_nonzero(~detected) == 1)
    size = float(np.sqrt(poses.var(axis=1).sum(axis=1).mean())) or 1.0
    between = (poses[:, :, None] - poses[:, None, :]) / size
    of_vector = between.var(axis=0).sum(axis=2)
    used = detected[:, None] & detected[None, :] & (of_vector > _STILL**2)
    of_distance = np.linalg.norm(between, axis=3).var(axis=0)
    return np.where(used, of_distance, 0), np.where(used, of_vector, 0)
