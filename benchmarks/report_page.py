"""``python -m benchmarks.report_page``: size and time of both pages for a test set of NTU60.

The 16,487 sequences are copies of 480 synthesized recordings, of which a made-up network reads
every frame and recognizes 88 %. Times are processor times of a single run each, the first one with
the imports of the command. It needs about 1 GB of disk.
"""

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from action_rec.cli import main as action_rec
from action_rec.console.writing import write_json
from action_rec.evaluation.over_time import OverTime, Readings
from action_rec.evaluation.scores import Scores
from action_rec.evaluation.summary import summarize
from action_rec.store.reader import Store
from benchmarks.measurements import Measurement, report
from benchmarks.prep_data import make_recordings, repeat_store
from benchmarks.prep_runs import convert
from data_prep.__main__ import main as data_prep

_DISTINCT, _SEQUENCES, _CLASSES = 480, 16_487, 60
_RIGHT = 0.88
_MOST_MB = 10
_METADATA = {
    **{"dataset": "ntu60", "joint_set": "kinect_v2", "benchmark": "xsub", "split": "test"},
    **{"network": "made up", "clips": 1, "selection": "none", "versions": {}, "checkpoint": ""},
}


def made_up_scores(store: Store, rng: np.random.Generator) -> Scores:
    """Logits of a network that is wrong about some sequences."""
    labels = store.label[:_SEQUENCES]
    said = np.where(rng.random(_SEQUENCES) < _RIGHT, labels, rng.integers(0, _CLASSES, _SEQUENCES))
    logits = rng.normal(0, 1, (_SEQUENCES, _CLASSES)).astype(np.float32)
    logits[np.arange(_SEQUENCES), said] += rng.uniform(3, 9, _SEQUENCES)
    names, classes = store.names[:_SEQUENCES], store.class_names[:_CLASSES]
    return Scores(names, labels, classes, logits, logits, _METADATA)


def made_up_readings(
    scores: Scores, lengths: NDArray[np.int64], rng: np.random.Generator
) -> OverTime:
    """Probabilities of five classes after each frame."""
    first = scores.labels[:, None]
    classes = ((first + np.arange(5)) % _CLASSES).astype(np.uint16)
    shares = rng.dirichlet(np.ones(6), int(lengths.sum()))[:, :5]
    readings = Readings(classes, lengths, (255 * shares).round().astype(np.uint8))
    return OverTime(scores.names, readings, 1)


def measured(name: str, words: list[str | Path], page: Path, *, data: bool = False) -> Measurement:
    """Write a page and return its size and time."""
    start = time.process_time()
    status = (data_prep if data else action_rec)([str(word) for word in words])
    seconds = time.process_time() - start
    assert status == 0
    size = page.stat().st_size / 1e6
    goal = f"< {_MOST_MB} MB"
    return Measurement(name, f"{size:.1f} MB, {seconds:.1f} s", goal, size < _MOST_MB)


def measure(folder: Path) -> list[Measurement]:
    """Make the data in `folder`, write both pages and return their measurements."""
    make_recordings(folder / "raw", _DISTINCT)
    convert(folder / "raw", folder / "distinct.h5")
    distinct = Store(folder / "distinct.h5")
    copies = -(-_SEQUENCES // len(distinct.names))
    store = repeat_store(distinct, folder / "store.h5", copies)
    rng = np.random.default_rng(0)
    scores = made_up_scores(store, rng)
    run, out, listing = folder / "run", folder / "report.html", folder / "data.html"
    scores.write(run / "test_scores.npz")
    write_json(run / "test_results.json", summarize(scores))
    words: list[str | Path] = ["report", run, "--store", store.path, "--out", out]
    plain = measured("report", words, out)
    made_up_readings(scores, store.length[:_SEQUENCES], rng).write(run / "test_over_time.npz")
    return [
        plain,
        measured("report with probabilities over time", words, out),
        measured("info --page", ["info", store.path, "--page", listing], listing, data=True),
    ]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        report("report_page", measure(Path(temporary)))
