"""What pictures of skeletons have in common: bones, their sides and colours, and the view."""

from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from action_rec.drawing.flat_view import sides_of
from action_rec.store.sequences import Sequences

# On a light and on a dark ground, in the order of MIDDLE, LEFT and RIGHT; then that of bodies that
# the people rules dropped. At least 3 to 1 against the ground (WCAG 2.1, 1.4.11).
COLOURS = {
    "middle": ("#5b6570", "#a3adb8"),
    "left": ("#1a5fb4", "#8ab8f0"),
    "right": ("#b5490b", "#f0a66e"),
    "dropped": ("#a3195b", "#f08ab8"),
}
LIGHT = tuple(light for light, _ in COLOURS.values())
FURTHER_BODIES = 0.55  # opacity of all bodies but the first

_MARGIN = 1.1


class Bones(NamedTuple):
    """The bones of a skeleton.

    Attributes:
        joints: (B, 2) each joint that has a parent, and the parent.
        side: (B,) MIDDLE, LEFT or RIGHT, that of the joint.
        names: The names of the three sides.
    """

    joints: NDArray[np.int64]
    side: NDArray[np.int64]
    names: tuple[str, str, str]

    @classmethod
    def of(cls, sequences: Sequences) -> Self:
        """The bones of the joints of some sequences."""
        sides = sides_of(sequences)
        parents = sequences.joint_parents
        joints = np.stack([np.arange(len(parents)), parents], axis=1)
        joints = joints[joints[:, 0] != joints[:, 1]]
        return cls(joints, sides.side[joints[:, 0]], ("middle", *sides.names))


class Window(NamedTuple):
    """The part of the plane that a picture shows: its middle (2,) and half of its size (2,)."""

    middle: NDArray[np.float64]
    half: NDArray[np.float64]


def window(places: NDArray[np.float64], shape: tuple[float, float] = (1.0, 1.0)) -> Window:
    """Return the window that fits joints in all frames, with equal units in both directions.

    Args:
        places: (..., 2) from `flat_view`; NaN for a joint that was not detected.
        shape: Width and height of the picture, in any unit.
    """
    seen = places[np.isfinite(places).all(axis=-1)]
    low, high = (seen.min(axis=0), seen.max(axis=0)) if len(seen) else (-np.ones(2), np.ones(2))
    box = np.array(shape)
    half = max(float(((high - low) / box).max()), 1e-6) * box * _MARGIN / 2
    return Window((low + high) / 2, half)
