"""Metrics of scores: accuracies, cross-entropy, and the confusion matrix."""

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional
from torchmetrics.functional.classification import (
    multiclass_accuracy,
    multiclass_confusion_matrix,
)

TOP_K = 5


class Accuracies(NamedTuple):
    """Accuracies from 0 to 1.

    Attributes:
        accuracy: Top-1 accuracy over sequences.
        accuracy_top5: Top-5 accuracy over sequences.
        mean_class_accuracy: Mean of the top-1 accuracies of the classes that have sequences.
    """

    accuracy: float
    accuracy_top5: float
    mean_class_accuracy: float


class ConfusedPair(NamedTuple):
    """A pair of a true and a wrongly predicted class.

    Attributes:
        truth: Name of the true class.
        predicted: Name of the predicted class.
        sequences: Number of sequences of the pair.
        share: Fraction of the sequences of the true class.
    """

    truth: str
    predicted: str
    sequences: int
    share: float


def accuracies(logits: NDArray[np.float32], labels: NDArray[np.int64]) -> Accuracies:
    """Return the accuracies of logits (N, K) for labels (N,)."""
    scores, target = torch.from_numpy(logits), torch.from_numpy(labels)
    classes = logits.shape[1]
    top1, top5 = (
        float(multiclass_accuracy(scores, target, classes, average="micro", top_k=min(k, classes)))
        for k in (1, TOP_K)
    )
    # The macro average of torchmetrics would include classes without sequences as 0.
    return Accuracies(top1, top5, float(np.nanmean(class_accuracy(confusion(logits, labels)))))


def cross_entropy(logits: NDArray[np.float32], labels: NDArray[np.int64]) -> float:
    """Return the mean cross-entropy of logits (N, K) and labels (N,), in nats."""
    scores = torch.from_numpy(logits).double()
    return float(functional.cross_entropy(scores, torch.from_numpy(labels)))


def confusion(logits: NDArray[np.float32], labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the confusion matrix (K, K): number of sequences by true (row) and predicted class."""
    counts: NDArray[np.int64] = multiclass_confusion_matrix(
        torch.from_numpy(logits).argmax(dim=1), torch.from_numpy(labels), logits.shape[1]
    ).numpy()
    return counts


def class_accuracy(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the top-1 accuracy (K,) of each class from a confusion matrix (K, K).

    It is NaN for a class without sequences.
    """
    total = counts.sum(axis=1).astype(np.float64)
    shares = np.full(len(total), np.nan)
    np.divide(counts.diagonal(), total, out=shares, where=total > 0)
    return shares


def confused_pairs(
    counts: NDArray[np.int64], class_names: tuple[str, ...], most: int | None = None
) -> list[ConfusedPair]:
    """Return the `most` frequent pairs of a true and a wrong class, the most frequent first.

    Args:
        counts: Confusion matrix, (K, K).
        class_names: K names.
        most: Largest number of pairs; None for all.
    """
    wrong = counts - np.diag(counts.diagonal())
    truth, predicted = np.nonzero(wrong)
    order = np.argsort(-wrong[truth, predicted], kind="stable")[:most]
    total = counts.sum(axis=1)
    return [
        ConfusedPair(
            class_names[t], class_names[p], int(wrong[t, p]), float(wrong[t, p] / total[t])
        )
        for t, p in zip(truth[order], predicted[order], strict=True)
    ]
