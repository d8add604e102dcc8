"""Compare runs: plot their loss against the optimizer step, and print what each of them took."""

import json
from pathlib import Path
from typing import Any

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
from action_rec.evaluation.tables import print_table
from action_rec.training.fit_report import FIT_FILE

_TRAIN = "train/loss"
_BASELINE = "val/baseline"
_VAL_METRICS = {
    "val/bits": "val, bits per symbol",
    "val/error": "val, error %",
    "val/loss": "val, loss",
}
_POINTS = 100  # of a train curve, each a mean over consecutive steps


def compare(runs: list[str], out: Path, *, title: str = "") -> None:
    """Plot the train and val loss of several runs against the step: compare RUN_DIR ... OUT.png.

    A table has the parameters of each run, its steps, its time and its best val metric. The time
    is that of the fit with its validations; of a resumed run, that of its last part.

    If the runs logged the error of the constant prediction, it is plotted too, and the vertical
    axes are logarithmic.

    Args:
        runs: Run folders, such as runs/NAME/version_0; ``NAME=FOLDER`` sets the label of a run.
        out: Picture to write; the values are written beside it with the suffix .csv.
        title: Title of the picture.

    Raises:
        InputError: A folder has no metrics.csv, the runs share no val metric, two runs have the
            same label, or the picture cannot be written.
    """
    check_picture(out, numbers=True)
    folders = named_folders(runs)
    curves = {
        metric: {name: read_curve(folder, metric) for name, folder in folders.items()}
        for metric in (_TRAIN, *_VAL_METRICS, _BASELINE)
    }
    shared = [metric for metric in _VAL_METRICS if all(curves[metric].values())]
    if not shared:
        raise InputError(
            f"{', '.join(map(str, folders.values()))} have no val metric in common; compare "
            "runs of the same task that have been validated at least once"
        )
    _print(folders, curves[shared[0]], _VAL_METRICS[shared[0]])
    figure = _figure(curves, shared[0], title)
    save_curves(out, figure, {m: curves[m] for m in (_TRAIN, shared[0], _BASELINE)})


def _print(folders: dict[str, Path], val: dict[str, Curve], metric: str) -> None:
    rows = []
    for name, folder in folders.items():
        best = min(value for _, value in val[name])
        rows.append([name, *_fit_cells(folder / FIT_FILE), f"{best:.5g}"])
    headings = ["run", "network", "parameters", "steps", "minutes", "of a processor"]
    print_table("fit", [*headings, f"best {metric}"], rows)


def _fit_cells(path: Path) -> list[str]:
    """Return network, parameters, steps and times of a fit; dashes if no file tells them."""
    try:
        fit: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return [
            str(fit["network"]),
            f"{fit['parameters']:,}",
            f"{fit['steps']:,}",
            f"{fit['seconds'] / 60:.1f}",
            f"{fit['processor_seconds'] / 60:.1f}",
        ]
    except (OSError, ValueError, KeyError, TypeError):  # as runs of version 0.1.0 have none
        return ["-"] * 5


def downsampled(curve: Curve, points: int = _POINTS) -> Curve:
    """Return at most `points` means over consecutive points of `curve`, each at its mean step."""
    if len(curve) <= points:
        return curve
    parts = np.array_split(np.array(curve), points)
    return [(int(steps.mean()), float(values.mean())) for steps, values in (p.T for p in parts)]


def _figure(curves: dict[str, dict[str, Curve]], metric: str, title: str) -> Figure:
    panels = {_VAL_METRICS[metric]: curves[metric]}
    train = {name: downsampled(curve) for name, curve in curves[_TRAIN].items() if curve}
    if train:  # short runs log no train loss
        panels = {"train, loss": train, **panels}
    figure = Figure(figsize=(5.2 * len(panels), 4), layout="constrained")
    axes = figure.subplots(1, len(panels), squeeze=False)[0]
    baseline = next((curve for curve in curves[_BASELINE].values() if curve), None)
    for ax, (heading, by_run) in zip(axes, panels.items(), strict=True):
        draw_curves(ax, by_run, heading)
        if baseline is not None:
            value = baseline[-1][1]
            label = f"constant prediction 1, {value:.3f}"
            ax.axhline(value, color="0.4", linewidth=1, linestyle="--", label=label)
            ax.set_yscale("log")
    legend = axes[-1].get_legend_handles_labels()
    figure.legend(*legend, loc="outside lower center", ncols=5, fontsize=8, frameon=False)
    if title:
        figure.suptitle(title)
    return figure
