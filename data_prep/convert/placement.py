"""Bringing anyone's poses into the form of the store: absent is zero, the body in the middle."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from action_rec.errors import InputError
from action_rec.skeletons.joint_sets import JointSet
from action_rec.skeletons.people import counted

Missing = Literal["reject", "zero"]
Scaling = Literal["auto", "none", "body"]

_LARGEST = 1e30  # of a coordinate: it fits into float32, and its square into float64


@dataclass(frozen=True)
class PlacementRules:
    """How poses are placed.

    A joint whose coordinates are all zero was not detected, as pose estimators write it, and stays
    zero. So is a body absent from a frame when all its joints are zero or not a number.

    Attributes:
        joint_set: The joints; the mean of its `centre` becomes the origin.
        missing: What to do where single joints of a body are not a number: ``reject`` the
            recording, or take them for not detected (``zero``).
        scaling: Whether to divide by the size of the body: ``none``, ``body``, or ``auto`` for
            two-dimensional coordinates, whose size follows from the distance to the camera.
    """

    joint_set: JointSet
    missing: Missing = "reject"
    scaling: Scaling = "auto"

    def described(self) -> dict[str, Any]:
        """The rules and their parameters, as JSON."""
        centre = [self.joint_set.joints[joint] for joint in self.joint_set.centre]
        return {
            "name": "as recorded",
            "origin": centre,
            "missing": self.missing,
            "scaling": self.scaling,
        }

    def scales(self, num_coordinates: int) -> bool:
        """Whether coordinates of so many dimensions are divided by the size of the body."""
        return self.scaling == "body" or (self.scaling == "auto" and num_coordinates == 2)


@dataclass(frozen=True)
class PlacedPoses:
    """Poses as a store holds them.

    Attributes:
        poses: (T, M, V, C); times `scale`, plus `origin`, they are the recorded coordinates.
        origin: (C,) the middle of the first body where it is first seen.
        scale: The size of the body, or 1.
        num_frames: Frames of the recording.
        decision: What was left out; empty where nothing was.
    """

    poses: NDArray[np.float32]
    origin: NDArray[np.float64]
    scale: float
    num_frames: int
    decision: str


def place(recorded: NDArray[np.float64], rules: PlacementRules) -> PlacedPoses:
    """Leave out empty frames and bodies, and move the first body into the origin.

    Args:
        recorded: (T, M, V, C) coordinates in any unit; zero or not a number where there is none.
        rules: How to do it.

    Raises:
        InputError: There is nobody, a joint is not a number, or a coordinate is too large.
    """
    finite: NDArray[np.bool_] = np.all(np.isfinite(recorded), axis=-1)
    detected: NDArray[np.bool_] = finite & np.any(recorded != 0, axis=-1)
    present: NDArray[np.bool_] = np.any(detected, axis=-1)
    frames, bodies = present.any(axis=1), present.any(axis=0)
    if not frames.any():
        raise InputError("nobody is in it: no joint has coordinates other than zero")
    _check_size(recorded[detected])
    if rules.missing == "reject":
        _check_numbers(~finite & present[..., None], rules.joint_set)
    poses, detected = recorded[frames][:, bodies], detected[frames][:, bodies]
    origin = _middle(poses[:, 0], detected[:, 0], list(rules.joint_set.centre))
    scale = _size(poses, detected) if rules.scales(recorded.shape[-1]) else 1.0
    placed = np.where(detected[..., None], (poses - origin) / scale, 0)
    _check_size(placed)
    missing = int((~detected & present[frames][:, bodies, None]).sum())
    notes = {
        f"{counted(int((~frames).sum()), 'frame')} without anybody dropped": not frames.all(),
        f"{counted(int((~bodies).sum()), 'slot')} without a body dropped": not bodies.all(),
        f"{counted(missing, 'joint')} not detected": missing > 0,
    }
    decision = "; ".join(note for note, applies in notes.items() if applies)
    return PlacedPoses(placed.astype(np.float32), origin, scale, len(recorded), decision)


def _check_size(coordinates: NDArray[np.float64]) -> None:
    if np.abs(coordinates).max() > _LARGEST:
        raise InputError("a coordinate is too large for a 32-bit number; check its unit")


def _check_numbers(missing: NDArray[np.bool_], joint_set: JointSet) -> None:
    if missing.any():
        frame, body, joint = np.argwhere(missing)[0]
        raise InputError(
            f"joint '{joint_set.joints[joint]}' of body {body} in frame {frame} (both from 0) is "
            f"not a number, as are {missing.sum() - 1} more; correct them, or take them for not "
            "detected with --missing zero"
        )


def _middle(
    body: NDArray[np.float64], detected: NDArray[np.bool_], centre: list[int]
) -> NDArray[np.float64]:
    """The centre of a body (T, V, C) in the first frame that has it, else of what there is."""
    whole = detected[:, centre].all(axis=1)
    if whole.any():
        middle: NDArray[np.float64] = body[whole.argmax(), centre].mean(axis=0)
        return middle
    first = detected.any(axis=1).argmax()
    return np.asarray(body[first, detected[first]].mean(axis=0))


def _size(poses: NDArray[np.float64], detected: NDArray[np.bool_]) -> float:
    """The median over all poses of the root mean square distance of joints to their centroid.

    Dryden and Mardia, "Statistical Shape Analysis", Wiley 2016: the centroid size, per joint.
    """
    weight = detected[..., None] / np.maximum(detected.sum(axis=-1), 1)[..., None, None]
    known = np.where(detected[..., None], poses, 0)
    centroid = (known * weight).sum(axis=-2, keepdims=True)
    sizes = np.sqrt((((known - centroid) ** 2) * weight).sum(axis=(-2, -1)))
    size = float(np.median(sizes[detected.sum(axis=-1) > 1] if (sizes > 0).any() else 0.0))
    if not size > 0:
        raise InputError(
            "its joints all lie in one place, so that the body has no size; use --scaling none"
        )
    return size
