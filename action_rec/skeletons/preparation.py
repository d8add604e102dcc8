"""The interface between a recording and a sequence: what is prepared, and what prepares it."""

from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from action_rec.skeletons.joint_sets import JointSet

Recorded_contra = TypeVar("Recorded_contra", contravariant=True)


@dataclass(frozen=True)
class PreparedSequence:
    """A recording in the form in which a store holds it and a network is shown it.

    Attributes:
        poses: (T, M, V, C) coordinates; an absent body or joint is all zeros. Frames without any
            body are left out.
        origin: (C,) what was subtracted from every joint first, in the unit of the recording.
        recorded_frames: Frames of the recording, including those that were left out.
        decision: What was kept, joined or dropped; empty where there was nothing to decide.
        rotation: (C, C) what rotated the joints after that, a matrix for column vectors; None if
            the preparation does not rotate.
        scale: What the coordinates were divided by last; None if the preparation does not scale.
    """

    poses: NDArray[np.float32]
    origin: NDArray[np.float64]
    recorded_frames: int
    decision: str
    rotation: NDArray[np.float64] | None = None
    scale: float | None = None


class Preparation(Protocol[Recorded_contra]):
    """Turns recordings into sequences; it can be pickled."""

    @property
    def joint_set(self) -> JointSet:
        """The V joints of the sequences."""

    def description(self) -> dict[str, Any]:
        """The rules with all parameters, as JSON, for the provenance of a store."""

    def prepare(self, recorded: Recorded_contra, /) -> PreparedSequence:
        """Prepare one recording.

        Raises:
            InputError: The recording cannot be used.
        """


def counted(number: int, thing: str) -> str:
    """A number of things, for a decision: `1 frame`, `2 frames`."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
