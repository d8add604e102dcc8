"""The loss of every frame and the metrics of early recognition, worked out by hand."""

import math

import numpy as np
import pytest
import torch

from action_rec.training.frame_by_frame import frame_results, rising_loss


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_the_loss_rises_over_each_recording(smoothing: float) -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(2, 6, 3))
    label = np.array([[2, 2, 0, 0, 0, 0], [1, 1, 1, 1, 0, 0]])
    position = np.array([[1, 2, 1, 2, 3, 4], [1, 2, 3, 4, 0, 0]])
    duration = np.array([[2, 2, 4, 4, 4, 4], [4, 4, 4, 4, 0, 0]])
    total = 0.0
    for clip, frames in ((0, range(2)), (0, range(2, 6)), (1, range(4))):
        weights = np.arange(1, len(frames) + 1) / len(frames)
        weights /= weights.mean()
        entropies = []
        for t in frames:
            log = logits[clip, t] - np.log(np.exp(logits[clip, t]).sum())
            target = np.full(3, smoothing / 3)
            target[label[clip, t]] += 1 - smoothing
            entropies.append(-(target * log).sum())
        total += float(np.mean(weights * entropies))
    logits[1, 4:] = np.nan  # what stands in padding does not matter
    given = [torch.from_numpy(one) for one in (logits, label, position, duration)]
    loss = rising_loss(given[0], given[1], given[2], given[3], smoothing)
    assert float(loss) == pytest.approx(total / 3, rel=1e-12)


def of(right: list[list[int]]) -> torch.Tensor:
    """Logits whose label is 0 where `right` is 1, and 1 elsewhere."""
    flags = torch.tensor(right)
    return torch.stack((flags, 1 - flags), dim=2).float()


def test_metrics_of_a_recording() -> None:
    #  After 10 % to 100 % of 5 frames: 1 1 2 2 3 3 4 4 5 5 frames.
    results = frame_results(of([[0, 1, 0, 1, 1]]), torch.tensor([0]), None)
    assert results.at_shares.tolist() == [[False] * 2 + [True] * 2 + [False] * 2 + [True] * 4]
    assert results.auc.tolist() == pytest.approx([0.6])
    assert (results.right.tolist(), results.frames.tolist()) == ([3], [5])
    assert results.settled.tolist() == [4]  # right after four frames, and from then on


def test_the_label_settles_when_it_is_right_for_good() -> None:
    logits = of([[1, 1, 1, 1], [0, 0, 0, 1], [1, 1, 1, 0], [1, 0, 1, 0]])
    lengths = torch.tensor([4, 4, 4, 3])
    logits[3, 3] = math.nan  # padding
    results = frame_results(logits, torch.zeros(4, dtype=torch.int64), lengths)
    assert results.settled.tolist() == [1, 4, 0, 3]
    assert results.right.tolist() == [4, 1, 3, 2]
    assert results.frames.tolist() == [4, 4, 4, 3]
    assert results.at_shares[3].tolist() == [True] * 3 + [False] * 3 + [True] * 4


def test_logits_that_are_not_finite_name_no_class() -> None:
    logits = of([[1, 1]])
    logits[0, 1] = math.nan
    results = frame_results(logits, torch.tensor([0]), None)
    assert results.right.tolist() == [1]
    assert results.settled.tolist() == [0]


def test_no_sequences_have_no_results() -> None:
    results = frame_results(torch.zeros(0, 1, 3), torch.zeros(0, dtype=torch.int64), None)
    assert [len(one) for one in results] == [0, 0, 0, 0]
    assert results.auc.shape == (0,)
