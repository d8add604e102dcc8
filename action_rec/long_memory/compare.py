"""Several runs of a task side by side: loss against optimizer steps, as a picture and its CSV."""

import csv
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from action_rec.errors import InputError
from action_rec.evaluation.curves import Curve, read_curve

_TRAIN = "train/loss"
_BASELINE = "val/baseline"
_MEASURES = {
    "val/bits": "val, bits per symbol",
    "val/error": "val, error %",
    "val/loss": "val, loss",
}
_POINTS = 100  # of a train curve: each is the mean of as many steps as it takes


def compare(runs: list[str], out: Path, title: str = "") -> None:
    """Draw the loss of several runs against the optimizer step, of train and of val.

    The error of always answering the mean is drawn in where the runs logged it, and the axes are
    logarithmic then.

    Args:
        runs: The folders of the runs, such as runs/NAME/version_0; ``NAME=FOLDER`` names one.
        out: The picture to write; all numbers go beside it, with the ending .csv.
        title: What stands above it.

    Raises:
        InputError: A folder has no metrics.csv, or the runs have no val measure in common.
    """
    if out.suffix.lower() not in (".png", ".pdf", ".svg"):
        raise InputError(f"the last word must be the picture to write, OUT.png, but is '{out}'")
    folders = dict(_named(run) for run in runs)
    if len(folders) < len(runs):
        raise InputError("two runs have the same name; name them with NAME=FOLDER")
    known = {
        metric: {name: read_curve(folder, metric) for name, folder in folders.items()}
        for metric in (_TRAIN, *_MEASURES, _BASELINE)
    }
    shared = [metric for metric in _MEASURES if all(known[metric].values())]
    if not shared:
        raise InputError(
            f"{', '.join(map(str, folders.values()))} have no measure of val in common; compare "
            "runs of one task that have been validated at least once"
        )
    chosen = shared[0]
    _write(out.with_suffix(".csv"), {m: known[m] for m in (_TRAIN, chosen, _BASELINE)})
    baseline = next((curve for curve in known[_BASELINE].values() if curve), [])
    _figure(known[_TRAIN], known[chosen], chosen, baseline, title).savefig(out, dpi=120)
    print(f"picture: {out}\nnumbers: {out.with_suffix('.csv')}")


def smoothed(curve: Curve, points: int = _POINTS) -> Curve:
    """Means of neighbouring points, at most `points` of them, each at its mean step."""
    if len(curve) <= points:
        return curve
    parts = np.array_split(np.array(curve), points)
    return [(int(steps.mean()), float(values.mean())) for steps, values in (p.T for p in parts)]


def _named(run: str) -> tuple[str, Path]:
    """Divide NAME=FOLDER where a folder begins: both may have such a sign of their own."""
    parts = run.split("=")
    for cut in range(len(parts)):
        folder = "=".join(parts[cut:])
        if Path(folder).is_dir():
            return "=".join(parts[:cut]) or folder, Path(folder)
    return run, Path(parts[-1])


def _write(path: Path, curves: dict[str, dict[str, Curve]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("run", "metric", "step", "value"))
        for metric, by_run in curves.items():
            for name, curve in by_run.items():
                writer.writerows((name, metric, step, value) for step, value in curve)


def _figure(
    train: dict[str, Curve], val: dict[str, Curve], metric: str, baseline: Curve, title: str
) -> Figure:
    figure = Figure(figsize=(10.4, 3.8), layout="constrained")
    left, right = figure.subplots(1, 2)
    for name in val:
        for panel, curve in ((left, smoothed(train[name])), (right, val[name])):
            marker = "o" if len(curve) == 1 else ""  # which a line would not show
            panel.plot(*_columns(curve), label=name, linewidth=1.4, marker=marker)
    for panel, heading in ((left, "train, loss"), (right, _MEASURES[metric])):
        _finish(panel, heading, baseline)
    right.legend(fontsize=8)
    if title:
        figure.suptitle(title)
    return figure


def _columns(curve: Curve) -> tuple[list[int], list[float]]:
    return [step for step, _ in curve], [value for _, value in curve]


def _finish(panel: Axes, heading: str, baseline: Curve) -> None:
    if baseline:
        value = baseline[-1][1]
        panel.axhline(
            value, color="0.4", linewidth=1, linestyle="--", label=f"always the mean, {value:.3f}"
        )
        panel.set_yscale("log")
    panel.set_xlabel("optimizer step")
    panel.set_title(heading, fontsize=10)
    panel.grid(alpha=0.3)
    panel.spines[["top", "right"]].set_visible(False)
