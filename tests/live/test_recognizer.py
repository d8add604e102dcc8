"""A recognizer on the frames of one stream: the same as the network on the whole sequence."""

import re
from typing import Any

import numpy as np
import pytest
import torch

from action_rec.errors import InputError
from action_rec.live import LiveRecognizer
from action_rec.live.recognizer import caution_of
from tests.live.engines import person, small_engine, small_network
from tests.live.networks import CLASSES


def test_frames_give_what_the_network_gives_for_the_whole_sequence() -> None:
    recognizer = LiveRecognizer(small_engine())
    frames = person(0, 12)
    steps = recognizer.forward_steps(frames)
    clip = torch.tensor(frames - frames[0, 1], dtype=torch.float32)[None, :, None]
    network = small_network()
    with torch.inference_mode():
        whole = [network(clip[:, :end]).softmax(dim=1)[0] for end in range(1, 13)]
    np.testing.assert_allclose(steps, torch.stack(whole), rtol=0, atol=1e-5)
    assert recognizer.label(steps[-1]) in CLASSES


def test_pieces_give_what_the_whole_gives_exactly() -> None:
    recognizer = LiveRecognizer(small_engine(frame_step=2))
    frames = person(0, 12)
    whole = recognizer.forward_steps(frames)
    recognizer.clean_state()
    first = recognizer.forward_steps(frames[:5])
    state = recognizer.get_state()
    rest = recognizer.forward_steps(frames[5:])
    np.testing.assert_array_equal(np.concatenate((first, rest)), whole)
    other = LiveRecognizer(small_engine(frame_step=2))
    other.set_state(state)
    np.testing.assert_array_equal(other.forward_steps(frames[5:]), whole[5:])
    recognizer.set_state(state)  # it has not been changed by the other
    np.testing.assert_array_equal(recognizer.forward_steps(frames[5:]), whole[5:])


def test_a_look_ahead_leaves_the_state() -> None:
    recognizer = LiveRecognizer(small_engine())
    frames = person(0, 6)
    recognizer.forward_step(frames[0])
    looked = recognizer.forward_step(frames[1], update_state=False)
    recognizer.forward_steps(frames[2:], update_state=False)
    np.testing.assert_array_equal(recognizer.forward_step(frames[1]), looked)


def test_every_kth_frame_is_seen_and_its_label_repeated() -> None:
    every = LiveRecognizer(small_engine()).forward_steps(person(0, 7)[::3])
    third = LiveRecognizer(small_engine(frame_step=3)).forward_steps(person(0, 7))
    np.testing.assert_array_equal(third, every[[0, 0, 0, 1, 1, 1, 2]])


def test_frames_without_anybody_are_left_out() -> None:
    frames = person(0, 6)
    empty = np.zeros((5, 3))
    with_gaps = np.stack([empty, frames[0], np.full((5, 3), np.nan), *frames[1:], empty])
    steps = LiveRecognizer(small_engine()).forward_steps(with_gaps)
    np.testing.assert_array_equal(steps[0], np.full(4, 0.25))
    wanted = LiveRecognizer(small_engine()).forward_steps(frames)
    np.testing.assert_array_equal(steps[[1, *range(3, 8)]], wanted)
    np.testing.assert_array_equal(steps[2], steps[1])
    np.testing.assert_array_equal(steps[-1], steps[-2])


def test_the_unit_is_converted() -> None:
    metres = LiveRecognizer(small_engine(body_size=0.6)).forward_steps(person(0, 5))
    recognizer = LiveRecognizer(small_engine(body_size=0.6), unit="millimetre")
    np.testing.assert_allclose(recognizer.forward_steps(1000 * person(0, 5)), metres, atol=1e-5)
    with pytest.raises(InputError, match="one cannot be converted to the other"):
        LiveRecognizer(small_engine(), unit="pixel")


@pytest.mark.parametrize(
    ("frame", "needs"),
    [
        (np.ones((4, 3)), r"joints of shape \(4, 3\), but .* 5 joints"),
        (np.ones((5, 2)), r"joints of shape \(5, 2\)"),
        (np.ones((2, 5, 3)), "2 bodies, but the network was trained on 1"),
        (np.ones(5), r"joints of shape"),
        ([["a", 1, 2]] * 5, "a list of numbers"),
        ([[1, 2, 3]] * 4 + [[1]], "a list of numbers"),
        ([[1, 2, 3]] * 4 + [[1, 2, np.nan]], "joint 'right foot' is not a number"),
        ([[1, 2, 3]] * 4 + [[1, 2, 1e20]], "a coordinate is 1e"),
        (1000 * person(0, 1)[0], "a body has the size .* name their unit with unit"),
    ],
)
def test_other_frames_are_refused_and_the_stream_goes_on(frame: Any, needs: str) -> None:  # noqa: ANN401
    engine = small_engine(body_size=0.6, rules={"name": "as recorded", "missing": "reject"})
    recognizer = LiveRecognizer(engine)
    frames = person(0, 4)
    recognizer.forward_steps(frames[:2])
    with pytest.raises(InputError, match=needs):
        recognizer.forward_step(frame)
    with pytest.raises(InputError, match=needs):
        recognizer.forward_steps([frames[2], frame])
    wanted = LiveRecognizer(engine).forward_steps(frames)[2:]
    np.testing.assert_array_equal(recognizer.forward_steps(frames[2:]), wanted)


def test_joints_that_are_not_a_number_may_count_as_not_detected() -> None:
    frames = person(0, 4)
    frames[2, 3] = 0
    engine = small_engine(rules={"name": "as recorded", "missing": "zero", "origin": ["hip"]})
    wanted = LiveRecognizer(engine).forward_steps(frames)
    frames[2, 3] = np.nan
    np.testing.assert_array_equal(LiveRecognizer(engine).forward_steps(frames), wanted)


def test_a_state_of_another_network_is_refused() -> None:
    state = LiveRecognizer(small_engine(bodies=2)).get_state()
    with pytest.raises(InputError, match="use a state of the same checkpoint"):
        LiveRecognizer(small_engine()).set_state(state)


def test_a_network_of_clips_is_accepted_with_a_caution() -> None:
    engine = small_engine()
    assert caution_of(engine) is None
    engine.sampling = "segments"
    assert re.search("sampling: segments.*--data.sampling frames", caution_of(engine) or "")
