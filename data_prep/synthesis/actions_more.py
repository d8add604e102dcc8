"""Motion scripts of the one-person actions 61 to 105 of NTU RGB+D 120, for right-handed people."""

from data_prep.synthesis.motion_primitives import (
    ALWAYS,
    EARLY,
    HOLD,
    LATE,
    QUICK,
    STAY,
    WHOLE,
    both,
    clap,
    crouch,
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
    step,
    stoop,
    swing,
    twist,
)
from data_prep.synthesis.moves import Script

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

MORE: dict[int, Script] = {
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
