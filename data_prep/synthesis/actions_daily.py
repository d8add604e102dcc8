"""Motion scripts of the one-person actions 1 to 49 of NTU RGB+D, for right-handed people."""

from data_prep.synthesis.motion_primitives import (
    HOLD,
    QUICK,
    SEATED,
    STAY,
    WHOLE,
    both,
    clap,
    crouch,
    fall,
    jump,
    kick,
    lean,
    left,
    nod,
    raise_elbows,
    rewind,
    right,
    rub,
    shift,
    sit_down,
    stoop,
    swing,
    twist,
)
from data_prep.synthesis.moves import Script

WEAR_JACKET: Script = (
    both("table", (-9, -8, 0.1, 0.25))
    + right("behind", (0.1, 0.28, 0.32, 0.45))
    + twist(25, (0.1, 0.28, 0.32, 0.45))
    + left("behind", (0.35, 0.52, 0.58, 0.7))
    + twist(-25, (0.35, 0.52, 0.58, 0.7))
    + both("chest", (0.65, 0.78, 0.85, 0.97))
)
WEAR_SHOE: Script = (
    SEATED
    + both("near", (-9, -8, 0.05, 0.25))
    + lean(58, (0.05, 0.3, 0.75, 0.9))
    + both("floor", (0.1, 0.3, 0.75, 0.9))
    + shift("right_foot", (-0.05, 0.2, 0.05), (0.3, 0.45, 0.6, 0.7))
    + rub((0, 0.06, 0.04), 4, (0.5, 0.6, 0.75, 0.85))
)
WEAR_GLASSES: Script = both("table", (-9, -8, 0.2, 0.4)) + both("brow", (0.2, 0.45, 0.55, 0.8))
WEAR_HAT: Script = right("table", (-9, -8, 0.2, 0.4)) + right("crown", (0.2, 0.45, 0.6, 0.85))

