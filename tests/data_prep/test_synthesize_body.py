"""Tests of the body model and the motion scripts against geometry worked out by hand."""

import numpy as np
import pytest

from action_rec.skeletons.joint_sets import KINECT_V2
from action_rec.skeletons.ntu import TWO_PERSON_ACTIONS
from data_prep.synthesis.actions import PAIRS, SOLO
from data_prep.synthesis.body import CONTROL, Array, Proportions, pose, rotation
from data_prep.synthesis.motion_primitives import rewind, shift, sit_down
from data_prep.synthesis.moves import MotionStyle, Script, play

SCRIPTS: list[Script] = [*SOLO.values(), *(p.first for p in PAIRS.values())]
SCRIPT_IDS = [*map(str, SOLO), *map(str, PAIRS)]
JOINT = {name: index for index, name in enumerate(KINECT_V2.joints)}


def act(script: Script, style: MotionStyle | None = None, frames: int = 61) -> Array:
    return pose(play(script, style or MotionStyle(), frames), Proportions())


def at(joints: Array, name: str) -> Array:
    return joints[:, JOINT[name]]


def distance(joints: Array, one: str, other: str) -> Array:
    length: Array = np.linalg.norm(at(joints, one) - at(joints, other), axis=-1)
    return length


def test_standing_body_has_the_lengths_of_a_person_of_170_cm() -> None:
    joints = act(())[0]
    heights = dict(zip(KINECT_V2.joints, joints[:, 1], strict=True))
    assert heights["spine base"] == pytest.approx(0.08 + 0.40 + 0.41)
    assert heights["spine mid"] == pytest.approx(0.89 + 0.28)
    assert heights["spine shoulder"] == pytest.approx(1.17 + 0.22)
    assert heights["head"] == pytest.approx(1.39 + 0.06 + 0.13)
    assert joints[JOINT["right shoulder"], 0] == pytest.approx(0.17)
    assert joints[JOINT["left shoulder"], 0] == pytest.approx(-0.17)
    assert heights["left ankle"] == pytest.approx(0.08)


@pytest.mark.parametrize(
    ("degrees", "vector", "expected"),
    [
        pytest.param((90, 0, 0), (0, 1, 0), (0, 0, -1), id="lean-takes-up-forward"),
        pytest.param((0, 90, 0), (0, 1, 0), (1, 0, 0), id="bend-takes-up-to-the-right"),
        pytest.param((0, 0, 90), (0, 0, -1), (1, 0, 0), id="turn-takes-forward-to-the-right"),
        pytest.param((90, 0, 90), (0, 1, 0), (1, 0, 0), id="lean-comes-before-turn"),
    ],
)
def test_rotation(
    degrees: tuple[float, ...], vector: tuple[float, ...], expected: tuple[float, ...]
) -> None:
    np.testing.assert_allclose(rotation(degrees) @ vector, expected, atol=1e-12)


def test_a_hand_within_reach_is_placed_exactly() -> None:
    controls = play((), MotionStyle(), 1)
    controls[0, CONTROL["right_hand"]] = (0.10, 0.05, 0.40)  # outward, up, forward
    joints = pose(controls, Proportions())
    np.testing.assert_allclose(at(joints, "right hand")[0], (0.10, 1.39 + 0.05, -0.40), atol=1e-12)


@pytest.mark.parametrize("script", SCRIPTS, ids=SCRIPT_IDS)
def test_bones_keep_their_lengths_and_knees_bend_forward(script: Script) -> None:
    joints = act(script)
    for side in ("left", "right"):
        for bone, length in (
            (("shoulder", "elbow"), 0.28),
            (("elbow", "wrist"), 0.24),
            (("hip", "knee"), 0.41),
            (("knee", "ankle"), 0.40),
        ):
            one, other = (f"{side} {joint}" for joint in bone)
            np.testing.assert_allclose(distance(joints, one, other), length, atol=1e-9)
        assert distance(joints, f"{side} hip", f"{side} ankle").max() < 0.81
    hip_line = at(joints, "right hip") - at(joints, "left hip")
    for side in ("left", "right"):
        thigh = at(joints, f"{side} knee") - at(joints, f"{side} hip")
        shin = at(joints, f"{side} ankle") - at(joints, f"{side} knee")
        # A knee that bends forward turns the shin about the axis that points to the right.
        bending = -np.sum(np.cross(thigh, shin) * hip_line, axis=1)
        assert bending.min() > -1e-9


