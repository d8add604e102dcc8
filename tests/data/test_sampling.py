"""Which frames make a clip: the rule of the IndRNN papers, and what the choice depends on."""

import numpy as np
import pytest
from numpy.typing import NDArray

from action_rec.data.sampling import clip_frames, mix, name_keys, seed_keys, uniforms

CLIPS = 400


def draw(length: int, clip_len: int) -> NDArray[np.int64]:
    """The frames (CLIPS, clip_len) of many clips of one length."""
    keys = seed_keys(np.arange(CLIPS, dtype=np.uint64), 7)
    return clip_frames(np.full(CLIPS, length), clip_len, keys)


@pytest.mark.parametrize(("length", "clip_len"), [(40, 20), (47, 20), (300, 20), (9, 4), (5, 1)])
def test_a_long_sequence_gives_one_frame_of_each_segment(length: int, clip_len: int) -> None:
    frames = draw(length, clip_len)
    segment = length // clip_len
    for index in range(clip_len):
        first = index * segment
        end = length if index == clip_len - 1 else first + segment
        assert set(frames[:, index]) == set(range(first, end))


@pytest.mark.parametrize(("length", "clip_len"), [(21, 20), (39, 20), (5, 4), (3, 2)])
def test_a_middling_sequence_gives_a_window(length: int, clip_len: int) -> None:
    frames = draw(length, clip_len)
    assert (np.diff(frames, axis=1) == 1).all()
    assert set(frames[:, 0]) == set(range(length - clip_len + 1))


@pytest.mark.parametrize(("length", "clip_len"), [(1, 20), (13, 20), (20, 20), (1, 1)])
def test_a_short_sequence_stands_whole_among_empty_frames(length: int, clip_len: int) -> None:
    frames = draw(length, clip_len)
    offsets = (frames >= 0).argmax(axis=1)
    assert set(offsets) == set(range(clip_len - length + 1))
    for row, offset in zip(frames, offsets, strict=True):
        expected = np.full(clip_len, -1)
        expected[offset : offset + length] = np.arange(length)
        np.testing.assert_array_equal(row, expected)


def test_lengths_of_all_kinds_in_one_call_give_what_each_gives_alone() -> None:
    lengths = np.array([300, 5, 25, 20, 40, 1])
    keys = name_keys("abcdef")
    together = clip_frames(lengths, 20, keys)
    alone = [clip_frames(lengths[i : i + 1], 20, keys[i : i + 1])[0] for i in range(6)]
    np.testing.assert_array_equal(together, alone)


def test_uniforms_are_uniform_and_uncorrelated() -> None:
    draws = uniforms(name_keys(str(i) for i in range(20_000)), 3)
    assert draws.min() >= 0
    assert draws.max() < 1
    counts, _ = np.histogram(draws, bins=16, range=(0, 1))
    np.testing.assert_allclose(counts, draws.size / 16, rtol=0.06)
    assert np.abs(np.corrcoef(draws.T) - np.eye(3)).max() < 0.03


def test_mix_is_splitmix64() -> None:
    # The first output of the reference implementation for the seeds 0 and 1234567.
    outputs = mix(np.array([0, 1234567], dtype=np.uint64))
    assert outputs.tolist() == [0xE220A8397B1DCDAF, 6457827717110365317]


def test_keys_depend_on_every_seed_and_on_their_order() -> None:
    keys = name_keys(["S001C001P001R001A001", "S001C001P001R001A002"])
    variants = [keys, seed_keys(keys, 0), seed_keys(keys, 0, 1), seed_keys(keys, 1, 0)]
    assert len(np.unique(np.concatenate(variants))) == 8
