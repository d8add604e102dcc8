"""Motion primitives of the action scripts: windows of time, hand positions, and movements."""

from dataclasses import replace
from typing import Literal

from data_prep.synthesis.moves import REST_HAND, Move, Script, Vector, Window

Side = Literal["left", "right"]

ALWAYS: Window = (-9, -8, 8, 9)
WHOLE: Window = (0.05, 0.2, 0.8, 0.95)
HOLD: Window = (0.1, 0.35, 0.65, 0.9)
QUICK: Window = (0.3, 0.42, 0.58, 0.7)
EARLY: Window = (0.02, 0.2, 0.3, 0.5)
LATE: Window = (0.5, 0.7, 0.8, 0.98)
STAY: Window = (0.2, 0.65, 8, 9)
HIT: Window = (0.36, 0.46, 0.52, 0.72)
ANSWER: Window = (0.44, 0.56, 0.68, 0.9)
GIVE: Window = (0.12, 0.35, 0.5, 0.7)
TAKE: Window = (0.25, 0.42, 0.55, 0.78)
AIM: Window = (0.15, 0.35, 0.75, 0.92)

# Offsets (outward, up, forward) from the spine shoulder in metres, in the frame of the torso.
HAND_POSITIONS: dict[str, Vector] = {
    "rest": REST_HAND,
    "mouth": (0.03, 0.12, 0.15),
    "nose": (0.02, 0.17, 0.16),
    "face": (0.05, 0.19, 0.15),
    "brow": (0.11, 0.25, 0.10),
    "ear": (0.12, 0.18, 0.05),
    "crown": (0.05, 0.33, 0.03),
    "nape": (0.05, 0.08, -0.10),
    "shoulder": (0.18, 0.02, 0.08),
    "opposite shoulder": (-0.16, -0.02, 0.12),
    "opposite arm": (-0.18, -0.22, 0.18),
    "chest": (-0.01, -0.14, 0.15),
    "belly": (0.02, -0.33, 0.17),
    "back": (0.08, -0.40, -0.16),
    "pocket": (0.19, -0.50, 0.10),
    "lap": (0.14, -0.36, 0.32),
    "table": (0.12, -0.28, 0.36),
    "near": (0.07, -0.13, 0.32),
    "front": (0.13, -0.03, 0.58),
    "front high": (0.12, 0.25, 0.48),
    "beside": (0.70, -0.02, 0.05),
    "behind": (0.35, 0.10, -0.22),
    "overhead": (0.14, 0.55, 0.06),
    "floor": (0.10, -0.10, 0.60),  # below a torso that is bent down
}


def right(position: str | Vector, window: Window, visits: float = 0) -> Script:
    """Move the right hand to a position, once or several times."""
    return _hand("right", position, window, visits)


def left(position: str | Vector, window: Window, visits: float = 0) -> Script:
    """Move the left hand to a position, once or several times."""
    return _hand("left", position, window, visits)


def both(position: str | Vector, window: Window, visits: float = 0) -> Script:
    """Move both hands to mirrored positions."""
    return left(position, window, visits) + right(position, window, visits)


def _hand(side: Side, position: str | Vector, window: Window, visits: float) -> Script:
    value = HAND_POSITIONS[position] if isinstance(position, str) else position
    return (Move(f"{side}_hand", value, window, goal=True, visits=visits),)


def shift(control: str, value: Vector, window: Window, visits: float = 0) -> Script:
    """Add an offset to a control, once or several times."""
    return (Move(control, value, window, visits=visits),)


def swing(control: str, value: Vector, swings: float, window: Window, phase: float = 0) -> Script:
    """Add an oscillation to a control."""
    return (Move(control, value, window, swings=swings, phase=phase),)


def rub(value: Vector, swings: float, window: Window) -> Script:
    """Swing both hands in opposite phase."""
    return swing("left_hand", value, swings, window) + swing(
        "right_hand", value, swings, window, phase=0.5
    )


def clap(value: Vector, swings: float, window: Window, phase: float = 0) -> Script:
    """Swing both hands in phase, so that (outward, ...) moves them together and apart."""
    return swing("left_hand", value, swings, window, phase) + swing(
        "right_hand", value, swings, window, phase
    )


def lean(degrees: float, window: Window, visits: float = 0) -> Script:
    """Lean the torso forward, or back if negative."""
    return shift("torso", (degrees, 0, 0), window, visits)


