"""Probabilities over time: what is kept of the logits, and the file."""

from pathlib import Path

import numpy as np
import pytest
import torch

from action_rec.errors import InputError
from action_rec.evaluation.over_time import OverTime, Readings, readings


def test_the_true_class_and_the_likely_ones_are_kept_without_padding() -> None:
    logits = torch.zeros(2, 4, 7, dtype=torch.float64)
    logits[0, :, 3] = torch.tensor([0.0, 2.0, 4.0, 9.0])
    logits[1, 1, 6] = 3.0
    logits[1, 2:] = 50 * torch.eye(7, dtype=torch.float64)[4]  # padding
    classes, counts, probabilities = readings(logits, torch.tensor([1, 6]), torch.tensor([4, 2]))
    assert counts.tolist() == [4, 2]
    assert classes[:, 0].tolist() == [1, 6]
    assert classes[0, 1] == 3
    assert 4 not in classes[1, :1]
    assert classes.shape == (2, 5)
    assert probabilities.shape == (6, 5)
    for t in range(4):
        likely = np.exp(float(logits[0, t, 3]))
        assert abs(probabilities[t, 1] / 255 - likely / (likely + 6)) <= 0.5 / 255
    assert abs(probabilities[5, 0] / 255 - np.exp(3) / (np.exp(3) + 6)) <= 0.5 / 255


def test_all_frames_count_without_lengths() -> None:
    logits = torch.zeros(2, 3, 2, dtype=torch.float64)
    classes, counts, probabilities = readings(logits, torch.tensor([1, 0]), None)
    assert counts.tolist() == [3, 3]
    assert classes.tolist() == [[1, 0], [0, 1]]
    assert set(probabilities.ravel().tolist()) == {128}  # of 127.5, to even


def over_time(step: int) -> OverTime:
    """Sequences b, read 3 times, and a, read twice; the probability is the number of the row."""
    first = Readings(np.array([[4, 2]], np.uint16), np.array([3]), np.array([[0], [1], [2]]))
    second = Readings(np.array([[1, 0]], np.uint16), np.array([2]), np.array([[3], [4]]))
    parts = [
        one._replace(probabilities=one.probabilities.repeat(2, axis=1).astype(np.uint8))
        for one in (first, second)
    ]
    return OverTime.join(np.array(["b", "a"]), parts, step)


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        (2, [0, 0, 1, 1, 2]),  # read after the frames 0, 2 and 4
        (1, [0, 1, 2, 2, 2]),
        (0, [0, 0, 1, 1, 2]),  # three frames of a clip that are spread over five
    ],
)
def test_a_frame_shows_the_last_reading_up_to_it(step: int, expected: list[int]) -> None:
    found = over_time(step).after("b", np.arange(5), 5)
    assert found is not None
    assert found[0] == [4, 2]
    assert found[1][:, 0].tolist() == expected
    assert over_time(step).after("c", np.arange(5), 5) is None


def test_the_file_gives_back_what_was_written(tmp_path: Path) -> None:
    path = tmp_path / "over_time.npz"
    over_time(2).write(path)
    read = OverTime.read(path, 5)
    assert read.names.tolist() == ["a", "b"]
    assert read.frame_step == 2
    assert read.readings.probabilities[:, 0].tolist() == [3, 4, 0, 1, 2]
    with pytest.raises(InputError, match="a class is above 3"):
        OverTime.read(path, 4)
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(InputError, match="cannot be read as probabilities over time"):
        OverTime.read(path, 5)


def test_numbers_that_contradict_each_other_are_refused() -> None:
    good = over_time(1)
    classes, counts, probabilities = good.readings
    for bad in (
        Readings(classes, counts + 1, probabilities),
        Readings(classes, np.array([5, 0]), probabilities),
        Readings(classes[:1], counts, probabilities),
        Readings(classes, counts, probabilities[:, :1]),
        Readings(classes[:, :, None], counts, probabilities[:, :, None]),
        Readings(classes, np.array([2**62, 2**62]), probabilities),
    ):
        with pytest.raises(ValueError, match="do not match"):
            OverTime(good.names, bad, 1)
