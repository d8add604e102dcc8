"""Statistics of the page against their definitions."""

from math import comb, sqrt

import numpy as np
import pytest

from action_rec.report.statistics import (
    calibration,
    cluster_order,
    group,
    groups_by_length,
    mcnemar,
)


@pytest.mark.parametrize(("right", "total"), [(0, 7), (7, 7), (381, 464)])
def test_interval_of_wilson(right: int, total: int) -> None:
    z = 1.959963984540054
    share = right / total
    middle = (share + z * z / (2 * total)) / (1 + z * z / total)
    half = z / (1 + z * z / total) * sqrt(share * (1 - share) / total + z * z / (4 * total**2))
    found = group("all", np.arange(total) < right)
    assert (found.low, found.high) == pytest.approx((middle - half, middle + half), abs=1e-12)


def test_mcnemar_is_the_exact_two_sided_binomial_test() -> None:
    first = np.array([True] * 10 + [False] * 5)
    second = np.array([True] * 2 + [False] * 8 + [True] * 2 + [False] * 3)
    test = mcnemar(first, second)
    assert (test.only_first, test.only_second) == (8, 2)
    tail = sum(comb(10, k) for k in range(3)) / 2**10
    assert test.p_value == pytest.approx(2 * tail)
    assert mcnemar(first, first).p_value == 1


def test_calibration_error_by_hand() -> None:
    confidence = np.array([0.95, 0.97, 0.99, 0.5, 0.51])
    right = np.array([True, True, False, False, True])
    # Bins of 1/15: 14 holds the first three, 7 the others.
    expected = (3 * abs(2.91 / 3 - 2 / 3) + 2 * abs(0.505 - 0.5)) / 5
    found = calibration(confidence, right)
    assert found.error == pytest.approx(expected)
    assert [(round(mean, 3), n) for mean, _, n in found.bins] == [(0.505, 2), (0.97, 3)]


def test_groups_by_length_hold_every_sequence_once() -> None:
    rng = np.random.default_rng(0)
    length = rng.integers(5, 60, 200)
    right = rng.random(200) < 0.7
    found = groups_by_length(length, right)
    assert sum(one.sequences for one in found) == 200
    assert sum(one.sequences * one.accuracy for one in found) == pytest.approx(right.sum())
    low, high = (int(word) for word in found[1].name.split() if word.isdigit())
    inside = (length >= low) & (length <= high)
    assert (found[1].sequences, found[1].accuracy) == (inside.sum(), right[inside].mean())


def test_confused_classes_stand_together() -> None:
    counts = np.diag([50, 50, 50, 50, 50])
    counts[0, 3] = counts[3, 0] = 40
    counts[1, 4] = 30
    order = cluster_order(counts)
    assert sorted(order) == [0, 1, 2, 3, 4]
    assert abs(order.index(0) - order.index(3)) == 1
    assert abs(order.index(1) - order.index(4)) == 1
