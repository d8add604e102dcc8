"""Scores with given logits."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from action_rec.evaluation.scores import Scores

CLASSES = ("drink", "eat", "hug")


def metadata(**more: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return the metadata of scores, with the entries of `more`."""
    data = {"dataset": "ntu60", "joint_set": "kinect_v2", "benchmark": "xsub", "split": "test"}
    origin = {"clips": 20, "network": "Net", "selection": "val: 3 of 6", "seed": 0, "step": 9}
    return {**data, **origin, **more}


def scores(
    logits: list[list[float]] | NDArray[np.floating],
    labels: list[int],
    names: list[str] | None = None,
    classes: tuple[str, ...] = CLASSES,
    **more: Any,  # noqa: ANN401
) -> Scores:
    """Return scores with the given logits, for all clips and for one; default names a, b, c, ..."""
    array = np.array(logits, np.float32)
    sequences = np.array(names or [chr(ord("a") + i) for i in range(len(labels))])
    return Scores(sequences, np.array(labels), classes, array, array, metadata(**more))
