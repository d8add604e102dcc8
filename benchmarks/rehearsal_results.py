"""The time in which the results of a whole test of NTU RGB+D 60 are computed and written."""

import contextlib
import io
import time
from pathlib import Path

import numpy as np

from action_rec.evaluation.report import Report
from action_rec.evaluation.scores import Scores
from action_rec.evaluation.summary import summarize
from action_rec.skeletons.ntu import action_names, all_names, missing_names

_DESCRIPTION = {
    **{"dataset": "ntu60", "joint_set": "kinect_v2", "benchmark": "xsub", "split": "test"},
    **{"clips": 20, "network": "ResidualIndRNN", "selection": "none: random logits"},
    **{"seed": 0, "versions": {}},
}


def seconds_of_results(folder: Path) -> float:
    """Compute and write the results of random logits for the 16,487 test sequences of xsub.

    Args:
        folder: Where the files go; it is created.
    """
    missing = missing_names()
    test = [
        name
        for name in all_names("ntu60")
        if str(name) not in missing and not name.is_train("ntu60", "xsub")
    ]
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(len(test), 60)).astype(np.float32)
    names = np.array([str(name) for name in test])
    labels = np.array([name.action - 1 for name in test])
    folder.mkdir(parents=True, exist_ok=True)
    start = time.perf_counter()
    scores = Scores(names, labels, action_names("ntu60"), logits, logits, dict(_DESCRIPTION))
    with contextlib.redirect_stdout(io.StringIO()):
        Report(folder, "test", scores, summarize(scores)).publish()
    return time.perf_counter() - start
