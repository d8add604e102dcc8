"""The preparation of any other coordinates: drop what is empty, center the first body, scale."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from action_rec.errors import InputError
from action_rec.skeletons.joint_sets import JointSet
from action_rec.skeletons.preparation import PreparedSequence, counted

Missing = Literal["reject", "zero"]
Scaling = Literal["auto", "none", "body"]

_MAX_COORDINATE = 1e30  # it fits into float32, and its square into float64


@dataclass(frozen=True)
class CoordinatePreparation:
    """Drops empty frames and bodies and moves the first body into the origin.

    A joint whose coordinates are all zero was not detected, as pose estimators write it, and stays
    zero. A body is absent from a frame if all its joints are zero or not a number.

    Attributes:
        joint_set: The joints; the mean of its `centre` becomes the origin.
        missing: What to do if single joints of a body are not a number: ``reject`` the recording,
            or treat them as not detected (``zero``).
        scaling: Whether to divide by the size of the body: ``none``, ``body``, or ``auto`` for
            two-dimensional coordinates, whose size depends on the distance to the camera.
    """

    joint_set: JointSet
    missing: Missing = "reject"
    scaling: Scaling = "auto"

    def description(self) -> dict[str, Any]:
        """The rules and their parameters."""
        centre = [self.joint_set.joints[joint] for joint in self.joint_set.centre]
        rules = {"origin": centre, "missing": self.missing, "scaling": self.scaling}
        return {"rules": {"name": "as recorded", **rules}}

    def prepare(self, recorded: NDArray[np.float64]) -> PreparedSequence:
        """Prepare a recording.

        Args:
            recorded: (T, M, V, C) coordinates in any unit; zero or not a number if absent.

        Raises:
            InputError: V or C is wrong, there is nobody, a joint is not a number, or a coordinate
                is too large.
        """
        _check_shape(recorded.shape, self.joint_set)
        finite: NDArray[np.bool_] = np.all(np.isfinite(recorded), axis=-1)
        detected: NDArray[np.bool_] = finite & np.any(recorded != 0, axis=-1)
        present: NDArray[np.bool_] = np.any(detected, axis=-1)
        frames, bodies = present.any(axis=1), present.any(axis=0)
        if not frames.any():
            raise InputError("nobody is in it: no joint has coordinates other than zero")
        _check_range(recorded[detected])
        if self.missing == "reject":
            _check_finite(finite | ~present[..., None], self.joint_set)
        poses, detected = recorded[frames][:, bodies], detected[frames][:, bodies]
        origin = _center(poses[:, 0], detected[:, 0], list(self.joint_set.centre))
        scale = _body_size(poses, detected) if self._scales(recorded.shape[-1]) else None
        centered = np.where(detected[..., None], (poses - origin) / (scale or 1.0), 0)
        _check_range(centered)
        missing = int((~detected & present[frames][:, bodies, None]).sum())
        notes = {
            f"{counted(int((~frames).sum()), 'frame')} without anybody dropped": not frames.all(),
            f"{counted(int((~bodies).sum()), 'slot')} without a body dropped": not bodies.all(),
            f"{counted(missing, 'joint')} not detected": missing > 0,
        }
        return PreparedSequence(
            poses=centered.astype(np.float32),
            origin=origin,
            recorded_frames=len(recorded),
            decision="; ".join(note for note, applies in notes.items() if applies),
            scale=scale,
        )

    def _scales(self, num_coordinates: int) -> bool:
        return self.scaling == "body" or (self.scaling == "auto" and num_coordinates == 2)


def _check_shape(shape: tuple[int, ...], joint_set: JointSet) -> None:
    joints, coordinates = shape[2:]
    if joints != len(joint_set.joints):
        raise InputError(
            f"it has {joints} joints, but joint set '{joint_set.name}' has "
            f"{len(joint_set.joints)}; name the joint set that it was recorded with"
        )
    if coordinates not in (2, 3):
        raise InputError(f"it has {coordinates} coordinates per joint; 2 or 3 are needed")


def _check_range(coordinates: NDArray[np.float64]) -> None:
    if np.abs(coordinates).max() > _MAX_COORDINATE:
        raise InputError("a coordinate is too large for a 32-bit number; check its unit")


def _check_finite(finite: NDArray[np.bool_], joint_set: JointSet) -> None:
    if not finite.all():
        frame, body, joint = np.argwhere(~finite)[0]
        raise InputError(
            f"joint '{joint_set.joints[joint]}' of body {body} in frame {frame} (both from 0) is "
            f"not a number, as are {(~finite).sum() - 1} more; correct them, or treat them as not "
            "detected with --missing zero"
        )


def _center(
    body: NDArray[np.float64], detected: NDArray[np.bool_], centre: list[int]
) -> NDArray[np.float64]:
    """The mean of the `centre` joints of a body (T, V, C) in the first frame that has them all.

    Without such a frame, the mean of the joints that are detected in the first frame with any.
    """
    whole = detected[:, centre].all(axis=1)
    if whole.any():
        center: NDArray[np.float64] = body[whole.argmax(), centre].mean(axis=0)
        return center
    first = detected.any(axis=1).argmax()
    return np.asarray(body[first, detected[first]].mean(axis=0))


def _body_size(poses: NDArray[np.float64], detected: NDArray[np.bool_]) -> float:
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
            "all its joints are in one place, so the body has no size; use --scaling none"
        )
    return size
