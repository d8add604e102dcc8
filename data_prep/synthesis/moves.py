"""Moves: how an action is written down, and how it becomes the controls of a body over time."""

from dataclasses import dataclass, field

import numpy as np

from data_prep.synthesis.body import CONTROL, CONTROLS, Array

Vector = tuple[float, float, float]

# Time runs from 0 to 1 over a performance. A window (a, b, c, d) rises from a to b, holds, and
# falls from c to d; edges far outside of 0 to 1 make a move that began before or that never ends.
Window = tuple[float, float, float, float]


@dataclass(frozen=True)
class Move:
    """One control that goes somewhere during a window.

    Attributes:
        control: A name of `body.CONTROLS`.
        value: A position to reach (`goal`), or an offset to add.
        window: When.
        goal: Whether the value is a position to reach.
        visits: How often the value is visited during the window; 0 to stay there.
        swings: How often the control swings to both sides by the value; 0 for no swing.
        phase: Shift of visits and swings, in cycles.
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
class Manner:
    """How somebody performs a script.

    Attributes:
        onset: Share of the recording before the action begins.
        span: Share of the recording that the action takes.
        warp: Exponent on time: above 1 starts slowly, below 1 fast.
        amplitude: Factor on offsets and swings.
        rate: Factor on the number of swings, of all but the feet.
        phase: Added to the phase of swings, of all but the feet, in cycles.
        left_handed: Whether the script is mirrored.
        posture: (11, 3), added to the resting controls.
        aim: (11, 3), added to the positions that are reached for.
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


# Mirrored, left and right limbs change places, and whatever of the trunk went right goes left.
_SWAPPED = [CONTROL[_opposite(name)] for name in CONTROLS]
_FLIPPED = np.ones((len(CONTROLS), 3))
_FLIPPED[[CONTROL["travel"], CONTROL["hips"]], 0] = -1
_FLIPPED[[CONTROL["turn"], CONTROL["torso"], CONTROL["head"]], 1:] = -1


def play(script: Script, manner: Manner, frames: int) -> Array:
    """Perform a script.

    Returns:
        Controls (T, 11, 3) for T = `frames`, in the order of `body.CONTROLS`.
    """
    time = np.linspace(0, 1, frames)
    time = np.clip((time - manner.onset) / manner.span, 0, 1) ** manner.warp
    controls = np.broadcast_to(_REST + manner.posture, (frames, len(CONTROLS), 3)).copy()
    for move in script:
        _perform(move, manner, time, controls)
    return controls[:, _SWAPPED] * _FLIPPED if manner.left_handed else controls


def _perform(move: Move, manner: Manner, time: Array, controls: Array) -> None:
    """Add one move to the controls, in place."""
    index = CONTROL[move.control]
    course = controls[:, index]  # (T, 3), a view
    weight = _weight(move, manner, time)[:, None]
    if not move.goal:
        course += weight * manner.amplitude * np.array(move.value)
        return
    way = np.array(move.value) + manner.aim[index] - course
    course += weight * way
    if index in _HANDS:  # a hand travels in an arc around the body, not through it
        arc = 0.7 * weight * (1 - weight) * np.linalg.norm(way, axis=1, keepdims=True)
        course += arc * (0.4, 0, 1)


def _weight(move: Move, manner: Manner, time: Array) -> Array:
    """How far (T,) a move has gone at each time; swings go from -1 to 1."""
    rise, top, fall, end = move.window
    weight = _ease((time - rise) / (top - rise)) * (1 - _ease((time - fall) / (end - fall)))
    begin, finish = max(rise, 0), min(end, 1)
    progress = np.clip((time - begin) / (finish - begin), 0, 1)
    if move.visits:
        weight *= (1 - np.cos(2 * np.pi * (move.visits * progress + move.phase))) / 2
    if move.swings:
        walks = move.control.endswith("foot")  # the swing of a foot keeps to its lifts
        rate, phase = (1.0, 0.0) if walks else (manner.rate, manner.phase)
        weight *= np.sin(2 * np.pi * (move.swings * rate * progress + move.phase + phase))
    return weight


def _ease(progress: Array) -> Array:
    """A smooth step (T,) from 0 to 1."""
    inside = np.clip(progress, 0, 1)
    return inside**2 * (3 - 2 * inside)
