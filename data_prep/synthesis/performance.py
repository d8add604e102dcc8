"""One performance of an action: the bodies as they move on the stage, before a camera sees them."""

from dataclasses import replace
from functools import lru_cache

import numpy as np

from data_prep.synthesis.actions_daily import DAILY
from data_prep.synthesis.actions_more import MORE
from data_prep.synthesis.actions_pairs import PAIRS
from data_prep.synthesis.body import Array, pose, rotation
from data_prep.synthesis.moves import Script, play
from data_prep.synthesis.variation import (
    Source,
    Subject,
    fidget,
    generator,
    perform_anew,
    subject,
)

_PARTNERS = 1000  # partners are numbered past all subjects: nobody trains and tests as another's
_SOLO: dict[int, Script] = DAILY | MORE


@lru_cache(maxsize=2)  # the cameras of a performance are written one after the other
def perform(
    setup: int, subject_number: int, replication: int, action: int, seed: int, typical_frames: int
) -> tuple[Array, ...]:
    """The bodies of one performance.

    Returns:
        Joints (T, 25, 3) in metres of each of the one or two people, in the order first to second:
        y up from the floor, seen by the middle camera from the front, about the origin.
    """
    rng = generator(seed, Source.PERFORMANCE, setup, subject_number, replication, action)
    actor = subject(seed, subject_number)
    manner = perform_anew(actor.manner, rng)
    share = np.clip(actor.slowness * rng.uniform(0.7, 1.3), 0.6, 1.4)
    frames = round(share * typical_frames)
    # NTU: every action once towards the left camera and once towards the right one.
    facing = (-45 if replication == 1 else 45) + rng.normal(0, 14)
    place = rng.normal(0, 0.15, 3) * (1, 0, 1)
    if action in _SOLO:
        controls = play(_SOLO[action], manner, frames) + fidget(frames, rng)
        return (_stage(controls, actor, facing, 0.0, place),)

    pair = PAIRS[action]
    other = subject(seed, _PARTNERS + subject_number)
    answer = perform_anew(other.manner, rng)
    answer = replace(answer, onset=manner.onset, span=manner.span, warp=manner.warp)
    across = facing + 90  # so that neither hides the other from the camera in front
    half = 0.5 * pair.gap + rng.normal(0, 0.04)
    away = across if pair.behind else across + 180
    sign = 1 if pair.behind else -1
    acting = play(pair.first, manner, frames) + fidget(frames, rng)
    answering = play(pair.second, answer, frames) + fidget(frames, rng)
    return (
        _stage(acting, actor, across, -half, place),
        _stage(answering, other, away, sign * half, place),
    )


def _stage(controls: Array, actor: Subject, facing: float, forward: float, place: Array) -> Array:
    """Put a body `forward` metres in front of a place, facing `facing` degrees to the right."""
    joints = pose(controls, actor.physique) - np.array([0, 0, forward])
    turned: Array = joints @ rotation((0, 0, facing)).T
    return turned + place
