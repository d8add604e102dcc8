"""Several people: each has the result that it has alone, whoever else comes and goes."""

import numpy as np
import pytest
from numpy.typing import NDArray

from action_rec.errors import InputError
from action_rec.live import LiveBodies, LiveRecognizer
from action_rec.live.bodies import Recognized
from tests.live.engines import person, small_engine


def probabilities_of(name: int, steps: list[list[Recognized]]) -> NDArray[np.float32]:
    return np.stack([one.probabilities for step in steps for one in step if one.bodies == (name,)])


@pytest.mark.parametrize("frame_step", [1, 3])
@pytest.mark.parametrize("seed", range(3))
def test_bodies_that_come_and_go_have_the_result_they_have_alone(
    seed: int, frame_step: int
) -> None:
    engine = small_engine(frame_step=frame_step)
    random = np.random.default_rng(seed)
    people = [person(index, 40) for index in range(5)]
    there = random.random((40, 5)) < 0.6
    live = LiveBodies(engine, gone_after=100)
    steps = []
    for frame in range(40):
        names = random.permutation(np.flatnonzero(there[frame])).tolist()
        steps.append(live.forward_step({name: people[name][frame] for name in names}))
        assert [one.bodies for one in steps[-1]] == [(name,) for name in names]
    for name, frames in enumerate(people):
        alone = LiveRecognizer(engine).forward_steps(frames[there[:, name]])
        np.testing.assert_allclose(probabilities_of(name, steps), alone, rtol=0, atol=1e-6)


def test_a_body_that_was_gone_for_the_set_time_starts_anew() -> None:
    engine, frames = small_engine(), person(0, 6)
    other = person(1, 20)
    for gap, starts_anew in ((3, False), (4, True)):
        live = LiveBodies(engine, gone_after=3)
        steps = [live.forward_step({0: frame}) for frame in frames[:3]]
        steps += [live.forward_step({1: other[index]}) for index in range(gap)]
        steps += [live.forward_step({0: frame}) for frame in frames[3:]]
        whole = LiveRecognizer(engine).forward_steps(frames)
        anew = LiveRecognizer(engine).forward_steps(frames[3:])
        wanted = np.concatenate((whole[:3], anew)) if starts_anew else whole
        np.testing.assert_allclose(probabilities_of(0, steps), wanted, rtol=0, atol=1e-6)


def test_states_stay_bounded_and_those_gone_longest_end_first() -> None:
    engine = small_engine()
    live = LiveBodies(engine, gone_after=1000, max_bodies=3)
    frames = person(0, 4)
    for name in range(50):
        live.forward_step({name: frames[0]})
        assert live.number <= 3
    with pytest.raises(InputError, match="4 bodies, more than the 3"):
        live.forward_step(dict.fromkeys(range(4), frames[0]))
    (step,) = live.forward_step({49: frames[1]})
    wanted = LiveRecognizer(engine).forward_steps(frames[:2])[1]
    np.testing.assert_allclose(step.probabilities, wanted, rtol=0, atol=1e-6)


def test_a_body_that_cannot_be_used_is_left_out_and_the_others_go_on() -> None:
    engine = small_engine(rules={"name": "as recorded", "missing": "reject"})
    live = LiveBodies(engine)
    frames = person(0, 4)
    broken = frames[0].copy()
    broken[2, 1] = np.nan
    steps = []
    for frame in frames:
        steps.append(live.forward_step({"a": broken, 0: frame, "b": [[1]], "c": np.zeros((5, 3))}))
        assert {name: problem[:14] for name, problem in live.problems.items()} == {
            "a": "joint 'hand' i",
            "b": "a body has joi",
        }
    wanted = LiveRecognizer(engine).forward_steps(frames)
    np.testing.assert_allclose(probabilities_of(0, steps), wanted, rtol=0, atol=1e-6)


def test_a_network_for_two_sees_a_body_alone_with_each() -> None:
    engine, frames = small_engine(bodies=2), person(0, 4)
    live = LiveBodies(engine, people="each")
    steps = [live.forward_step({0: frame, 1: frame + 1}) for frame in frames]
    wanted = LiveRecognizer(engine).forward_steps(frames)
    np.testing.assert_allclose(probabilities_of(0, steps), wanted, rtol=0, atol=1e-6)


def test_a_network_for_two_sees_a_scene_in_the_order_of_appearance() -> None:
    engine = small_engine(bodies=2)
    live = LiveBodies(engine, gone_after=2)
    first, second, third = (person(index, 8) for index in range(3))
    empty = np.zeros((5, 3))
    steps, pairs = [], []
    for frame in range(8):
        bodies: dict[int | str, NDArray[np.float64]] = {}
        bodies |= {"third": third[frame]} if frame > 1 else {}
        pairs.append([first[frame] if frame < 3 else empty, second[frame] if frame else empty])
        bodies |= {"second": second[frame]} if frame else {}
        bodies |= {"first": first[frame]} if frame < 3 else {}
        if frame >= 5:  # the first has been gone for longer than two frames
            pairs[-1][0] = third[frame]
        steps += live.forward_step(bodies)
    wanted = LiveRecognizer(engine).forward_steps(pairs)
    np.testing.assert_allclose([s.probabilities for s in steps], wanted, rtol=0, atol=1e-6)
    named = [step.bodies for step in steps]
    assert named == [
        ("first",),
        *[("first", "second")] * 2,
        *[("second",)] * 2,
        *[("third", "second")] * 3,
    ]


def test_by_the_rules_of_sgn_who_moves_takes_the_place_of_a_ghost() -> None:
    rules = {"name": "sgn", "min_frames": 3, "max_spread": 0.8, "max_invalid_share": 0.7}
    engine = small_engine(bodies=2, rules=rules | {"max_bodies": 1})
    live = LiveBodies(engine)
    table = np.array([[0, 0, 1], [2, 0.1, 1], [1, 0, 1], [0, 0.1, 1], [1, 0.1, 1]])
    upright = np.array([[0, 1, 1], [0, 0.1, 1], [0.2, 0.5, 1], [0, -1, 1], [0.1, -1, 1]])
    named = []
    for frame in range(7):
        moved = upright + np.array([0.1 * frame, 0, 0])
        bodies = {"table": table} | ({"man": moved} if frame > 1 else {})
        named.append([step.bodies for step in live.forward_step(bodies)])
    assert named == [*[[("table",)]] * 4, [], *[[("man",)]] * 2]
