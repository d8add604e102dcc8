"""Tests of the sampling of frames: the rule of the IndRNN papers, positions, random keys."""

import numpy as np
import pytest
from numpy.typing import NDArray

from action_rec.data.sampling import (
    clip_frames,
    clip_positions,
    name_keys,
    seed_keys,
    splitmix64,
    uniforms,
)

CLIPS = 400


def draw(length: int, clip_len: int) -> NDArray[np.int64]:
    """Return the frames (CLIPS, clip_len) of many clips of sequences of one length."""
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
def test_a_medium_sequence_gives_a_window(length: int, clip_len: int) -> None:
    frames = draw(length, clip_len)
    assert (np.diff(frames, axis=1) == 1).all()
    assert set(frames[:, 0]) == set(range(length - clip_len + 1))


@pytest.mark.parametrize(("length", "clip_len"), [(1, 20), (13, 20), (20, 20), (1, 1)])
def test_a_short_sequence_is_padded_on_both_sides(length: int, clip_len: int) -> None:
    frames = draw(length, clip_len)
    offsets = (frames >= 0).argmax(axis=1)
    assert set(offsets) == set(range(clip_len - length + 1))
    for row, offset in zip(frames, offsets, strict=True):
        expected = np.full(clip_len, -1)
        expected[offset : offset + length] = np.arange(length)
        np.testing.assert_array_equal(row, expected)


def test_a_batch_of_lengths_equals_single_calls() -> None:
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


def test_splitmix64_matches_the_reference() -> None:
    # The first output of the reference implementation for the seeds 0 and 1234567.
    outputs = splitmix64(np.array([0, 1234567], dtype=np.uint64))
    assert outputs.tolist() == [0xE220A8397B1DCDAF, 6457827717110365317]


def test_keys_depend_on_every_seed_and_on_their_order() -> None:
    keys = name_keys(["S001C001P001R001A001", "S001C001P001R001A002"])
    variants = [keys, seed_keys(keys, 0), seed_keys(keys, 0, 1), seed_keys(keys, 1, 0)]
    assert len(np.unique(np.concatenate(variants))) == 8


@pytest.mark.parametrize("share", [(1.0, 1.0), (0.5, 1.0), (0.3, 0.4)])
def test_positions_are_evenly_spaced_and_the_part_is_within_its_share(
    share: tuple[float, float],
) -> None:
    keys = seed_keys(np.arange(CLIPS, dtype=np.uint64), 7)
    positions = clip_positions(np.full(CLIPS, 41), 9, keys, share)
    assert positions.shape == (CLIPS, 9)
    steps = np.diff(positions, axis=1)
    np.testing.assert_allclose(np.ptp(steps, axis=1), np.zeros(CLIPS), atol=1e-9)
    parts = positions[:, -1] - positions[:, 0]
    assert share[0] * 40 - 1e-9 <= parts.min() <= share[0] * 40 + 0.2
    assert share[1] * 40 - 0.2 <= parts.max() <= share[1] * 40 + 1e-9
    assert positions.min() >= 0
    assert positions.max() <= 40


def test_positions_over_a_whole_sequence_include_first_and_last_frame() -> None:
    positions = clip_positions(np.array([9, 2, 1]), 5, name_keys("abc"), (1.0, 1.0))
    expected = np.array([[0, 2, 4, 6, 8], [0, 0.25, 0.5, 0.75, 1], [0.0] * 5])
    np.testing.assert_allclose(positions, expected)
    assert clip_positions(np.array([9]), 1, name_keys("a"), (1.0, 1.0)).tolist() == [[4]]


def test_random_positions_are_sorted_and_uniform_in_the_part() -> None:
    keys = seed_keys(np.arange(CLIPS, dtype=np.uint64), 7)
    evenly = clip_positions(np.full(CLIPS, 41), 4, keys, (0.5, 1.0))
    positions = clip_positions(np.full(CLIPS, 41), 4, keys, (0.5, 1.0), evenly=False)
    assert (np.diff(positions, axis=1) > 0).all()
    first, part = evenly[:, :1], evenly[:, -1:] - evenly[:, :1]
    steps = (positions - first) / part
    assert steps.min() >= 0
    assert steps.max() <= 1
    # The k-th order statistic of n uniform numbers has mean k / (n + 1), standard deviation < 0.2.
    expected = np.array([0.2, 0.4, 0.6, 0.8])
    np.testing.assert_allclose(steps.mean(axis=0), expected, atol=4 * 0.2 / CLIPS**0.5)
    whole = clip_positions(np.array([1, 9]), 4, keys[:2], (1.0, 1.0), evenly=False)
    assert whole[0].tolist() == [0, 0, 0, 0]
