"""Units of length, and the size of the bodies in a store."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from action_rec.errors import InputError
from action_rec.store.reader import Store
from action_rec.store.sequences import Sequences

Unit = Literal["metre", "centimetre", "millimetre"]

_METRES = {"metre": 1.0, "centimetre": 0.01, "millimetre": 0.001}
_UNKNOWN = "unspecified"
LARGEST_FACTOR = 3.0  # between the bodies of two stores: a child is half as large as an adult
_SEQUENCES, _FRAMES = 200, 20  # that are measured


def match_units(store: Store, unit: str | None, body_size: float | None) -> None:
    """Convert a store to the unit of a checkpoint's training data, and compare the bodies.

    Args:
        store: What the network is to see; it is converted in place.
        unit: Of the training data; None if the checkpoint does not say, as those of version 0.1.0.
        body_size: Median size of the bodies of the training data, in that unit; None if unknown.

    Raises:
        InputError: The unit cannot be converted, or the bodies differ by more than a factor of 3.
    """
    if unit is None:
        return
    if store.unit != unit and _UNKNOWN not in (store.unit, unit):
        store.convert(
            unit, unit_factor(store.unit, unit, f"store '{store.path}'", "the checkpoint")
        )
    if body_size:
        check_body_size(store, store.unit, body_size, f"store '{store.path}'")


def unit_factor(unit: str, needed: str, what: str, trained: str) -> float:
    """Return what coordinates in a unit are multiplied by to give them in another one.

    Args:
        unit: Their unit.
        needed: The unit of a network's training data.
        what: What is in the unit, for the message.
        trained: What was trained, for the message.

    Raises:
        InputError: One cannot be converted to the other.
    """
    if unit == needed:
        return 1.0
    if unit not in _METRES or needed not in _METRES:
        raise InputError(
            f"{what} is in unit '{unit}', but {trained} was trained on unit '{needed}', and one "
            f"cannot be converted to the other; use data in unit '{needed}'"
        )
    return _METRES[unit] / _METRES[needed]


def check_body_size(sequences: Sequences, unit: str, body_size: float, what: str) -> None:
    """Compare the bodies of sequences with those of a checkpoint's training data.

    Args:
        sequences: What the network is to see.
        unit: Unit of the training data.
        body_size: Median size of the bodies of the training data, in that unit.
        what: The sequences, for the message.

    Raises:
        InputError: The bodies differ by more than a factor of 3.
    """
    size = median_body_size(sequences)
    if size is None:
        return
    if not 1 / LARGEST_FACTOR <= size / body_size <= LARGEST_FACTOR:
        raise InputError(
            f"{what} has bodies of a median size of {size:.3g} {unit}, but the "
            f"checkpoint was trained on {body_size:.3g} {unit}, a factor of "
            f"{max(size / body_size, body_size / size):.3g}; correct its unit or its coordinates"
        )


def median_body_size(store: Sequences, sequences: NDArray[np.int64] | None = None) -> float | None:
    """Return the median size of the bodies of a store.

    The size of a body in a frame is the root mean square distance of its joints from their
    centroid. Joints and bodies at the origin are not detected and left out.

    Args:
        store: The store, or other sequences.
        sequences: Indices of the sequences to measure, (N,), of which an even selection is taken;
            None for all.

    Returns:
        The size in the store's unit, or None if there is no body.
    """
    chosen = np.arange(len(store.names)) if sequences is None else sequences
    sizes = [
        _size(store.sequence(index))
        for index in chosen[
            np.linspace(0, len(chosen) - 1, min(len(chosen), _SEQUENCES)).astype(int)
        ]
    ]
    found = [size for size in sizes if np.isfinite(size) and size > 0]  # else all joints at a point
    return float(np.median(found)) * store.factor if found else None


def _size(poses: NDArray[np.float32]) -> float:
    """The median size of the bodies of a sequence (T, M, V, C); NaN if there is none."""
    step = max(1, len(poses) // _FRAMES)
    bodies = poses[::step].reshape(-1, *poses.shape[2:]).astype(np.float64)
    detected: NDArray[np.bool_] = np.logical_and(
        bodies.any(axis=2), np.isfinite(bodies).all(axis=2)
    )
    present = detected.sum(axis=1) > 1
    bodies, detected = bodies[present], detected[present]
    if len(bodies) == 0:
        return float("nan")
    joints = np.where(detected[..., None], bodies, 0)
    count = detected.sum(axis=1)[:, None]
    centre = joints.sum(axis=1) / count
    squares = ((joints - centre[:, None]) ** 2).sum(axis=2) * detected
    return float(np.median(np.sqrt(squares.sum(axis=1) / count[:, 0])))
