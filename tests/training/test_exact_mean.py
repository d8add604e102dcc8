"""Tests of the mean that does not depend on the order of its values."""

import math

import pytest
import torch

from action_rec.training.exact_mean import ExactMean


def mean(*values: float) -> float:
    metric = ExactMean()
    for value in values:
        metric.update(torch.tensor([value]))
    return float(metric.compute())


def test_the_mean_does_not_depend_on_the_order() -> None:
    torch.manual_seed(0)
    values = torch.randn(1000).exp()
    one, other = ExactMean(), ExactMean()
    one.update(values)
    for start in range(0, 1000, 7):
        other.update(values.flip(0)[start : start + 7])
    assert float(one.compute()) == float(other.compute())
    assert float(one.compute()) == pytest.approx(float(values.double().mean()), rel=1e-6)


def test_the_largest_values_do_not_overflow() -> None:
    metric = ExactMean()
    metric.update(torch.full((120_000,), 2.0**20))
    assert float(metric.compute()) == 2**20


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), 1e7, 1e30])
def test_the_mean_is_nan_for_nan_or_very_large_values(value: float) -> None:
    assert math.isnan(mean(1, value, 1))