@pytest.mark.parametrize("script", SCRIPTS, ids=SCRIPT_IDS)
def test_left_handed_motion_is_the_mirror_image(script: Script) -> None:
    right, left = act(script), act(script, MotionStyle(left_handed=True))
    other = {"left": "right", "right": "left"}
    names = [name.split(maxsplit=1) for name in KINECT_V2.joints]
    swapped = [JOINT[" ".join([other.get(first, first), *rest])] for first, *rest in names]
    np.testing.assert_allclose(left, right[:, swapped] * (-1, 1, 1), atol=1e-9)


@pytest.mark.parametrize("script", SCRIPTS, ids=SCRIPT_IDS)
def test_the_lowest_joint_is_at_the_floor(script: Script) -> None:
    lowest = act(script)[..., 1].min(axis=1)
    assert lowest.min() > -0.06
    assert lowest[0] < 0.15


def test_every_action_has_a_different_script() -> None:
    assert sorted([*SOLO, *PAIRS]) == list(range(1, 121))
    assert set(PAIRS) == TWO_PERSON_ACTIONS
    motions = np.stack([play(script, MotionStyle(), 41) for script in SOLO.values()])
    for index, motion in enumerate(motions[:-1]):
        apart = np.abs(motions[index + 1 :] - motion).max(axis=(1, 2, 3))
        assert apart.min() > 0.03


def test_rewind_reverses_the_controls_in_time() -> None:
    forward, backward = (
        play(sit_down(), MotionStyle(), 41),
        play(rewind(sit_down()), MotionStyle(), 41),
    )
    np.testing.assert_allclose(backward, forward[::-1], atol=1e-12)
    assert np.ptp(forward[:, CONTROL["hips"], 1]) == pytest.approx(0.42)


def test_a_window_rises_holds_and_falls() -> None:
    controls = play(shift("travel", (0, 0, 2.0), (0.2, 0.4, 0.6, 0.8)), MotionStyle(), 11)
    course = controls[:, CONTROL["travel"], 2]
    np.testing.assert_allclose(course, [0, 0, 0, 1, 2, 2, 2, 1, 0, 0, 0], atol=1e-12)


def test_onset_and_span_place_the_action_in_the_recording() -> None:
    script = shift("travel", (0, 0, 2.0), (0.0, 0.5, 8, 9))
    course = play(script, MotionStyle(onset=0.2, span=0.4), 11)[:, CONTROL["travel"], 2]
    np.testing.assert_allclose(course[:3], 0, atol=1e-12)
    assert course[3] == pytest.approx(1.0)
    np.testing.assert_allclose(course[4:], 2.0)


@pytest.mark.parametrize(
    ("action", "joint", "target", "metres"),
    [
        pytest.param(1, "right hand", "head", 0.25, id="drink"),
        pytest.param(28, "right hand", "head", 0.25, id="phone"),
        pytest.param(38, "right hand", "head", 0.25, id="salute"),
        pytest.param(39, "right hand", "left hand", 0.12, id="palms-together"),
        pytest.param(46, "right hand", "spine mid", 0.35, id="touch-back"),
        pytest.param(16, "right hand", "right foot", 0.45, id="wear-shoe"),
    ],
)
def test_hands_reach_their_targets(action: int, joint: str, target: str, metres: float) -> None:
    assert distance(act(SOLO[action]), joint, target).min() < metres


@pytest.mark.parametrize(
    ("action", "joint", "start", "end"),
    [
        pytest.param(8, "head", 1.58, 1.14, id="sit-down"),
        pytest.param(9, "head", 1.14, 1.58, id="stand-up"),
        pytest.param(43, "head", 1.58, 0.12, id="fall"),
        pytest.param(27, "head", 1.58, 1.58, id="jump-and-land"),
    ],
)
def test_heights_at_start_and_end(action: int, joint: str, start: float, end: float) -> None:
    height = at(act(SOLO[action]), joint)[:, 1]
    np.testing.assert_allclose(height[[0, -1]], (start, end), atol=0.06)


def test_a_jump_leaves_the_floor() -> None:
    assert act(SOLO[27])[..., 1].min(axis=1).max() == pytest.approx(0.35 + 0.02, abs=0.05)
