"""Draw the metrics of several runs in one picture, and write their values as CSV."""

import csv
from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from action_rec.console.output_path import check_picture
from action_rec.console.writing import write_csv, write_figure
from action_rec.errors import InputError

Curve = list[tuple[int, float]]  # (optimizer step, value)


def curves(
    runs: list[str], *, out: Path, metrics: tuple[str, ...] = ("train/loss", "val/accuracy")
) -> None:
    """Draw metrics of several runs against the optimizer step.

    Args:
        runs: The folders of the runs, such as runs/NAME/version_0; NAME=FOLDER names a run.
        out: The picture to write, .png, .pdf or .svg; the values go beside it, as .csv.
        metrics: The metrics to draw, one panel each.

    Raises:
        InputError: A folder has no metrics.csv, a metric is in none of them, or the picture cannot
            be written.
    """
    check_picture(out, numbers=True)
    folders = named_folders(runs)
    drawn = {m: {name: read_curve(run, m) for name, run in folders.items()} for m in metrics}
    for metric, by_run in drawn.items():
        if not any(by_run.values()):
            raise InputError(
                f"'{metric}' is in no metrics.csv of {', '.join(map(str, folders.values()))}; "
                "choose one of their columns with --metrics"
            )
    figure = Figure(figsize=(5.2 * len(metrics), 3.6), layout="constrained")
    panels = figure.subplots(1, len(metrics), squeeze=False)[0]
    for panel, (metric, by_run) in zip(panels, drawn.items(), strict=True):
        draw_curves(panel, by_run, metric)
    panels[-1].legend()
    save_curves(out, figure, drawn)


def named_folders(runs: Sequence[str]) -> dict[str, Path]:
    """Return the folders of runs by name.

    Args:
        runs: Each ``NAME=FOLDER``, or a folder, which is its own name.

    Raises:
        InputError: Two runs have the same name.
    """
    folders = dict(_named_folder(run) for run in runs)
    if len(folders) < len(runs):
        raise InputError("two runs have the same name; name them with NAME=FOLDER")
    return folders


def _named_folder(run: str) -> tuple[str, Path]:
    # Names and folders may contain an equals sign: split where the rest is a folder.
    parts = run.split("=")
    for cut in range(len(parts)):
        folder = "=".join(parts[cut:])
        if Path(folder).is_dir():
            return "=".join(parts[:cut]) or folder, Path(folder)
    return run, Path(parts[-1])


def read_curve(folder: Path, metric: str) -> Curve:
    """Read one metric of a run; empty if it was never logged.

    Raises:
        InputError: The folder has no metrics.csv, or it is not a table of numbers.
    """
    path = folder / "metrics.csv"
    if not path.is_file():
        raise InputError(
            f"{folder} has no metrics.csv; give the folder of a run, such as runs/NAME/version_0"
        )
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = [row for row in csv.DictReader(file) if row.get(metric)]
        return [(_step(row["step"]), float(row[metric])) for row in rows]
    except (ValueError, KeyError, TypeError, csv.Error) as error:
        raise InputError(
            f"{path} cannot be read as a table of numbers ({error}); give the folder of a run that "
            "fit wrote"
        ) from None


def _step(text: str) -> int:
    step = int(text)
    if not 0 <= step < 1 << 63:
        raise ValueError(f"step {step} is out of range")
    return step


def draw_curves(panel: Axes, by_run: dict[str, Curve], heading: str) -> None:
    """Draw a curve of each run against the optimizer step."""
    for name, curve in by_run.items():
        steps, values = [step for step, _ in curve], [value for _, value in curve]
        marker = "o" if len(curve) == 1 else ""  # a line of one point is invisible
        panel.plot(steps, values, label=name, linewidth=1.4, marker=marker)
    panel.set_xlabel("optimizer step")
    panel.set_title(heading, fontsize=10)
    panel.grid(alpha=0.3)
    panel.spines[["top", "right"]].set_visible(False)


def save_curves(out: Path, figure: Figure, drawn: dict[str, dict[str, Curve]]) -> None:
    """Write a picture and, beside it as .csv, the curves by metric and run."""
    rows = [
        (name, metric, step, value)
        for metric, by_run in drawn.items()
        for name, curve in by_run.items()
        for step, value in curve
    ]
    table = out.with_suffix(".csv")
    write_figure(out, figure)
    write_csv(table, ("run", "metric", "step", "value"), rows)
    print(f"picture: {out}\nnumbers: {table}")
