"""Raw coordinates of single frames, checked and in the unit that a network was trained on."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from action_rec.errors import InputError
from action_rec.live.engine import Array, StepEngine
from action_rec.live.streams import BodyId
from action_rec.store.units import LARGEST_FACTOR, unit_factor

_LARGEST = 1e9  # of a coordinate: states that it enters stay finite


class RawFrames:
    """Checks the joints of people and converts them to what a network was trained on.

    Args:
        engine: The network.
        unit: Unit of the raw coordinates: ``metre``, ``centimetre`` or ``millimetre``; None for
            that of the training data.

    Raises:
        InputError: The unit cannot be converted.
    """

    def __init__(self, engine: StepEngine, unit: str | None = None) -> None:
        self.engine = engine
        _, self.joints, self.coordinates = engine.frame_shape
        self.factor = 1.0
        # Coordinates in 2D are divided by the size of the body, whatever their unit.
        if unit is not None and self.coordinates == 3:
            self.factor = unit_factor(unit, engine.unit, "the stream", "the network")
        self.zeroes_missing = engine.rules.get("missing") == "zero"

    def frame(self, frame: ArrayLike) -> Array:
        """Check one frame of all people, or of one.

        Args:
            frame: (M, V, C), or (V, C) of one person; zero or not a number for who is absent.

        Returns:
            (M, V, C) in the unit of the training data.

        Raises:
            InputError: Number of bodies, joints or coordinates are others, or a joint is not a
                number, too large, or of a body that cannot be.
        """
        given = as_numbers(frame)
        most = self.engine.frame_shape[0]
        people = given[None] if given.ndim == 2 else given
        if people.ndim == 3 and len(people) > most:
            raise InputError(
                f"the frame has {len(people)} bodies, but the network was trained on {most}; give "
                "one person, or follow several by action_rec.live.LiveBodies"
            )
        checked, problems = self._check(people)
        for problem in problems.values():
            raise InputError(problem)
        whole = np.zeros(self.engine.frame_shape, np.float32)
        whole[: len(checked)] = checked
        return whole

    def bodies(
        self, bodies: Mapping[BodyId, ArrayLike]
    ) -> tuple[dict[BodyId, Array], dict[BodyId, str]]:
        """Check each of several people.

        Args:
            bodies: (V, C) joints by the id of the body.

        Returns:
            The joints (V, C) of those who are there, and what is wrong with others.
        """
        good: dict[BodyId, NDArray[np.float64]] = {}
        problems: dict[BodyId, str] = {}
        for name, joints in bodies.items():
            try:
                good[name] = as_numbers(joints)
                self._check_shape(good[name].shape)
            except InputError as error:
                problems[name] = str(error)
                good.pop(name, None)
        if not good:
            return {}, problems
        checked, wrong = self._check(np.stack(list(good.values())))
        names = list(good)
        problems |= {names[row]: problem for row, problem in wrong.items()}
        there: NDArray[np.bool_] = np.any(checked != 0, axis=(1, 2))
        return {
            name: checked[row] for row, name in enumerate(names) if there[row] and row not in wrong
        }, problems

    def _check_shape(self, shape: tuple[int, ...]) -> None:
        if shape != (self.joints, self.coordinates):
            raise InputError(
                f"a body has joints of shape {shape}, but the network was trained on "
                f"{self.joints} joints of '{self.engine.joint_set}' with {self.coordinates} "
                f"coordinates, ({self.joints}, {self.coordinates}); give these"
            )

    def _check(self, people: NDArray[np.float64]) -> tuple[Array, dict[int, str]]:
        """The joints (N, V, C) of people (N, V, C), and what is wrong, by row."""
        self._check_shape(people.shape[1:])
        finite: NDArray[np.bool_] = np.all(np.isfinite(people), axis=2)
        detected: NDArray[np.bool_] = finite & np.any(people != 0, axis=2)
        with np.errstate(over="ignore"):  # found below
            joints = np.where(detected[..., None], people, 0) * self.factor
        problems = {}
        if not finite.all() and not self.zeroes_missing:
            broken = ~finite & np.any(detected, axis=1, keepdims=True)
            for row, joint in np.argwhere(broken)[::-1]:
                problems[int(row)] = (
                    f"joint '{self.engine.joint_names[joint]}' is not a number; give 0 for all "
                    "coordinates of a joint that was not detected"
                )
        for row in np.flatnonzero(np.abs(joints).max(axis=(1, 2)) > _LARGEST):
            problems[int(row)] = (
                f"a coordinate is {np.abs(joints[row]).max():.3g}, more than any camera sees; "
                "check the unit"
            )
            joints[row] = 0
        return joints.astype(np.float32), self._check_sizes(joints, detected) | problems

    def _check_sizes(
        self, joints: NDArray[np.float64], detected: NDArray[np.bool_]
    ) -> dict[int, str]:
        """Bodies whose size differs from those of training as it does in another unit."""
        usual = self.engine.body_size
        if not usual or self.coordinates == 2:
            return {}
        number = detected.sum(axis=1)
        centre = joints.sum(axis=1) / np.maximum(number, 1)[:, None]
        squares = ((joints - centre[:, None]) ** 2).sum(axis=2) * detected
        ratio = np.sqrt(squares.sum(axis=1) / np.maximum(number, 1)) / usual
        # A body of which little was detected may be small.
        wrong = (ratio > LARGEST_FACTOR) | (
            (ratio < 1 / LARGEST_FACTOR) & (2 * number > self.joints)
        )
        return {
            int(row): (
                f"a body has the size {ratio[row] * usual:.3g} {self.engine.unit}, but those of "
                f"the training data {usual:.3g} {self.engine.unit}; correct its coordinates, or "
                "name their unit with unit (--unit): metre, centimetre or millimetre"
            )
            for row in np.flatnonzero(wrong & (number > 1))
        }


def as_numbers(value: ArrayLike) -> NDArray[np.float64]:
    """Convert to an array of numbers.

    Raises:
        InputError: It is none.
    """
    try:
        return np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        raise InputError(
            f"joints are {value!r:.60}, where a list of numbers for each joint is needed"
        ) from None
