"""Motion scripts of the two-person actions 50 to 60 and 106 to 120, for right-handed people."""

from dataclasses import dataclass

from data_prep.synthesis.motion_primitives import (
    EARLY,
    HOLD,
    LATE,
    WHOLE,
    both,
    crouch,
    kick,
    lean,
    left,
    nod,
    raise_elbows,
    right,
    shift,
    step,
    swing,
    twist,
)
from data_prep.synthesis.moves import Script, Window


@dataclass(frozen=True)
class Pair:
    """Scripts of two people.

    Attributes:
        first: Script of the acting person.
        second: Script of the reacting person.
        gap: Initial distance between the two, in metres.
        behind: Whether the first is behind the second; otherwise they face each other.
    """

    first: Script
    second: Script
    gap: float = 0.9
    behind: bool = False


def _symmetric(script: Script, gap: float = 0.9) -> Pair:
    return Pair(script, script, gap)


HIT: Window = (0.36, 0.46, 0.52, 0.72)
ANSWER: Window = (0.44, 0.56, 0.68, 0.9)
GIVE: Window = (0.12, 0.35, 0.5, 0.7)
TAKE: Window = (0.25, 0.42, 0.55, 0.78)
IDLE: Script = ()
FLINCH: Script = lean(-18, ANSWER) + nod(-15, ANSWER) + step(-0.2, 1, (0.45, 0.65, 8, 9))
AIM: Window = (0.15, 0.35, 0.75, 0.92)

