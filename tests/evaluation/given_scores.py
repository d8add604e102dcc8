"""Made-up scores."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from action_rec.evaluation.scores import Scores

CLASSES = ("drink", "eat", "hug")


def about(**more: Any) -> dict[str, Any]:  # noqa: ANN401
    """What scores say of themselves."""
    facts = {"dataset": "ntu60", "joint_set": "kinect_v2", "benchmark": "xsub", "split": "test"}
    origin = {"clips": 20, "network": "Net", "selection": "val: 3 of 6", "seed": 0, "step": 9}
    return {**facts, **origin, **more}


def scores(
    logits: list[list[float]] | NDArray[np.floating],
    labels: list[int],
    names: list[str] | None = None,
    classes: tuple[str, ...] = CLASSES,
    **more: Any,  # noqa: ANN401
) -> Scores:
    """Scores with these logits, for all clips and for one; named a, b, c, ... where not told."""
    array = np.array(logits, np.float32)
    named = np.array(names or [chr(ord("a") + i) for i in range(len(labels))])
    return Scores(named, np.array(labels), classes, array, array, about(**more))
