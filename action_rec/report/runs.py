"""What a page tells of a run: its scores, its results, its curves and its recurrent weights."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from action_rec.analysis.curves import Curve, read_curve
from action_rec.analysis.recurrent_weights import read_recurrent_weights
from action_rec.analysis.results import read_results
from action_rec.errors import InputError
from action_rec.evaluation.over_time import OverTime
from action_rec.evaluation.scores import Scores, check_comparable
from action_rec.store.reader import Store

_CURVES = ("train/loss", "val/loss", "train/accuracy", "val/accuracy", "lr-Adam", "lr-AdamW")


@dataclass(frozen=True)
class Run:
    """A tested network.

    Attributes:
        name: What the page calls it.
        scores: Its scores, sorted by the name of the sequence.
        result: Its results file.
        curves: Its training curves by metric, those that were logged; empty if they are lost.
        weights: u (D,) of its IndRNN layers by name; empty without, or if the checkpoint is lost.
        over_time: Its probabilities over time, if the network gives them.
    """

    name: str
    scores: Scores
    result: dict[str, Any]
    curves: dict[str, Curve]
    weights: dict[str, NDArray[np.float32]]
    over_time: OverTime | None = None

    @property
    def probabilities(self) -> NDArray[np.float64]:
        """(N, K) softmax of the mean logits."""
        logits = self.scores.logits.astype(np.float64)
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        probabilities: NDArray[np.float64] = powers / powers.sum(axis=1, keepdims=True)
        return probabilities

    @property
    def right(self) -> NDArray[np.bool_]:
        """(N,) whether the most likely class is the true one."""
        right: NDArray[np.bool_] = self.scores.logits.argmax(axis=1) == self.scores.labels
        return right


def read_runs(folders: dict[str, Path], stage: str = "test") -> list[Run]:
    """Read runs that ``test`` has written.

    Args:
        folders: Run folders by name.
        stage: Prefix of their files, ``test`` or ``val``.

    Raises:
        InputError: A folder has no scores or results, or the runs were not tested on the same
            sequences.
    """
    runs = [_read(name, folder, stage) for name, folder in folders.items()]
    paths = [folder / f"{stage}_scores.npz" for folder in folders.values()]
    check_comparable(paths, [run.scores for run in runs])
    return runs


def _read(name: str, folder: Path, stage: str) -> Run:
    path = folder / f"{stage}_scores.npz"
    if not path.is_file():
        raise InputError(
            f"{folder} has no {path.name}; give the folder that 'python -m action_rec test' wrote, "
            "such as runs/NAME/version_1"
        )
    result = read_results(folder / f"{stage}_results.json")
    checkpoint = Path(str(result["checkpoint"]))
    scores = Scores.read(path)
    over_time = None
    if (readings := folder / f"{stage}_over_time.npz").is_file():
        over_time = OverTime.read(readings, len(scores.class_names))
    return Run(name, scores, result, _curves(checkpoint), _weights(checkpoint), over_time)


def _curves(checkpoint: Path) -> dict[str, Curve]:
    """The curves of the run that wrote a checkpoint into its folder ``checkpoints``."""
    found: dict[str, Curve] = {}
    for metric in _CURVES:
        try:
            curve = read_curve(checkpoint.parent.parent, metric)
        except (InputError, OSError, ValueError, KeyError):
            return found
        if curve:
            found["learning rate" if metric.startswith("lr-") else metric] = curve
    return found


def _weights(checkpoint: Path) -> dict[str, NDArray[np.float32]]:
    try:
        return read_recurrent_weights(checkpoint)
    except InputError:
        return {}


def open_store(run: Run, path: Path | None) -> Store | None:
    """Open the store of the sequences of a run.

    Args:
        run: The run.
        path: The store; None for the one that its results file names, if it is still there.

    Returns:
        None if the results file names none that can be opened, or its sequences are others.

    Raises:
        InputError: `path` is given and cannot be read, or lacks the sequences.
    """
    named = Path(str(run.result.get("store", ""))) if path is None else path
    try:
        store = Store(named)
    except (InputError, OSError):
        if path is not None:
            raise
        return None
    if np.isin(run.scores.names, store.names).all():
        return store
    if path is None:
        return None
    raise InputError(
        f"{path} lacks sequences of the scores, such as "
        f"'{run.scores.names[~np.isin(run.scores.names, store.names)][0]}'; give the store that "
        "the network was tested on"
    )
