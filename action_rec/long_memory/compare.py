"""Several runs of a task side by side: loss against optimizer steps, as a picture and its CSV."""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from action_rec.analysis.curves import (
    Curve,
    draw_curves,
    named_folders,
    read_curve,
    save_curves,
)
from action_rec.console.output_path import check_picture
from action_rec.errors import InputError

_TRAIN = "train/loss"
_BASELINE = "val/baseline"
_MEASURES = {
    "val/bits": "val, bits per symbol",
    "val/error": "val, error %",
    "val/loss": "val, loss",
}
_POINTS = 100  # of a train curve: each is the mean of as many steps as it takes


def compare(runs: list[str], out: Path, *, title: str = "") -> None:
    """Draw the loss of several runs against the optimizer step: compare RUN_DIR ... OUT.png.

    The error of always answering the mean is drawn in where the runs logged it, and the axes are
    logarithmic then.

    Args:
        runs: The folders of the runs, such as runs/NAME/version_0; NAME=FOLDER names a run.
        out: The picture to write; all numbers go beside it, with the ending .csv.
        title: What stands above it.

    Raises:
        InputError: A folder has no metrics.csv, the runs have no val measure in common, or the
            picture cannot be written.
    """
    check_picture(out, numbers=True)
    folders = named_folders(runs)
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
    figure = _figure(known, chosen, title)
    save_curves(out, figure, {m: known[m] for m in (_TRAIN, chosen, _BASELINE)})


def smoothed(curve: Curve, points: int = _POINTS) -> Curve:
    """Means of neighbouring points, at most `points` of them, each at its mean step."""
    if len(curve) <= points:
        return curve
    parts = np.array_split(np.array(curve), points)
    return [(int(steps.mean()), float(values.mean())) for steps, values in (p.T for p in parts)]


def _figure(known: dict[str, dict[str, Curve]], metric: str, title: str) -> Figure:
    drawn = {_MEASURES[metric]: known[metric]}
    train = {name: smoothed(curve) for name, curve in known[_TRAIN].items() if curve}
    if train:  # short runs log none
        drawn = {"train, loss": train, **drawn}
    figure = Figure(figsize=(5.2 * len(drawn), 4), layout="constrained")
    panels = figure.subplots(1, len(drawn), squeeze=False)[0]
    baseline = next((curve for curve in known[_BASELINE].values() if curve), None)
    for panel, (heading, curves) in zip(panels, drawn.items(), strict=True):
        draw_curves(panel, curves, heading)
        if baseline is not None:
            value = baseline[-1][1]
            label = f"always answering 1, {value:.3f}"
            panel.axhline(value, color="0.4", linewidth=1, linestyle="--", label=label)
            panel.set_yscale("log")
    shown = panels[-1].get_legend_handles_labels()
    figure.legend(*shown, loc="outside lower center", ncols=5, fontsize=8, frameon=False)
    if title:
        figure.suptitle(title)
    return figure
