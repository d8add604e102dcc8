"""What differs between subjects, between performances and between setups; all of it is seeded."""

from dataclasses import dataclass, replace
from enum import IntEnum

import numpy as np

from data_prep.synthesis.body import CONTROL, CONTROLS, Array, Physique
from data_prep.synthesis.moves import Manner


class Source(IntEnum):
    """What a stream of random numbers is for; streams of different sources are independent."""

    SUBJECT = 1
    PERFORMANCE = 2
    SETUP = 3
    SENSOR = 4
    MESS = 5


def generator(seed: int, source: Source, *key: int) -> np.random.Generator:
    """The random numbers of one subject, performance, setup or recording, named by its `key`."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(source, *key)))


def _spread(**degrees_or_metres: float | tuple[float, float, float]) -> Array:
    """Standard deviations (11, 3) of the controls; hands, feet and grips stand for both sides."""
    scale = np.zeros((len(CONTROLS), 3))
    for name, index in CONTROL.items():
        scale[index] = degrees_or_metres.get(name.rpartition("_")[2], 0.0)
    return scale


_POSTURE = _spread(torso=(5, 3, 6), head=(8, 4, 8), hand=(0.03, 0.02, 0.04), foot=(0.04, 0, 0.03))
_STANCE = _spread(torso=(4, 3, 6), head=(5, 4, 8), hand=(0.03, 0.03, 0.04), foot=(0.03, 0, 0.05))
_AIM = _spread(hand=(0.025, 0.025, 0.03))
_FIDGET = _spread(
    travel=(0.03, 0, 0.03),
    turn=(0, 0, 4),
    torso=(1.2, 1.2, 2),
    head=(2, 2, 4),
    hand=(0.012, 0.01, 0.015),
    hips=(0.012, 0.002, 0.008),
)


@dataclass(frozen=True)
class Subject:
    """A person: a body, habits, and the factor on how long everything takes."""

    physique: Physique
    manner: Manner
    slowness: float


def subject(seed: int, number: int) -> Subject:
    """The person with this number."""
    rng = generator(seed, Source.SUBJECT, number)
    limbs = rng.uniform(0.88, 1.12, 6)
    manner = Manner(
        warp=rng.uniform(0.85, 1.2),
        amplitude=rng.uniform(0.8, 1.2),
        rate=rng.uniform(0.85, 1.15),
        phase=rng.uniform(0, 1),
        left_handed=bool(rng.random() < 0.15),
        posture=_POSTURE * rng.normal(size=_POSTURE.shape),
    )
    physique = Physique(rng.uniform(0.93, 1.07), *limbs)
    return Subject(physique, manner, rng.uniform(0.85, 1.15))


def perform_anew(manner: Manner, rng: np.random.Generator) -> Manner:
    """The manner of one performance by somebody of this manner."""
    onset = rng.uniform(0, 0.15)
    return replace(
        manner,
        onset=onset,
        span=rng.uniform(0.6, 1) * (1 - onset),
        warp=manner.warp * rng.uniform(0.75, 1.35),
        amplitude=manner.amplitude * rng.uniform(0.85, 1.15),
        rate=manner.rate * rng.uniform(0.85, 1.15),
        phase=manner.phase + rng.uniform(0, 0.5),
        left_handed=manner.left_handed ^ bool(rng.random() < 0.05),
        posture=manner.posture + _STANCE * rng.normal(size=_STANCE.shape),
        aim=_AIM * rng.normal(size=_AIM.shape),
    )


def fidget(frames: int, rng: np.random.Generator) -> Array:
    """Slow, small and aimless motion (T, 11, 3) to add to the controls: nobody stands still."""
    time = np.arange(frames)[:, None, None] / 30
    total = np.zeros((frames, *_FIDGET.shape))
    for hertz in (0.2, 0.5, 1.1):
        phase = rng.uniform(0, 2 * np.pi, _FIDGET.shape)
        total += np.sin(2 * np.pi * hertz * rng.uniform(0.7, 1.3) * time + phase)
    return _FIDGET * total
