"""Choosing people: each rule alone, on bodies small enough to work out by hand."""

import numpy as np
import pytest
from numpy.typing import NDArray

from action_rec.errors import InputError
from action_rec.skeletons.people_preparation import PeoplePreparation
from action_rec.skeletons.people_sgn import SgnRules
from action_rec.skeletons.recording import Body, Recording

RULES = SgnRules()
# Upright: 0.4 m wide, 1.6 m high; the spine mid (joint 2) at (0, 0, 3).
UPRIGHT = np.tile([0.0, 0.0, 3.0], (25, 1))
UPRIGHT[3] = (0.2, 0.8, 3)
UPRIGHT[15] = (-0.2, -0.8, 3)
WIDE = UPRIGHT * (3.3, 1, 1)


def body(
    body_id: int,
    frames: range | list[int],
    sway: float = 0.0,
    shape: NDArray[np.float64] = UPRIGHT,
    wide_frames: int = 0,
) -> Body:
    """A body that sways by +-sway metres along z: its motion is sway^2 plus that of its shape."""
    joints = np.repeat(shape[None], len(frames), axis=0)
    joints[:wide_frames] = WIDE
    joints[0::2, :, 2] += sway
    joints[1::2, :, 2] -= sway
    return Body(body_id, np.array(frames), joints)


def recording(*bodies: Body) -> Recording:
    return Recording(1 + max(int(b.frames[-1]) for b in bodies), bodies)


def test_a_single_body_is_kept_however_short_and_wide() -> None:
    chosen = PeoplePreparation(RULES).prepare(recording(body(1, range(3), shape=WIDE)))
    assert chosen.poses.shape == (3, 1, 25, 3)
    assert chosen.poses.dtype == np.float32
    assert chosen.decision == ""


def test_origin_is_the_spine_mid_of_the_first_present_frame() -> None:
    joints = np.random.default_rng(0).normal(0, 1, (2, 25, 3))
    joints[1, 7] = 0  # a joint that was recorded at 0 0 0
    chosen = PeoplePreparation(RULES).prepare(Recording(9, (Body(1, np.array([4, 6]), joints),)))
    np.testing.assert_array_equal(chosen.origin, joints[0, 1])
    np.testing.assert_array_equal(chosen.poses[0, 0, 1], np.zeros(3))
    np.testing.assert_array_equal(chosen.poses[1, 0, 7], (-joints[0, 1]).astype(np.float32))
    np.testing.assert_array_equal(chosen.poses[:, 0], (joints - joints[0, 1]).astype(np.float32))


def test_frames_without_a_body_vanish() -> None:
    frames = [2, 3, 7, 8]
    chosen = PeoplePreparation(RULES).prepare(recording(body(1, frames, sway=0.1)))
    assert chosen.poses.shape[0] == 4


@pytest.mark.parametrize(
    ("frames", "people", "decision"),
    [
        (11, 1, "body 2 dropped: 11 frames; body 1 is actor 1"),
        (12, 2, "body 1 is actor 1; body 2 is actor 2"),
    ],
    ids=["short", "long enough"],
)
def test_a_body_of_eleven_frames_is_dropped(frames: int, people: int, decision: str) -> None:
    chosen = PeoplePreparation(RULES).prepare(recording(body(1, range(20)), body(2, range(frames))))
    assert chosen.poses.shape == (20, people, 25, 3)
    assert chosen.decision == decision


def test_only_short_bodies_are_refused() -> None:
    with pytest.raises(InputError, match=r"none of its 2 bodies is in 12 frames .* is in 11\)"):
        PeoplePreparation(RULES).prepare(recording(body(1, range(11)), body(2, range(5))))


@pytest.mark.parametrize(
    ("wide_frames", "people"), [(69, 2), (70, 1)], ids=["69 of 100", "70 of 100"]
)
def test_a_body_too_wide_in_70_percent_of_its_frames_is_dropped(
    wide_frames: int, people: int
) -> None:
    ghost = body(1, range(100), wide_frames=wide_frames)
    chosen = PeoplePreparation(RULES).prepare(recording(ghost, body(2, range(100), sway=0.1)))
    assert chosen.poses.shape[1] == people
    assert ("body 1 dropped: 70% of frames too wide" in chosen.decision) == (people == 1)


def test_exactly_the_limit_is_not_too_wide() -> None:
    rules = SgnRules(max_spread=0.5)
    shape = np.zeros((25, 3))
    shape[0] = (0.5, 1, 0)  # exactly half as wide as high, in binary too
    pair = recording(body(1, range(20), shape=shape), body(2, range(20)))
    assert PeoplePreparation(rules).prepare(pair).poses.shape[1] == 2


