"""The course of several runs side by side: one picture, and its numbers as CSV."""

import csv
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from action_rec.console.output_path import check_picture
from action_rec.errors import InputError

Curve = list[tuple[int, float]]  # (optimizer step, value)


def curves(runs: dict[str, Path], metrics: list[str], out: Path) -> None:
    """Draw metrics of several runs against the optimizer step.

    Args:
        runs: The folder of each run, such as runs/NAME/version_0, by the name to show.
        metrics: What to draw, one panel each, such as train/loss and val/accuracy.
        out: The picture to write, .png, .pdf or .svg; the numbers go beside it, as .csv.

    Raises:
        InputError: A folder has no metrics.csv, a metric is in none of them, or the picture cannot
            be written.
    """
    check_picture(out, numbers=True)
    drawn = {m: {name: read_curve(run, m) for name, run in runs.items()} for m in metrics}
    for metric, by_run in drawn.items():
        if not any(by_run.values()):
            raise InputError(
                f"'{metric}' is in no metrics.csv of {', '.join(map(str, runs.values()))}; choose "
                "one of their columns with --metrics"
            )
    figure = Figure(figsize=(5.2 * len(metrics), 3.6), layout="constrained")
    panels = figure.subplots(1, len(metrics), squeeze=False)[0]
    for panel, (metric, by_run) in zip(panels, drawn.items(), strict=True):
        draw_curves(panel, by_run, metric)
    panels[-1].legend()
    save_curves(out, figure, drawn)


def read_curve(folder: Path, metric: str) -> Curve:
    """Read one metric of a run; empty where it was never logged.

    Raises:
        InputError: The folder has no metrics.csv.
    """
    path = folder / "metrics.csv"
    if not path.is_file():
        raise InputError(
            f"{folder} has no metrics.csv; give the folder of a run, such as runs/NAME/version_0"
        )
    with path.open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row.get(metric)]
    return [(int(row["step"]), float(row[metric])) for row in rows]


def draw_curves(panel: Axes, by_run: dict[str, Curve], heading: str) -> None:
    """Draw a curve of each run against the optimizer step."""
    for name, curve in by_run.items():
        steps, values = [step for step, _ in curve], [value for _, value in curve]
        marker = "o" if len(curve) == 1 else ""  # which a line would not show
        panel.plot(steps, values, label=name, linewidth=1.4, marker=marker)
    panel.set_xlabel("optimizer step")
    panel.set_title(heading, fontsize=10)
    panel.grid(alpha=0.3)
    panel.spines[["top", "right"]].set_visible(False)


def save_curves(out: Path, figure: Figure, drawn: dict[str, dict[str, Curve]]) -> None:
    """Write a picture and, beside it as .csv, the curves of each metric, by metric and by run."""
    figure.savefig(out, dpi=120)
    table = out.with_suffix(".csv")
    with table.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("run", "metric", "step", "value"))
        for metric, by_run in drawn.items():
            for name, curve in by_run.items():
                writer.writerows((name, metric, step, value) for step, value in curve)
    print(f"picture: {out}\nnumbers: {table}")