DAILY: dict[int, Script] = {
    1: right("mouth", (0.05, 0.3, 0.7, 0.95)) + nod(-25, (0.3, 0.45, 0.6, 0.75)),
    2: both("table", WHOLE) + right("mouth", WHOLE, 3) + nod(12, WHOLE),
    3: right("mouth", WHOLE) + swing("right_hand", (0.08, 0.01, 0), 7, WHOLE) + nod(10, WHOLE),
    4: right("crown", WHOLE) + right("nape", WHOLE, 3) + raise_elbows(WHOLE, 0.4),
    5: right("near", (-9, -8, 0.4, 0.48)) + nod(25, (0.3, 0.45, 0.7, 0.9)),
    6: stoop(HOLD) + right("floor", HOLD),
    7: right((0.25, 0.25, -0.15), (0.1, 0.3, 0.38, 0.46))
    + right("front", (0.4, 0.48, 0.55, 0.75))
    + twist(30, (0.1, 0.3, 0.38, 0.46))
    + twist(-25, (0.4, 0.48, 0.55, 0.75)),
    8: sit_down(),
    9: rewind(sit_down()),
    10: both("near", WHOLE) + clap((0.1, 0, 0), 6, WHOLE),
    11: both((0.1, -0.2, 0.3), HOLD) + nod(30, HOLD) + right((-0.08, -0.15, 0.32), QUICK),
    12: left("table", WHOLE)
    + right("table", WHOLE)
    + swing("right_hand", (0.05, 0, 0.03), 7, WHOLE)
    + nod(25, WHOLE),
    13: both((0.03, -0.15, 0.3), WHOLE)
    + shift("right_hand", (0.22, -0.05, 0.1), WHOLE, 3)
    + shift("left_hand", (0.18, 0.05, -0.1), WHOLE, 3),
    14: WEAR_JACKET,
    15: rewind(WEAR_JACKET),
    16: WEAR_SHOE,
    17: rewind(WEAR_SHOE),
    18: WEAR_GLASSES,
    19: rewind(WEAR_GLASSES),
    20: WEAR_HAT,
    21: rewind(WEAR_HAT),
    22: both("overhead", WHOLE, 2) + clap((0.1, 0.08, 0), 5, WHOLE) + nod(-12, WHOLE),
    23: right("front high", WHOLE) + swing("right_hand", (0.2, 0, 0), 4, WHOLE),
    24: kick((0, 0.3, 0.55), (0.25, 0.48, 0.54, 0.75)),
    25: right("pocket", HOLD)
    + swing("right_hand", (0, 0.05, 0.02), 3, HOLD)
    + shift("torso", (8, 12, 10), HOLD),
    26: shift("left_foot", (0, 0.3, -0.3), WHOLE) + jump(0.15, 5, WHOLE),
    27: jump(0.35, 1, (0.25, 0.3, 0.7, 0.75)) + both((0.25, -0.2, 0.3), (0.25, 0.4, 0.5, 0.7)),
    28: right("pocket", (0.02, 0.18, 0.28, 0.45))
    + right("ear", (0.3, 0.5, 8, 9))
    + shift("head", (8, 10, 5), (0.4, 0.6, 8, 9)),
    29: both((0.05, -0.2, 0.28), STAY)
    + swing("right_hand", (0.03, 0.03, 0), 6, STAY)
    + nod(32, STAY),
    30: both("table", WHOLE) + rub((0, 0.05, 0), 7, WHOLE) + nod(15, WHOLE),
    31: right("front", (0.3, 0.42, 0.75, 0.9)) + shift("right_grip", (0, 0, 1), HOLD),
    32: right((0.25, 0.18, 0.5), HOLD) + shift("head", (-5, -15, 12), HOLD) + twist(-12, HOLD),
    33: left((-0.06, -0.1, 0.3), HOLD)
    + right((-0.1, -0.14, 0.28), (0.3, 0.42, 0.55, 0.65))
    + shift("head", (30, 0, -12), HOLD),
    34: both((0.02, -0.15, 0.3), WHOLE) + rub((0, 0, 0.1), 6, WHOLE),
    35: nod(40, WHOLE, 2) + lean(28, (0.2, 0.4, 0.6, 0.8)),
    36: swing("head", (0, 0, 45), 3, WHOLE) + swing("torso", (0, 0, 6), 3, WHOLE),
    37: right("face", WHOLE)
    + swing("right_hand", (0.09, 0, 0), 3, WHOLE)
    + swing("right_hand", (0, 0.07, 0), 3, WHOLE, 0.25),
    38: right("brow", (0.2, 0.32, 0.7, 0.82)) + raise_elbows((0.2, 0.32, 0.7, 0.82), 0.5),
    39: both("near", (0.1, 0.25, 8, 9)) + clap((-0.05, 0, 0), 0.5, (0.25, 0.4, 8, 9)),
    40: both((-0.12, -0.02, 0.34), (0.2, 0.38, 0.72, 0.88)),
    41: right("mouth", WHOLE) + lean(26, (0.2, 0.25, 0.75, 0.8), 2) + nod(22, WHOLE, 2),
    42: swing("travel", (0.22, 0, 0.08), 1.5, WHOLE)
    + swing("torso", (10, 14, 10), 1.5, WHOLE, 0.2)
    + shift("left_foot", (0.08, 0.12, 0), WHOLE, 3)
    + shift("right_foot", (0.08, 0.12, 0.05), WHOLE, 3)
    + both((0.45, -0.35, 0.12), WHOLE),
    43: fall(),
    44: both("brow", HOLD) + nod(18, HOLD) + swing("head", (0, 14, 0), 2, HOLD),
    45: right("chest", HOLD) + left("belly", HOLD) + lean(22, HOLD) + nod(15, HOLD),
    46: right("back", HOLD) + lean(-12, HOLD) + swing("torso", (0, 8, 8), 2, HOLD),
    47: right("nape", HOLD) + swing("head", (10, 20, 0), 2, HOLD) + raise_elbows(HOLD, 0.4),
    48: both("belly", WHOLE) + lean(38, WHOLE) + lean(18, WHOLE, 3) + crouch(0.1, WHOLE),
    49: right((0.1, 0.02, 0.28), WHOLE) + swing("right_hand", (0.05, 0.04, 0.1), 6, WHOLE),
}