def test_the_last_body_left_may_be_wide() -> None:
    ghosts = [body(i, range(20), shape=WIDE) for i in (1, 2)]
    chosen = PeoplePreparation(RULES).prepare(recording(*ghosts))
    assert chosen.decision == "body 1 dropped: 100% of frames too wide; body 2 is actor 1"


def test_who_moves_most_is_actor_1() -> None:
    chosen = PeoplePreparation(RULES).prepare(
        recording(body(1, range(20), sway=0.1), body(2, range(20), sway=0.2))
    )
    assert chosen.decision == "body 2 is actor 1; body 1 is actor 2"
    np.testing.assert_allclose(chosen.origin, (0, 0, 3.2))


def test_equal_motion_keeps_the_order_of_appearance() -> None:
    chosen = PeoplePreparation(RULES).prepare(recording(body(9, range(20)), body(2, range(20))))
    assert chosen.decision == "body 9 is actor 1; body 2 is actor 2"


def test_motion_in_frames_that_are_too_wide_does_not_count() -> None:
    flicker = body(1, range(20), wide_frames=10)  # 0.070 m^2 over all frames, 0.054 where upright
    sway = body(2, range(20), sway=0.1)  # 0.064 m^2
    assert (
        PeoplePreparation(RULES)
        .prepare(recording(flicker, sway))
        .decision.startswith("body 2 is actor 1")
    )


def test_a_body_that_returns_under_another_id_is_the_same_actor_at_its_true_frames() -> None:
    before, after = body(1, range(15), sway=0.2), body(2, range(20, 35), sway=0.1)
    other = body(3, range(35))
    chosen = PeoplePreparation(RULES).prepare(recording(before, after, other))
    assert chosen.decision == "body 1 is actor 1; body 2 joins actor 1; body 3 is actor 2"
    assert chosen.poses.shape == (35, 2, 25, 3)
    z = chosen.poses[:, 0, 1, 2] + chosen.origin[2]
    np.testing.assert_allclose(z[:15], np.resize([3.2, 2.8], 15), rtol=1e-6)
    np.testing.assert_allclose(z[20:], np.resize([3.1, 2.9], 15), rtol=1e-6)
    assert not chosen.poses[15:20, 0].any()
    np.testing.assert_allclose(chosen.poses[15:20, 1, 1, 2], -0.2, rtol=1e-6)


def test_a_body_that_returns_under_its_own_id_keeps_its_true_frames() -> None:
    frames = [*range(10), *range(15, 20)]
    chosen = PeoplePreparation(RULES).prepare(
        recording(body(1, frames, sway=0.2), body(2, range(20)))
    )
    assert not chosen.poses[10:15, 0].any()
    assert chosen.poses[15:, 0].any(axis=(1, 2)).all()


def test_one_shared_frame_is_no_overlap_and_the_later_body_stands_in_it() -> None:
    first, second = body(1, range(13), sway=0.2), body(2, range(12, 26), sway=0.1)
    chosen = PeoplePreparation(RULES).prepare(recording(first, second))
    assert chosen.poses.shape == (26, 1, 25, 3)
    assert chosen.poses[12, 0, 1, 2] + chosen.origin[2] == pytest.approx(3.1)


def test_a_gap_in_an_actor_is_not_free_for_a_body() -> None:
    actor = body(1, [*range(10), *range(30, 40)], sway=0.2)
    visitor = body(2, range(12, 28), sway=0.1)
    chosen = PeoplePreparation(RULES).prepare(recording(actor, visitor))
    assert chosen.decision == (
        "body 1 is actor 1; body 2 is actor 2; 4 frames without an actor left out"
    )


def test_a_third_person_is_dropped() -> None:
    bodies = [body(i, range(20), sway=0.4 - 0.1 * i) for i in (1, 2, 3)]
    chosen = PeoplePreparation(RULES).prepare(recording(*bodies))
    assert chosen.poses.shape == (20, 2, 25, 3)
    assert chosen.decision.endswith("body 3 dropped: overlaps every actor")


def test_actor_2_may_join_several_bodies() -> None:
    actor = body(1, range(40), sway=0.3)
    parts = body(2, range(15), sway=0.2), body(3, range(20, 40), sway=0.1)
    chosen = PeoplePreparation(RULES).prepare(recording(actor, *parts))
    assert chosen.decision == "body 1 is actor 1; body 2 is actor 2; body 3 joins actor 2"
    assert chosen.poses.shape == (40, 2, 25, 3)
