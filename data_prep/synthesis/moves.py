"""Motion scripts of actions, and their evaluation to the controls of a body over time."""

from dataclasses import dataclass, field

import numpy as np

from data_prep.synthesis.body import CONTROL, CONTROLS, Array

Vector = tuple[float, float, float]

# Time is 0 to 1 over a performance. The weight of a window (a, b, c, d) rises from a to b, is
# constant, and falls from c to d; with edges outside of 0 to 1 a move starts before or never ends.
Window = tuple[float, float, float, float]


@dataclass(frozen=True)
class Move:
    """Motion of one control during a window of time.

    Attributes:
        control: One of `body.CONTROLS`.
        value: Target position if `goal`, otherwise an offset.
        window: Window of time.
        goal: Whether the value is a target position.
        visits: Number of times the value is reached during the window; 0 to stay there.
        swings: Number of oscillations with the value as amplitude; 0 for none.
        phase: Phase of visits and swings, in cycles.
    """

    control: str
    value: Vector
    window: Window
    goal: bool = False
    visits: float = 0
    swings: float = 0
    phase: float = 0


Script = tuple[Move, ...]


@dataclass(frozen=True)
class MotionStyle:
    """Variation of the performance of a script.

    Attributes:
        onset: Fraction of the recording before the action starts.
        span: Fraction of the recording during which the action lasts.
        warp: Exponent on time: above 1 starts slowly, below 1 fast.
        amplitude: Factor on offsets and swings.
        rate: Factor on the number of swings, except of the feet.
        phase: Added to the phase of swings, except of the feet, in cycles.
        left_handed: Whether the script is mirrored.
        posture: (11, 3) added to the controls at rest.
        aim: (11, 3) added to target positions.
    """

    onset: float = 0.0
    span: float = 1.0
    warp: float = 1.0
    amplitude: float = 1.0
    rate: float = 1.0
    phase: float = 0.0
    left_handed: bool = False
    posture: Array = field(default_factory=lambda: np.zeros((len(CONTROLS), 3)))
    aim: Array = field(default_factory=lambda: np.zeros((len(CONTROLS), 3)))


REST_HAND: Vector = (0.23, -0.60, 0.05)
_HANDS = (CONTROL["left_hand"], CONTROL["right_hand"])
_REST = np.zeros((len(CONTROLS), 3))
_REST[_HANDS, :] = REST_HAND


def _opposite(control: str) -> str:
    side, _, limb = control.partition("_")
    return {"left": "right_", "right": "left_"}.get(side, side) + limb


# Mirroring exchanges the left and right limbs and negates the left-right values of the trunk.
_SWAPPED = [CONTROL[_opposite(name)] for name in CONTROLS]
_FLIPPED = np.ones((len(CONTROLS), 3))
_FLIPPED[[CONTROL["travel"], CONTROL["hips"]], 0] = -1
_FLIPPED[[CONTROL["turn"], CONTROL["torso"], CONTROL["head"]], 1:] = -1


def play(script: Script, style: MotionStyle, frames: int) -> Array:
    """Evaluate a script.

    Args:
        script: The moves of the action.
        style: Variation of the performance.
        frames: Number of frames T.

    Returns:
        (T, 11, 3) controls, in the order of `body.CONTROLS`.
    """
    time = np.linspace(0, 1, frames)
    time = np.clip((time - style.onset) / style.span, 0, 1) ** style.warp
    controls = np.broadcast_to(_REST + style.posture, (frames, len(CONTROLS), 3)).copy()
    for move in script:
        _perform(move, style, time, controls)
    return controls[:, _SWAPPED] * _FLIPPED if style.left_handed else controls


def _perform(move: Move, style: MotionStyle, time: Array, controls: Array) -> None:
    """Add one move to the controls, in place."""
    index = CONTROL[move.control]
    course = controls[:, index]  # (T, 3), a view
    weight = _weight(move, style, time)[:, None]
    if not move.goal:
        course += weight * style.amplitude * np.array(move.value)
        return
    distance = np.array(move.value) + style.aim[index] - course
    course += weight * distance
    if index in _HANDS:  # a hand moves in an arc around the body, not through it
        arc = 0.7 * weight * (1 - weight) * np.linalg.norm(distance, axis=1, keepdims=True)
        course += arc * (0.4, 0, 1)


def _weight(move: Move, style: MotionStyle, time: Array) -> Array:
    """Return the weight (T,) of a move at each time: 0 to 1, for swings -1 to 1."""
    rise, top, fall, end = move.window
    weight = _ease((time - rise) / (top - rise)) * (1 - _ease((time - fall) / (end - fall)))
    begin, finish = max(rise, 0), min(end, 1)
    progress = np.clip((time - begin) / (finish - begin), 0, 1)
    if move.visits:
        weight *= (1 - np.cos(2 * np.pi * (move.visits * progress + move.phase))) / 2
    if move.swings:
        is_foot = move.control.endswith("foot")  # the swings of a foot are in phase with its lifts
        rate, phase = (1.0, 0.0) if is_foot else (style.rate, style.phase)
        weight *= np.sin(2 * np.pi * (move.swings * rate * progress + move.phase + phase))
    return weight


def _ease(progress: Array) -> Array:
    """Return a smooth step (T,) from 0 to 1."""
    inside = np.clip(progress, 0, 1)
    return inside**2 * (3 - 2 * inside)
