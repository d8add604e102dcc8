"""Choosing the people of a recording: which bodies are actors, which are ghosts on furniture."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from action_rec.data.recording import NUM_JOINTS, Body, Recording
from action_rec.errors import InputError

SPINE_MID = 1


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

    min_frames: int = 12
    max_spread: float = 0.8
    max_invalid_share: float = 0.69754
    max_bodies: int = 2


@dataclass(frozen=True)
class ChosenPeople:
    """The actors of a recording.

    Attributes:
        poses: (T, M, 25, 3) joints in metres relative to `origin`, an absent body all zeros; frames
            without any actor are left out.
        origin: (3,) the spine mid of the first actor where it first appears, in metres.
        decision: What was kept, joined or dropped; empty where there was one body.
    """

    poses: NDArray[np.float32]
    origin: NDArray[np.float64]
    decision: str


@dataclass
class _Actor:
    """Bodies that do not overlap in time and are taken for one person."""

    bodies: list[Body]
    first: int
    last: int

    @classmethod
    def of(cls, body: Body) -> Self:
        return cls([body], *_interval(body))

    def overlaps(self, body: Body) -> bool:
        first, last = _interval(body)
        return min(self.last, last) > max(self.first, first)  # one shared frame is none

    def join(self, body: Body) -> None:
        first, last = _interval(body)
        self.bodies.append(body)
        self.first, self.last = min(self.first, first), max(self.last, last)


def choose_people(recording: Recording, rules: SgnRules) -> ChosenPeople:
    """Choose the actors, drop frames without any, and put the origin into the first actor.

    Raises:
        InputError: There are several bodies and each is in too few frames.
    """
    notes: list[str] = []
    bodies = list(recording.bodies)
    if len(bodies) > 1:
        bodies = _drop_short(bodies, rules, notes)
        bodies = _drop_wide_and_order(bodies, rules, notes)
    actors = _cast(bodies, rules, notes)
    poses = np.zeros((recording.num_frames, len(actors), NUM_JOINTS, 3))
    present = np.zeros((recording.num_frames, len(actors)), np.bool_)
    for index, actor in enumerate(actors):
        for body in actor.bodies:
            poses[body.frames, index] = body.joints
            present[body.frames, index] = True
    origin = poses[actors[0].first, 0, SPINE_MID].copy()
    poses[present] -= origin
    decision = "; ".join(notes) if len(recording.bodies) > 1 else ""
    return ChosenPeople(poses[present.any(axis=1)].astype(np.float32), origin, decision)


def _interval(body: Body) -> tuple[int, int]:
    return int(body.frames[0]), int(body.frames[-1])


def _drop_short(bodies: list[Body], rules: SgnRules, notes: list[str]) -> list[Body]:
    kept = []
    for body in bodies:
        if len(body.frames) >= rules.min_frames:
            kept.append(body)
        else:
            notes.append(f"body {body.body_id} dropped: {len(body.frames)} frames")
    if not kept:
        longest = max(len(body.frames) for body in bodies)
        raise InputError(
            f"none of its {len(bodies)} bodies is in {rules.min_frames} frames or more (the "
            f"longest is in {longest}), so nobody can be chosen"
        )
    return kept


def _drop_wide_and_order(bodies: list[Body], rules: SgnRules, notes: list[str]) -> list[Body]:
    """Drop bodies of an impossible shape, and put the one that moves most first."""
    kept: list[tuple[float, Body]] = []
    for index, body in enumerate(bodies):
        motion = _motion(body.joints)
        others = len(kept) + len(bodies) - index - 1
        if others > 0:  # never the last one left
            valid = _is_upright(body.joints, rules.max_spread)
            invalid_share = (~valid).mean()
            if invalid_share >= rules.max_invalid_share:
                notes.append(f"body {body.body_id} dropped: {invalid_share:.0%} of frames too wide")
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


def _cast(bodies: list[Body], rules: SgnRules, notes: list[str]) -> list[_Actor]:
    """Give each body to the first actor it does not overlap, as long as there are actors."""
    actors: list[_Actor] = []
    for body in bodies:
        free = next((actor for actor in actors if not actor.overlaps(body)), None)
        if free is not None:
            free.join(body)
            notes.append(f"body {body.body_id} joins actor {actors.index(free) + 1}")
        elif len(actors) < rules.max_bodies:
            actors.append(_Actor.of(body))
            notes.append(f"body {body.body_id} is actor {len(actors)}")
        else:
            notes.append(f"body {body.body_id} dropped: overlaps every actor")
    return actors
