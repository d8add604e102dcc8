"""Metrics of scores: with all clips, with one clip, and without sequences copied from train."""

from collections.abc import Callable
from typing import Any

import numpy as np

from action_rec.evaluation.metrics import accuracies, confused_pairs, confusion, cross_entropy
from action_rec.evaluation.scores import Scores
from action_rec.skeletons import nw_ucla

_PAIRS = 10

# By data set and benchmark: whether a test sequence is a copy of a train sequence.
_COPIES: dict[tuple[str, str], Callable[[str], bool]] = {
    ("nw_ucla", "xview"): nw_ucla.is_copied_from_train
}


def summarize(scores: Scores) -> dict[str, Any]:
    """Compute the metrics of a results file, as plain values.

    Returns:
        The metadata of the scores; `sequences`, their number; `loss`; the `Accuracies` with all
        clips; `one_clip`, those with the first clip; `most_confused` pairs of classes; and
        `without_copies`, the `Accuracies` without sequences copied from train, if there are any.
    """
    metadata, labels = scores.metadata, scores.labels
    pairs = confused_pairs(confusion(scores.logits, labels), scores.class_names, _PAIRS)
    result = {
        **metadata,
        "sequences": len(scores),
        "loss": cross_entropy(scores.logits, labels),
        **accuracies(scores.logits, labels)._asdict(),
        "one_clip": accuracies(scores.first_clip, labels)._asdict(),
        "most_confused": [pair._asdict() for pair in pairs],
    }
    is_copy = _COPIES.get((metadata["dataset"], metadata["benchmark"]))
    if is_copy is not None and metadata["split"] == "test":
        kept = np.array([not is_copy(name) for name in scores.names.tolist()])
        if 0 < kept.sum() < len(kept):
            without = accuracies(scores.logits[kept], labels[kept])
            result["without_copies"] = {"sequences": int(kept.sum()), **without._asdict()}
    return result
