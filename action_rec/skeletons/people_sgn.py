"""The rules by which most papers select the actors of NTU RGB+D recordings."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from action_rec.errors import InputError
from action_rec.skeletons.people import Actor
from action_rec.skeletons.preparation import counted
from action_rec.skeletons.recording import Body


@dataclass(frozen=True)
class SgnRules:
    """The rules of SGN's scripts (Zhang et al., CVPR 2020), which most later papers reuse.

    Unlike those scripts, a body that leaves and returns keeps its true frame indices.

    Attributes:
        min_frames: Of several bodies, one in fewer frames is dropped; the scripts drop 11 or fewer.
        max_spread: A frame is invalid where a body is wider than this times its height, as a ghost
            on a table or a chair is.
        max_invalid_share: A body with this share of invalid frames, or more, is dropped.
        max_bodies: The number of actors.
    """

    name: ClassVar[str] = "sgn"

    min_frames: int = 12
    max_spread: float = 0.8
    max_invalid_share: float = 0.69754
    max_bodies: int = 2

    def select(self, bodies: Sequence[Body]) -> tuple[list[Actor], list[str]]:
        """Drop short and wide bodies, and assign the others to actors by motion, largest first.

        Raises:
            InputError: There are several bodies and each is in too few frames.
        """
        notes: list[str] = []
        kept = list(bodies)
        if len(bodies) > 1:
            kept = self._drop_short(kept, notes)
            kept = self._drop_wide_and_order(kept, notes)
        actors: list[Actor] = []
        for body in kept:
            free = next((actor for actor in actors if not actor.overlaps(body)), None)
            if free is not None:
                free.join(body)
                notes.append(f"body {body.body_id} joins actor {actors.index(free) + 1}")
            elif len(actors) < self.max_bodies:
                actors.append(Actor.of(body))
                notes.append(f"body {body.body_id} is actor {len(actors)}")
            else:
                notes.append(f"body {body.body_id} dropped: overlaps every actor")
        return actors, notes

    def _drop_short(self, bodies: list[Body], notes: list[str]) -> list[Body]:
        kept = []
        for body in bodies:
            if len(body.frames) >= self.min_frames:
                kept.append(body)
            else:
                frames = counted(len(body.frames), "frame")
                notes.append(f"body {body.body_id} dropped: {frames}")
        if not kept:
            longest = max(len(body.frames) for body in bodies)
            raise InputError(
                f"none of its {len(bodies)} bodies is in {self.min_frames} frames or more (the "
                f"longest is in {longest}), so no actor can be selected"
            )
        return kept

    def _drop_wide_and_order(self, bodies: list[Body], notes: list[str]) -> list[Body]:
        """Drop bodies of an impossible shape, and sort the others by motion, largest first."""
        kept: list[tuple[float, Body]] = []
        for index, body in enumerate(bodies):
            motion = _motion(body.joints)
            others = len(kept) + len(bodies) - index - 1
            if others > 0:  # never the last one left
                valid = _is_upright(body.joints, self.max_spread)
                invalid = (~valid).mean()
                if invalid >= self.max_invalid_share:
                    notes.append(f"body {body.body_id} dropped: {invalid:.0%} of frames too wide")
                    continue
                if not valid.all():
                    motion = min(motion, _motion(body.joints[valid]))
            kept.append((motion, body))
        kept.sort(key=lambda entry: -entry[0])
        return [body for _, body in kept]


def _is_upright(joints: NDArray[np.float64], max_spread: float) -> NDArray[np.bool_]:
    width, height, _ = np.moveaxis(np.ptp(joints, axis=1), -1, 0)
    upright: NDArray[np.bool_] = width <= max_spread * height
    return upright


def _motion(joints: NDArray[np.float64]) -> float:
    """The variance of all positions, frames and joints stacked, summed over x, y and z."""
    return float(joints.reshape(-1, 3).var(axis=0).sum())
