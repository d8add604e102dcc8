"""How late and how well a decision rule speaks, measured on recordings."""

from collections.abc import Sequence
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from action_rec.live.decision import Decider, DecisionRule
from action_rec.live.engine import Array

SMOOTHINGS = (0.0, 3.0, 10.0)
THRESHOLDS = (*(round(0.05 * k, 2) for k in range(4, 20)), 0.98, 0.99)
RELEASES = (1.0, 0.8, 0.6, 0.4)  # as shares of the threshold


class Measured(NamedTuple):
    """A decision rule on recordings of one action each.

    Attributes:
        rule: The rule.
        accuracy: Share of the recordings whose first label is theirs; one without a label is wrong.
        spoken: Share of the recordings that get a label.
        delay: Mean number of seen frames until the first label; a recording without one counts
            with all its frames.
        withdrawn: Share of the recordings in which the first label is given up before the end.
    """

    rule: DecisionRule
    accuracy: float
    spoken: float
    delay: float
    withdrawn: float


def measure(
    rule: DecisionRule, probabilities: Sequence[Array], labels: NDArray[np.int64]
) -> Measured:
    """Apply a rule to recordings.

    Args:
        rule: The rule.
        probabilities: (T, K) after each frame of each of N recordings.
        labels: (N,) their actions.
    """
    right, spoken, delays, withdrawn = [], [], [], []
    for steps, action in zip(probabilities, labels.tolist(), strict=True):
        decider = Decider(rule)
        said = [decider.step(step)[0] for step in steps]
        first = next((index for index, one in enumerate(said) if one is not None), None)
        spoken.append(first is not None)
        right.append(first is not None and said[first] == action)
        delays.append(len(said) if first is None else first + 1)
        withdrawn.append(first is not None and len(set(said[first:])) > 1)
    means = [float(np.mean(values)) for values in (right, spoken, delays, withdrawn)]
    return Measured(rule, *means)


def measure_all(probabilities: Sequence[Array], labels: NDArray[np.int64]) -> list[Measured]:
    """Measure the rules of all smoothings and thresholds that are tried, in this order."""
    return [
        measure(DecisionRule(smoothing, threshold, threshold), probabilities, labels)
        for smoothing, threshold in product(SMOOTHINGS, THRESHOLDS)
    ]


def choose(measured: Sequence[Measured], accuracy: float) -> Measured:
    """Return the rule that speaks first among those of an accuracy, else the most accurate."""
    good = [one for one in measured if one.accuracy >= accuracy]
    if good:
        return min(good, key=lambda one: (one.delay, -one.accuracy))
    return max(measured, key=lambda one: (one.accuracy, -one.delay))


def choose_release(
    chosen: Measured, probabilities: Sequence[Array], labels: NDArray[np.int64], most: float
) -> Measured:
    """Return the rule with the highest release at which few labels are withdrawn.

    Args:
        chosen: The rule whose smoothing and threshold stay.
        probabilities: See `measure`.
        labels: See `measure`.
        most: The largest share of recordings in which the first label may be withdrawn; if none of
            the releases that are tried does it, the lowest is taken.
    """
    smoothing, threshold = chosen.rule.smoothing, chosen.rule.threshold
    for share in RELEASES:
        rule = DecisionRule(smoothing, threshold, round(share * threshold, 4))
        chosen = measure(rule, probabilities, labels)
        if chosen.withdrawn <= most:
            break
    return chosen
