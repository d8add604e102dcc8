"""Motion scripts of the one-person actions of NTU RGB+D (120), for right-handed people."""

from data_prep.synthesis.motion_primitives import (
    ALWAYS,
    EARLY,
    HOLD,
    LATE,
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
    run_on_the_spot,
    shift,
    sit_down,
    step,
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

WEAR_HEADPHONE: Script = (
    both("table", (-9, -8, 0.2, 0.4))
    + both("crown", (0.2, 0.38, 0.42, 0.6))
    + both("ear", (0.4, 0.55, 0.65, 0.88))
)
WEAR_BAG: Script = (
    stoop((-0.3, -0.2, 0.05, 0.25))
    + right("floor", (-0.3, -0.2, 0.1, 0.3))
    + right("behind", (0.2, 0.45, 0.55, 0.7))
    + left("behind", (0.45, 0.62, 0.68, 0.8))
    + both("shoulder", (0.65, 0.78, 0.85, 0.97))
)
INTO_BAG: Script = (
    right("front", (-9, -8, 0.2, 0.4))
    + left("belly", ALWAYS)
    + right("belly", (0.25, 0.45, 0.6, 0.85))
    + nod(28, (0.2, 0.4, 0.7, 0.9))
)

SOLO: dict[int, Script] = {
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
    61: WEAR_HEADPHONE,
    62: rewind(WEAR_HEADPHONE),
    63: both("near", EARLY)
    + crouch(0.2, EARLY)
    + both((0.08, 0.52, 0.25), LATE)
    + jump(0.2, 1, (0.45, 0.5, 0.85, 0.9)),
    64: right((0.2, -0.3, 0.38), WHOLE)
    + swing("right_hand", (0, 0.14, 0), 4, WHOLE)
    + lean(20, WHOLE),
    65: right("behind", (0.1, 0.3, 0.38, 0.5))
    + twist(40, (0.1, 0.3, 0.38, 0.5))
    + right((-0.2, 0.1, 0.45), (0.4, 0.5, 0.6, 0.85))
    + twist(-40, (0.4, 0.5, 0.6, 0.85)),
    66: right((0.15, -0.25, 0.42), WHOLE)
    + swing("right_hand", (0, 0.07, 0), 6, WHOLE)
    + nod(-8, WHOLE, 4),
    67: right((0.01, 0.13, 0.17), QUICK) + nod(8, QUICK) + shift("right_grip", (0, 0, 1), QUICK),
    68: right("brow", HOLD)
    + right("behind", (0.45, 0.55, 0.6, 0.75))
    + shift("head", (-8, 20, 15), (0.4, 0.5, 0.6, 0.75)),
    69: right((0.18, -0.1, 0.4), HOLD)
    + shift("right_grip", (0, 1.4, -0.8), HOLD)
    + shift("right_hand", (0, 0.1, 0.05), (0.3, 0.4, 0.6, 0.7)),
    70: right((0.2, -0.05, 0.4), HOLD)
    + shift("right_grip", (0.8, -1.4, -0.8), HOLD)
    + shift("right_hand", (0, -0.14, 0.05), (0.3, 0.4, 0.6, 0.7)),
    71: right((0.22, 0.02, 0.36), STAY) + shift("right_grip", (0, 0.6, 0.6), STAY),
    72: right((0.16, 0.22, 0.3), (0.3, 0.45, 0.8, 0.95))
    + shift("right_grip", (0.3, 0.4, 1), HOLD)
    + shift("head", (0, 10, 0), HOLD),
    73: left("table", WHOLE)
    + right((0.05, -0.16, 0.36), WHOLE)
    + shift("right_hand", (0, -0.12, 0), WHOLE, 3)
    + lean(10, WHOLE, 3),
    74: both((0.04, -0.22, 0.28), WHOLE)
    + swing("right_hand", (0.07, 0.01, 0.05), 6, WHOLE)
    + nod(25, WHOLE),
    75: left((0.02, -0.2, 0.26), WHOLE)
    + right((0.02, -0.18, 0.3), WHOLE)
    + swing("right_hand", (0.03, 0.02, 0), 5, WHOLE)
    + nod(35, WHOLE)
    + lean(12, WHOLE),
    76: left((0.05, -0.15, 0.36), WHOLE)
    + right((0.12, -0.2, 0.22), WHOLE)
    + shift("right_hand", (0, 0, 0.16), (0.1, 0.15, 0.9, 0.95), 1)
    + swing("right_hand", (0.03, 0, 0), 6, WHOLE),
    77: right((0.25, 0.05, 0.38), WHOLE) + shift("right_hand", (0, -0.1, 0.02), WHOLE, 3),
    78: left("belly", WHOLE)
    + right((-0.02, -0.22, 0.2), WHOLE)
    + swing("right_hand", (0.06, 0, 0.06), 4, WHOLE)
    + shift("right_hand", (0.1, 0.15, 0), (0.7, 0.78, 0.85, 0.9)),
    79: right("nose", HOLD) + nod(-15, HOLD, 3) + lean(12, HOLD),
    80: crouch(0.48, HOLD) + lean(25, HOLD) + both("front", HOLD),
    81: right("table", EARLY)
    + right((0.12, 0.2, 0.35), (0.3, 0.36, 0.38, 0.5))
    + nod(-25, (0.32, 0.42, 0.5, 0.6))
    + right("table", (0.5, 0.6, 0.75, 0.9)),
    82: both((0.18, -0.24, 0.34), WHOLE) + right((-0.15, -0.24, 0.34), WHOLE, 2) + nod(25, WHOLE),
    83: both((0.04, -0.2, 0.3), WHOLE)
    + clap((0.06, 0, 0), 3, WHOLE)
    + swing("right_hand", (0, 0.06, 0.06), 4, WHOLE)
    + lean(8, WHOLE),
    84: both((0.06, -0.18, 0.28), WHOLE)
    + rub((0, 0.06, 0.02), 4, WHOLE)
    + swing("right_hand", (0.05, 0, 0), 3, WHOLE)
    + nod(28, WHOLE),
    85: both((0.07, 0.18, 0.16), WHOLE)
    + clap((0, 0.08, 0), 4, WHOLE)
    + rub((0.03, 0, 0), 3, WHOLE),
    86: left((0.02, -0.2, 0.3), WHOLE)
    + right((0.0, -0.16, 0.3), WHOLE)
    + swing("right_hand", (0.08, 0, 0.04), 4, WHOLE)
    + nod(18, WHOLE),
    87: WEAR_BAG,
    88: rewind(WEAR_BAG),
    89: INTO_BAG,
    90: rewind(INTO_BAG),
    91: both("table", (0.02, 0.18, 0.75, 0.95))
    + clap((0.12, 0.22, 0.02), 0.5, (0.3, 0.45, 0.75, 0.95))
    + nod(20, WHOLE),
    92: stoop(EARLY)
    + both("floor", EARLY)
    + both("table", (0.35, 0.5, 8, 9))
    + step(0.5, 2, (0.55, 0.95, 8, 9))
    + lean(-6, (0.4, 0.5, 8, 9)),
    93: right((0.2, 0.08, 0.3), WHOLE)
    + swing("right_hand", (0, 0.07, 0.09), 5, WHOLE)
    + lean(8, WHOLE),
    94: right("crown", EARLY)
    + right("overhead", (0.35, 0.45, 0.5, 0.7))
    + nod(-28, (0.38, 0.5, 0.65, 0.8))
    + right((0.15, 0.15, 0.4), (0.6, 0.7, 0.8, 0.95)),
    95: both("overhead", (0.15, 0.4, 0.75, 0.95)),
    96: both("opposite arm", HOLD),
    97: both("beside", WHOLE) + clap((0, 0.3, 0), 3, WHOLE) + clap((0, 0, 0.3), 3, WHOLE, 0.25),
    98: both((0.3, -0.4, 0.1), WHOLE) + clap((0, 0.05, 0.4), 3, WHOLE),
    99: run_on_the_spot((0, 0.35, 0.2), 4, WHOLE),
    100: run_on_the_spot((0, 0.4, -0.4), 4, WHOLE),
    101: lean(55, WHOLE)
    + crouch(0.08, WHOLE)
    + both("beside", WHOLE)
    + twist(45, (0.1, 0.2, 0.45, 0.55))
    + left((-0.15, -0.1, 0.6), (0.1, 0.25, 0.4, 0.5))
    + twist(-45, (0.45, 0.55, 0.8, 0.9))
    + right((-0.15, -0.1, 0.6), (0.5, 0.6, 0.75, 0.9)),
    102: kick((0.6, 0.5, 0), (0.25, 0.48, 0.54, 0.75))
    + shift("torso", (0, -25, 0), HOLD)
    + both("near", HOLD),
    103: right((0.03, 0.12, 0.18), HOLD)
    + nod(-22, HOLD)
    + lean(-10, HOLD)
    + left("shoulder", HOLD),
    104: both((0.3, 0.5, 0.0), (0.05, 0.35, 0.65, 0.95))
    + lean(-16, HOLD)
    + swing("torso", (0, 10, 0), 1, HOLD)
    + raise_elbows(HOLD, 0.5),
    105: both((0.02, 0.16, 0.16), HOLD) + nod(25, HOLD, 3) + lean(15, HOLD),
}
