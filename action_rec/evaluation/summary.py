"""The figures of scores: with all clips, with one, and without what the train part holds too."""

from collections.abc import Callable
from typing import Any

import numpy as np

from action_rec.evaluation.metrics import accuracies, confused_pairs, confusion, cross_entropy
from action_rec.evaluation.scores import Scores
from action_rec.skeletons import nw_ucla

_PAIRS = 10

# By data set and benchmark, which test sequences are copies of train sequences.
_COPIES: dict[tuple[str, str], Callable[[str], bool]] = {
    ("nw_ucla", "xview"): nw_ucla.is_copied_from_train
}


def summarize(scores: Scores) -> dict[str, Any]:
    """Measure scores: plain values for a results file.

    Returns:
        What `Scores.about` says, with `sequences`, `loss`, the `Accuracies` over all clips, those
        of the first clip as `one_clip`, those without copied sequences as `without_copies` where
        there are any, and the pairs of classes confused most.
    """
    about, labels = scores.about, scores.labels
    pairs = confused_pairs(confusion(scores.logits, labels), scores.class_names, _PAIRS)
    result = {
        **about,
        "sequences": len(scores),
        "loss": cross_entropy(scores.logits, labels),
        **accuracies(scores.logits, labels)._asdict(),
        "one_clip": accuracies(scores.first_clip, labels)._asdict(),
        "most_confused": [pair._asdict() for pair in pairs],
    }
    is_copy = _COPIES.get((about["dataset"], about["benchmark"]))
    if is_copy is not None and about["split"] == "test":
        own = np.array([not is_copy(name) for name in scores.names.tolist()])
        if 0 < own.sum() < len(own):
            measured = accuracies(scores.logits[own], labels[own])
            result["without_copies"] = {"sequences": int(own.sum()), **measured._asdict()}
    return result
