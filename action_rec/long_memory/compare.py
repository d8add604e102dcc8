"""Plot the loss of several runs against the optimizer step, and write the values as CSV."""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from action_rec.analysis.curves import Curve, draw_curves, read_curve, save_curves
from action_rec.console.output_path import check_picture
from action_rec.errors import InputError

_TRAIN = "train/loss"
_BASELINE = "val/baseline"
_VAL_METRICS = {
    "val/bits": "val, bits per symbol",
    "val/error": "val, error %",
    "val/loss": "val, loss",
}
_POINTS = 100  # of a train curve, each a mean over consecutive steps


def compare(runs: list[str], out: Path, title: str = "") -> None:
    """Plot the train and val loss of several runs against the optimizer step.

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
    if out.suffix.lower() not in (".png", ".pdf", ".svg"):
        raise InputError(
            f"the last argument must be the picture to write, got '{out}'; add OUT.png"
        )
    check_picture(out, numbers=True)
    folders = dict(_parse_run(run) for run in runs)
    if len(folders) < len(runs):
        raise InputError("two runs have the same label; set labels with NAME=FOLDER")
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
    figure = _figure(curves, shared[0], title)
    save_curves(out, figure, {m: curves[m] for m in (_TRAIN, shared[0], _BASELINE)})


def downsampled(curve: Curve, points: int = _POINTS) -> Curve:
    """Return at most `points` means over consecutive points of `curve`, each at its mean step."""
    if len(curve) <= points:
        return curve
    parts = np.array_split(np.array(curve), points)
    return [(int(steps.mean()), float(values.mean())) for steps, values in (p.T for p in parts)]


def _parse_run(run: str) -> tuple[str, Path]:
    """Split NAME=FOLDER, where both may contain "=", into the label and the folder."""
    parts = run.split("=")
    for start in range(len(parts)):
        folder = "=".join(parts[start:])
        if Path(folder).is_dir():
            return "=".join(parts[:start]) or folder, Path(folder)
    return run, Path(parts[-1])


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
