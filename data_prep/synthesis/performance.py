"""Performance of an action: the joints of its people in the world frame."""

from dataclasses import replace
from functools import lru_cache

import numpy as np

from data_prep.synthesis.actions import PAIRS, SOLO
from data_prep.synthesis.body import Array, pose, rotation
from data_prep.synthesis.moves import play
from data_prep.synthesis.variation import (
    RandomSource,
    Subject,
    generator,
    idle_motion,
    subject,
    vary_style,
)

_PARTNERS = 1000  # offset of the numbers of partners, who are distinct from all subjects


@lru_cache(maxsize=2)  # the cameras of a performance are written one after the other
def perform(
    setup: int, subject_number: int, replication: int, action: int, seed: int, typical_frames: int
) -> tuple[Array, ...]:
    """Simulate a performance.

    Returns:
        (T, 25, 3) joints in metres in the world frame of each person; for two-person actions, of
        the acting and the reacting person.
    """
    rng = generator(seed, RandomSource.PERFORMANCE, setup, subject_number, replication, action)
    actor = subject(seed, subject_number)
    style = vary_style(actor.style, rng)
    share = np.clip(actor.slowness * rng.uniform(0.7, 1.3), 0.6, 1.4)
    frames = round(share * typical_frames)
    # As in NTU, one replication faces the left camera and the other the right one.
    facing = (-45 if replication == 1 else 45) + rng.normal(0, 14)
    place = rng.normal(0, 0.15, 3) * (1, 0, 1)
    if action in SOLO:
        controls = play(SOLO[action], style, frames) + idle_motion(frames, rng)
        return (_stage(controls, actor, facing, 0.0, place),)

    pair = PAIRS[action]
    other = subject(seed, _PARTNERS + subject_number)
    answer = vary_style(other.style, rng)
    answer = replace(answer, onset=style.onset, span=style.span, warp=style.warp)
    across = facing + 90  # neither person occludes the other for the camera in front
    half = 0.5 * pair.gap + rng.normal(0, 0.04)
    away = across if pair.behind else across + 180
    sign = 1 if pair.behind else -1
    acting = play(pair.first, style, frames) + idle_motion(frames, rng)
    answering = play(pair.second, answer, frames) + idle_motion(frames, rng)
    return (
        _stage(acting, actor, across, -half, place),
        _stage(answering, other, away, sign * half, place),
    )


def _stage(controls: Array, actor: Subject, facing: float, forward: float, place: Array) -> Array:
    """Compute joints at `forward` metres in front of `place`, turned right by `facing` degrees."""
    joints = pose(controls, actor.proportions) - np.array([0, 0, forward])
    turned: Array = joints @ rotation((0, 0, facing)).T
    return turned + place