def twist(degrees: float, window: Window, visits: float = 0) -> Script:
    """Twist the torso to the right, or to the left if negative."""
    return shift("torso", (0, 0, degrees), window, visits)


def nod(degrees: float, window: Window, visits: float = 0) -> Script:
    """Nod the head forward, or back if negative."""
    return shift("head", (degrees, 0, 0), window, visits)


def raise_elbows(window: Window, amount: float = 1) -> Script:
    """Hold both elbows out to the sides."""
    return shift("left_grip", (amount, 0, 0), window) + shift("right_grip", (amount, 0, 0), window)


def crouch(depth: float, window: Window, visits: float = 0) -> Script:
    """Lower the hips by `depth` metres with both feet on the floor."""
    return shift("hips", (0, -depth, -0.35 * depth), window, visits)


def stoop(window: Window) -> Script:
    """Bend down so far that the hands can reach the floor."""
    return crouch(0.42, window) + lean(68, window)


def jump(height: float, times: float, window: Window) -> Script:
    """Leave the floor with both feet, crouching before and after."""
    crouching = Move("hips", (0, -0.2, -0.05), window, visits=times, phase=0.5)
    return (*shift("travel", (0, height, 0), window, times), crouching)


def step(distance: float, steps: int, window: Window) -> Script:
    """Walk forward, or back if negative, during the rise of the window, and stay there."""
    start, end = window[:2]
    walking = (start, start + 0.05, end - 0.05, end)
    stride = (0, 0, -0.5 * distance / steps)  # a foot is lifted during the opposite swing
    half = steps / 2
    return (
        *shift("travel", (0, 0, distance), window),
        Move("left_foot", stride, walking, swings=half),
        Move("right_foot", stride, walking, swings=half, phase=0.5),
        Move("left_foot", (0, 0.12, 0), walking, visits=half),
        Move("right_foot", (0, 0.12, 0), walking, visits=half, phase=0.5),
    )


def run_on_the_spot(lift: Vector, swings: int, window: Window) -> Script:
    """Lift the feet to `lift` in turn, with the arms bent and swinging."""
    return (
        Move("left_foot", lift, window, visits=swings),
        Move("right_foot", lift, window, visits=swings, phase=0.5),
        *both((0.22, -0.28, 0.25), window),
        *rub((0, 0.08, 0.14), swings, window),
    )


def kick(reach: Vector, window: Window, side: Side = "right") -> Script:
    """Move a foot back and then kick with it, standing on the other leg."""
    a, b, c, d = window
    ready = (a, a + 0.4 * (b - a), a + 0.4 * (b - a) + 0.01, b)
    return (
        shift("hips", (-0.07 if side == "right" else 0.07, -0.02, 0), window)
        + shift(f"{side}_foot", (0, 0.2, -0.35), ready)
        + shift(f"{side}_foot", reach, (a + 0.5 * (b - a), b, c, d))
        + lean(-10, (b, b + 0.02, c, d))
    )


SEAT: Vector = (0, -0.42, -0.40)
SEATED: Script = shift("hips", SEAT, ALWAYS) + lean(6, ALWAYS) + both("lap", ALWAYS)
FLINCH: Script = lean(-18, ANSWER) + nod(-15, ANSWER) + step(-0.2, 1, (0.45, 0.65, 8, 9))


def sit_down(window: Window = STAY) -> Script:
    """Lean forward, lower the hips to a seat and put the hands on the lap."""
    start, end = window[:2]
    middle = 0.5 * (start + end)
    leaning = lean(32, (start, middle, middle + 0.02, end + 0.08))
    return shift("hips", SEAT, window) + leaning + both("lap", window)


def fall(window: Window = STAY) -> Script:
    """Bend the knees and fall backward to the floor."""
    start, end = window[:2]
    early, late = (start, end - 0.1, *window[2:]), (start + 0.1, end, *window[2:])
    return (
        shift("hips", (0, -0.30, -0.1), early)
        + shift("turn", (-84, 0, 25), late)
        + shift("travel", (0, 0.1, -0.2), late)
        + both("beside", (start, start + 0.15, end, end + 0.2))
    )


def rewind(script: Script) -> Script:
    """Reverse a script in time, such as putting on a jacket to taking it off."""
    return tuple(replace(move, window=_reversed(*move.window)) for move in script)


def _reversed(rise: float, top: float, fall: float, end: float) -> Window:
    return 1 - end, 1 - fall, 1 - top, 1 - rise
