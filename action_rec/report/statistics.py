"""Statistics of right and wrong sequences: intervals, calibration, breakdowns, paired tests."""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import leaves_list, linkage
from scipy.spatial.distance import squareform
from scipy.stats import binomtest

_BINS = 15
_MOST_GROUPS = 40  # a table of more rows is read by nobody


class Group(NamedTuple):
    """The accuracy of a part of the sequences.

    Attributes:
        name: What they have in common.
        sequences: Their number.
        accuracy: Top-1, from 0 to 1.
        low: Lower end of the 95 % interval.
        high: Upper end.
    """

    name: str
    sequences: int
    accuracy: float
    low: float
    high: float


def group(name: str, right: NDArray[np.bool_]) -> Group:
    """The accuracy of sequences (N,), N >= 1, with the interval of Wilson (JASA, 1927)."""
    count = int(right.sum())
    interval = binomtest(count, len(right)).proportion_ci(method="wilson")
    return Group(name, len(right), count / len(right), float(interval.low), float(interval.high))


def groups(values: NDArray[np.int64], right: NDArray[np.bool_], word: str) -> list[Group]:
    """The accuracy by the values (N,) of a column; the least accurate ones if there are many."""
    found = [group(f"{word} {value}", right[values == value]) for value in np.unique(values)]
    if len(found) > _MOST_GROUPS:
        found = sorted(found, key=lambda one: one.accuracy)[:_MOST_GROUPS]
    return found


def groups_by_length(length: NDArray[np.int64], right: NDArray[np.bool_]) -> list[Group]:
    """The accuracy by the number of frames (N,), in up to five parts of about equal size."""
    edges = np.unique(np.quantile(length, np.linspace(0, 1, 6)).astype(np.int64))
    if len(edges) == 1:
        return [group(f"{edges[0]} frames", right)]
    part = np.clip(np.searchsorted(edges, length, side="right") - 1, 0, len(edges) - 2)
    names = [
        f"{low} to {high - (index < len(edges) - 2)} frames"
        for index, (low, high) in enumerate(pairwise(edges.tolist()))
    ]
    return [group(names[index], right[part == index]) for index in np.unique(part)]


class Calibration(NamedTuple):
    """Confidence against accuracy.

    Attributes:
        bins: Mean confidence, accuracy and number of sequences of each bin that has some.
        error: Expected calibration error (Guo et al., ICML 2017): the mean over the sequences of
            the distance between both in their bin.
    """

    bins: list[tuple[float, float, int]]
    error: float


def calibration(confidence: NDArray[np.float64], right: NDArray[np.bool_]) -> Calibration:
    """Compare the probability of the most likely class (N,) with how often it is right."""
    part = np.minimum((confidence * _BINS).astype(int), _BINS - 1)
    bins = [
        (
            float(confidence[part == k].mean()),
            float(right[part == k].mean()),
            int((part == k).sum()),
        )
        for k in np.unique(part)
    ]
    error = sum(n * abs(mean - share) for mean, share, n in bins) / len(right)
    return Calibration(bins, float(error))


class Paired(NamedTuple):
    """Two networks on the same sequences.

    Attributes:
        only_first: Sequences that only the first got right.
        only_second: Sequences that only the second got right.
        p_value: Of McNemar's exact test that both are as often right.
    """

    only_first: int
    only_second: int
    p_value: float


def mcnemar(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> Paired:
    """Compare two networks, right or wrong on each of the same sequences (N,)."""
    ahead, behind = int((first & ~second).sum()), int((second & ~first).sum())
    p_value = binomtest(ahead, ahead + behind).pvalue if ahead + behind else 1.0
    return Paired(ahead, behind, float(p_value))


def cluster_order(counts: NDArray[np.int64]) -> list[int]:
    """An order of the classes in which those that are confused stand together.

    Args:
        counts: Confusion matrix (K, K).

    Returns:
        The leaves of an average-linkage tree; the distance of two classes is 1 minus the larger
        share of either that is taken for the other.
    """
    if len(counts) < 3:
        return list(range(len(counts)))
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    distance = 1 - np.maximum(shares, shares.T)
    np.fill_diagonal(distance, 0)
    order: list[int] = leaves_list(linkage(squareform(distance), "average")).tolist()
    return order
