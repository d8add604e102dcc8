"""Random variation between subjects, performances and setups, all of it seeded."""

from dataclasses import dataclass, replace
from enum import IntEnum

import numpy as np

from data_prep.synthesis.body import CONTROL, CONTROLS, Array, BodyProportions
from data_prep.synthesis.moves import MotionStyle


class RandomSource(IntEnum):
    """Purposes of random numbers; each has an independent generator."""

    SUBJECT = 1
    PERFORMANCE = 2
    SETUP = 3
    SENSOR = 4
    ARTIFACTS = 5


def generator(seed: int, source: RandomSource, *key: int) -> np.random.Generator:
    """Return the generator of the subject, performance, setup or recording with this `key`."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(source, *key)))


def _spread(**degrees_or_metres: float | tuple[float, float, float]) -> Array:
    """Return standard deviations (11, 3) of the controls; limbs are given once for both sides."""
    scale = np.zeros((len(CONTROLS), 3))
    for name, index in CONTROL.items():
        scale[index] = degrees_or_metres.get(name.rpartition("_")[2], 0.0)
    return scale


_POSTURE = _spread(torso=(5, 3, 6), head=(8, 4, 8), hand=(0.03, 0.02, 0.04), foot=(0.04, 0, 0.03))
_STANCE = _spread(torso=(4, 3, 6), head=(5, 4, 8), hand=(0.03, 0.03, 0.04), foot=(0.03, 0, 0.05))
_AIM = _spread(hand=(0.025, 0.025, 0.03))
_IDLE = _spread(
    travel=(0.03, 0, 0.03),
    turn=(0, 0, 4),
    torso=(1.2, 1.2, 2),
    head=(2, 2, 4),
    hand=(0.012, 0.01, 0.015),
    hips=(0.012, 0.002, 0.008),
)


@dataclass(frozen=True)
class Subject:
    """A person.

    Attributes:
        proportions: Factors on the lengths of the body.
        style: Typical motion style.
        slowness: Factor on the duration of all actions.
    """

    proportions: BodyProportions
    style: MotionStyle
    slowness: float


def subject(seed: int, number: int) -> Subject:
    """Return the person with this number."""
    rng = generator(seed, RandomSource.SUBJECT, number)
    limbs = rng.uniform(0.88, 1.12, 6)
    style = MotionStyle(
        warp=rng.uniform(0.85, 1.2),
        amplitude=rng.uniform(0.8, 1.2),
        rate=rng.uniform(0.85, 1.15),
        phase=rng.uniform(0, 1),
        left_handed=bool(rng.random() < 0.15),
        posture=_POSTURE * rng.normal(size=_POSTURE.shape),
    )
    proportions = BodyProportions(rng.uniform(0.93, 1.07), *limbs)
    return Subject(proportions, style, rng.uniform(0.85, 1.15))


def vary_style(style: MotionStyle, rng: np.random.Generator) -> MotionStyle:
    """Draw the style of one performance by a person of this style."""
    onset = rng.uniform(0, 0.15)
    return replace(
        style,
        onset=onset,
        span=rng.uniform(0.6, 1) * (1 - onset),
        warp=style.warp * rng.uniform(0.75, 1.35),
        amplitude=style.amplitude * rng.uniform(0.85, 1.15),
        rate=style.rate * rng.uniform(0.85, 1.15),
        phase=style.phase + rng.uniform(0, 0.5),
        left_handed=style.left_handed ^ bool(rng.random() < 0.05),
        posture=style.posture + _STANCE * rng.normal(size=_STANCE.shape),
        aim=_AIM * rng.normal(size=_AIM.shape),
    )


def idle_motion(frames: int, rng: np.random.Generator) -> Array:
    """Draw small and slow offsets (T, 11, 3) of the controls, the motion of a person at rest."""
    time = np.arange(frames)[:, None, None] / 30
    total = np.zeros((frames, *_IDLE.shape))
    for hertz in (0.2, 0.5, 1.1):
        phase = rng.uniform(0, 2 * np.pi, _IDLE.shape)
        total += np.sin(2 * np.pi * hertz * rng.uniform(0.7, 1.3) * time + phase)
    return _IDLE * total
