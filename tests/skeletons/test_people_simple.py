"""The rules energy, first and all, on bodies whose energy can be worked out by hand."""

import numpy as np
import pytest

from action_rec.errors import InputError
from action_rec.skeletons.people import Rules
from action_rec.skeletons.people_preparation import PeoplePreparation
from action_rec.skeletons.people_simple import EnergyRules, FirstRules, KeepAll
from action_rec.skeletons.recording import Body, Recording


def swaying(body_id: int, frames: list[int], sway: float) -> Body:
    """A body at one point that sways by +-sway metres along x: its energy is `sway` metres."""
    joints = np.tile([0.0, 0.0, 3.0], (len(frames), 25, 1))
    joints[0::2, :, 0] += sway
    joints[1::2, :, 0] -= sway
    return Body(body_id, np.array(frames), joints)


# In order of first appearance; body 2 returns as body 4.
BODIES = (
    swaying(1, [0, 1], 0.1),
    swaying(2, [1, 2], 0.3),
    swaying(3, [2, 3, 4, 5], 0.2),
    swaying(4, [8, 9], 0.3),
)
CHOSEN: dict[str, tuple[Rules, list[int], int, str]] = {
    "energy": (
        EnergyRules(),
        [2, 4],
        4,
        "body 2 is actor 1: energy 0.300 m; body 4 is actor 2: energy 0.300 m; "
        "body 3 dropped: energy 0.200 m is less; body 1 dropped: energy 0.100 m is less; "
        "6 frames without an actor left out",
    ),
    "one of most energy": (
        EnergyRules(max_bodies=1),
        [2],
        2,
        "body 2 is actor 1: energy 0.300 m; body 4 dropped: energy 0.300 m is less; "
        "body 3 dropped: energy 0.200 m is less; body 1 dropped: energy 0.100 m is less; "
        "8 frames without an actor left out",
    ),
    "first": (
        FirstRules(),
        [1, 2],
        3,
        "body 1 is actor 1; body 2 is actor 2; body 3 dropped: 2 appear before it; "
        "body 4 dropped: 2 appear before it; 7 frames without an actor left out",
    ),
    "all": (
        KeepAll(),
        [1, 2, 3, 4],
        8,
        "body 1 is actor 1; body 2 is actor 2; body 3 is actor 3; body 4 is actor 4; "
        "2 frames without an actor left out",
    ),
}


@pytest.mark.parametrize(("rules", "ids", "length", "decision"), CHOSEN.values(), ids=CHOSEN)
def test_who_is_kept_and_what_is_said(
    rules: Rules, ids: list[int], length: int, decision: str
) -> None:
    chosen = PeoplePreparation(rules).prepare(Recording(10, BODIES))
    assert chosen.decision == decision
    assert chosen.recorded_frames == 10
    kept = [body for body_id in ids for body in BODIES if body.body_id == body_id]
    frames = sorted({frame for body in kept for frame in body.frames.tolist()})
    assert chosen.poses.shape == (length, len(ids), 25, 3) == (len(frames), len(kept), 25, 3)
    for actor, body in enumerate(kept):
        expected = np.zeros((length, 25, 3))
        for frame, joints in zip(body.frames.tolist(), body.joints, strict=True):
            expected[frames.index(frame)] = joints - chosen.origin
        np.testing.assert_allclose(chosen.poses[:, actor], expected, atol=1e-6)
    np.testing.assert_array_equal(chosen.origin, kept[0].joints[0, 1])


@pytest.mark.parametrize("rules", [EnergyRules(), FirstRules(), KeepAll()], ids=lambda r: r.name)
def test_one_body_is_no_decision(rules: Rules) -> None:
    alone = Recording(2, (swaying(1, [0, 1], 0.1),))
    assert PeoplePreparation(rules).prepare(alone).decision == ""


def test_a_leftout_frame_is_one_frame() -> None:
    chosen = PeoplePreparation(KeepAll()).prepare(Recording(3, (swaying(1, [0, 2], 0.1),)))
    assert chosen.decision == "1 frame without an actor left out"


def test_too_many_bodies_are_refused_rather_than_squared() -> None:
    bodies = tuple(swaying(index, [index], 0.1) for index in range(51))
    with pytest.raises(InputError, match="it has 51 bodies, more than the 50 that can be kept"):
        PeoplePreparation(KeepAll()).prepare(Recording(51, bodies))


def test_actors_and_frames_together_have_a_limit() -> None:
    bodies = tuple(swaying(index, list(range(index, 5001, 50)), 0.1) for index in range(50))
    with pytest.raises(InputError, match="its 50 actors in 5,001 frames would take more than the"):
        PeoplePreparation(KeepAll()).prepare(Recording(5001, bodies))


def test_empty_frames_cost_no_memory() -> None:
    # An array of all frames would need 60 TB.
    chosen = PeoplePreparation(FirstRules()).prepare(
        Recording(10**11, (swaying(1, [0, 10**11 - 1], 0.1),))
    )
    assert chosen.poses.shape == (2, 1, 25, 3)


def test_a_joint_at_the_moon_is_refused() -> None:
    with pytest.raises(InputError, match=r"body 5 has a joint 1e\+300 m away, .* less than 10 m"):
        PeoplePreparation(EnergyRules()).prepare(Recording(2, (swaying(5, [0, 1], 1e300),)))