PAIRS: dict[int, Pair] = {
    50: Pair(
        right((0.25, -0.12, 0.05), (0.15, 0.3, 0.34, 0.42))
        + right((0.0, 0.12, 0.62), HIT)
        + twist(-30, HIT)
        + left("near", HOLD),
        FLINCH,
        0.8,
    ),
    51: Pair(kick((-0.05, 0.55, 0.7), (0.25, 0.46, 0.52, 0.72)), FLINCH + both("belly", ANSWER)),
    52: Pair(
        both("near", (0.15, 0.3, 0.6, 0.8)) + both("front", HIT) + lean(18, HIT),
        lean(-14, ANSWER) + step(-0.5, 2, (0.45, 0.75, 8, 9)) + both("table", ANSWER),
        0.75,
    ),
    53: Pair(
        right((-0.05, 0.02, 0.55), WHOLE) + shift("right_hand", (0.0, 0.1, -0.12), WHOLE, 4),
        nod(18, HOLD),
        0.55,
        behind=True,
    ),
    54: Pair(right("front", AIM) + shift("right_grip", (0, 0, 1), AIM), lean(-8, ANSWER), 1.3),
    55: _symmetric(
        step(0.22, 1, (0.05, 0.3, 0.75, 0.95))
        + both((-0.02, -0.02, 0.42), (0.2, 0.45, 0.7, 0.9))
        + lean(10, HOLD),
        0.75,
    ),
    56: Pair(
        right("pocket", (-9, -8, 0.1, 0.2)) + right((0.1, -0.15, 0.55), GIVE),
        right((0.1, -0.15, 0.5), TAKE) + right("belly", (0.6, 0.75, 8, 9)),
        1.05,
    ),
    57: Pair(right((0.1, -0.5, 0.45), HOLD) + lean(25, HOLD), IDLE, 0.6, behind=True),
    58: _symmetric(
        right((0.02, -0.2, 0.46), WHOLE) + swing("right_hand", (0, 0.07, 0), 4, WHOLE), 0.9
    ),
    59: _symmetric(step(0.9, 4, (0.05, 0.9, 8, 9)), 2.6),
    60: _symmetric(
        shift("turn", (0, 0, 165), (0.05, 0.3, 8, 9))
        + step(0.9, 4, (0.2, 0.95, 8, 9))
        + shift("travel", (0, 0, -1.8), (0.2, 0.95, 8, 9)),
        0.8,
    ),
    106: Pair(
        right("overhead", (0.1, 0.3, 0.4, 0.5)) + right((0.05, 0.1, 0.55), HIT) + lean(15, HIT),
        both("crown", ANSWER) + crouch(0.15, ANSWER),
        1.0,
    ),
    107: Pair(
        right((0.15, -0.15, 0.5), WHOLE)
        + swing("right_hand", (0.2, 0.05, 0.08), 3, WHOLE)
        + step(0.3, 2, (0.2, 0.7, 8, 9)),
        both((0.12, 0.0, 0.35), HOLD) + step(-0.4, 2, (0.3, 0.8, 8, 9)),
        1.4,
    ),
    108: Pair(
        step(0.55, 2, (0.1, 0.5, 8, 9)) + twist(35, HIT) + lean(12, HIT),
        shift("torso", (-15, 18, 0), ANSWER) + step(-0.6, 2, (0.46, 0.75, 8, 9)),
        1.1,
    ),
    109: Pair(
        step(0.3, 1, (0.1, 0.35, 8, 9))
        + right((0.1, -0.2, 0.55), (0.2, 0.38, 0.42, 0.55))
        + right("chest", (0.42, 0.55, 8, 9))
        + step(-0.6, 2, (0.55, 0.95, 8, 9)),
        right("table", (-9, -8, 0.4, 0.48)) + right((0.1, -0.05, 0.55), (0.5, 0.6, 0.75, 0.9)),
        1.1,
    ),
    110: Pair(
        both((0.0, 0.02, 0.56), AIM) + shift("right_hand", (0, 0.1, -0.08), AIM, 3),
        both("overhead", (0.3, 0.5, 8, 9)),
        1.8,
    ),
    111: Pair(
        shift("right_foot", (0, 0.25, 0.3), (0.2, 0.32, 0.36, 0.46))
        + shift("right_foot", (0, 0.02, 0.4), (0.4, 0.48, 0.55, 0.75))
        + nod(25, HOLD),
        shift("right_foot", (0, 0.3, -0.15), ANSWER) + lean(25, ANSWER) + nod(20, ANSWER),
        0.7,
    ),
    112: _symmetric(right((0.1, 0.2, 0.48), (0.25, 0.42, 0.48, 0.7)), 0.95),
    113: _symmetric(right((0.05, -0.02, 0.46), EARLY) + right("mouth", LATE) + nod(-22, LATE), 1.0),
    114: Pair(
        both((0.2, -0.3, 0.38), WHOLE) + crouch(0.1, EARLY) + step(0.8, 4, (0.25, 0.95, 8, 9)),
        both((0.2, -0.3, 0.38), WHOLE) + crouch(0.1, EARLY) + step(-0.8, 4, (0.25, 0.95, 8, 9)),
        1.0,
    ),
    115: Pair(
        both((0.08, 0.18, 0.32), WHOLE) + crouch(0.12, HOLD) + raise_elbows(WHOLE, 0.4),
        left((0.2, 0.3, 0.25), HOLD) + shift("head", (0, 15, 0), HOLD),
        1.7,
    ),
    116: Pair(step(1.0, 4, (0.05, 0.9, 8, 9)), step(1.0, 4, (0.1, 0.95, 8, 9)), 0.9, behind=True),
    117: Pair(
        lean(18, HOLD) + shift("torso", (0, 15, 0), HOLD) + right((0.0, 0.15, 0.2), HOLD),
        shift("head", (5, 20, -10), HOLD),
        0.5,
    ),
    118: _symmetric(
        right((0.15, -0.15, 0.5), (0.1, 0.3, 0.38, 0.55))
        + left((0.12, -0.18, 0.5), (0.4, 0.55, 0.65, 0.85))
        + right("belly", (0.5, 0.62, 0.8, 0.95)),
        1.05,
    ),
    119: Pair(
        right((0.2, -0.12, 0.45), WHOLE) + left((0.0, -0.2, 0.42), WHOLE) + lean(8, WHOLE),
        lean(22, WHOLE)
        + swing("torso", (4, 8, 0), 2, WHOLE)
        + swing("travel", (0.1, 0, 0.03), 1.5, WHOLE),
        0.65,
    ),
    120: _symmetric(
        right((0.12, -0.22, 0.36), WHOLE)
        + shift("right_hand", (0, 0.14, 0), (0.1, 0.15, 0.6, 0.65), 3)
        + shift("right_grip", (0, 0, 1), LATE),
        1.0,
    ),
}
