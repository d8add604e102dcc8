"""What scores say of a network: accuracies, the confusion of classes, the pairs confused most."""

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
    """Shares from 0 to 1.

    Attributes:
        accuracy: Of sequences whose likeliest class is the true one (top-1).
        accuracy_top5: Of sequences whose true class is among the five likeliest.
        mean_class_accuracy: The mean over the classes present of each one's top-1.
    """

    accuracy: float
    accuracy_top5: float
    mean_class_accuracy: float


class ConfusedPair(NamedTuple):
    """Sequences of one class taken for another, and their share of that class."""

    truth: str
    predicted: str
    sequences: int
    share: float


def accuracies(logits: NDArray[np.float32], labels: NDArray[np.int64]) -> Accuracies:
    """Measure logits (N, K) against labels (N,)."""
    scores, target = torch.from_numpy(logits), torch.from_numpy(labels)
    classes = logits.shape[1]
    top1, top5 = (
        float(multiclass_accuracy(scores, target, classes, average="micro", top_k=min(k, classes)))
        for k in (1, TOP_K)
    )
    # Torchmetrics' macro average counts a class that is predicted but never true as a zero.
    return Accuracies(top1, top5, float(np.nanmean(class_accuracy(confusion(logits, labels)))))


def cross_entropy(logits: NDArray[np.float32], labels: NDArray[np.int64]) -> float:
    """The mean negative log-likelihood of labels (N,) under logits (N, K), in nats."""
    scores = torch.from_numpy(logits).double()
    return float(functional.cross_entropy(scores, torch.from_numpy(labels)))


def confusion(logits: NDArray[np.float32], labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Count sequences by true class (rows) and likeliest class (columns), (K, K)."""
    counts: NDArray[np.int64] = multiclass_confusion_matrix(
        torch.from_numpy(logits).argmax(dim=1), torch.from_numpy(labels), logits.shape[1]
    ).numpy()
    return counts


def class_accuracy(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Each class's top-1, (K,), from a confusion matrix; NaN for a class without sequences."""
    total = counts.sum(axis=1).astype(np.float64)
    shares = np.full(len(total), np.nan)
    np.divide(counts.diagonal(), total, out=shares, where=total > 0)
    return shares


def confused_pairs(
    counts: NDArray[np.int64], class_names: tuple[str, ...], most: int | None = None
) -> list[ConfusedPair]:
    """List pairs of a true and another predicted class, the most sequences first."""
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
