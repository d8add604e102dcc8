"""Plot of a confusion matrix."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure
from numpy.typing import NDArray

from action_rec.console.text import printable, shorten

# With more classes, only large percentages are written into the cells.
_NUMBERED = 24
_LONGEST_NAME = 36


def draw_confusion(counts: NDArray[np.int64], class_names: tuple[str, ...], title: str) -> Figure:
    """Plot a confusion matrix as percentages of each true class (rows).

    Classes that neither occur nor were predicted are left out, and their number is added to the
    title.

    Args:
        counts: Number of sequences by true and predicted class, (K, K).
        class_names: K names.
        title: Title of the figure.

    Returns:
        A figure whose size grows with the number of classes.
    """
    shown = np.flatnonzero(counts.any(axis=0) | counts.any(axis=1))
    if len(shown) < len(class_names):
        left_out = f"{len(class_names) - len(shown)} of {len(class_names)} classes"
        title += f"\nwithout {left_out} that neither occur nor were predicted"
    counts = counts[np.ix_(shown, shown)]
    classes = len(shown)
    cell = 0.42 if classes <= _NUMBERED else 0.16
    side = max(4.0, cell * classes)
    figure = Figure(figsize=(side + 3.2, side + 2.6), layout="constrained")
    ax = figure.subplots()
    total = counts.sum(axis=1, keepdims=True)
    share = np.divide(100.0 * counts, total, out=np.zeros(counts.shape), where=total > 0)
    # A power norm makes small percentages visible.
    image = ax.imshow(share, cmap="Blues", norm=PowerNorm(0.5, vmin=0, vmax=100))
    colours = figure.colorbar(image, shrink=min(0.5, 4 / side), aspect=16)
    colours.set_label("% of the true class")
    labels = [
        f"{shorten(printable(class_names[index]), _LONGEST_NAME)}  {index + 1}"
        for index in shown.tolist()
    ]
    size = 8 if classes <= _NUMBERED else 6.5
    ax.set_xticks(range(classes), labels, rotation=90, fontsize=size, parse_math=False)
    ax.set_yticks(range(classes), labels, fontsize=size, parse_math=False)
    ax.set_xlabel("predicted")
    ax.set_ylabel("true")
    ax.set_title(title, fontsize=10, parse_math=False)
    ax.set_xticks(np.arange(classes + 1) - 0.5, minor=True)
    ax.set_yticks(np.arange(classes + 1) - 0.5, minor=True)
    ax.grid(which="minor", color="0.9", linewidth=0.4)
    ax.tick_params(which="minor", length=0)
    _write_numbers(ax, share, small=classes > _NUMBERED)
    return figure


def _write_numbers(ax: Axes, share: NDArray[np.float64], *, small: bool) -> None:
    """Write the percentages into the cells, but only those above 5 % into small cells."""
    smallest, size = (5.0, 4.8) if small else (0.5, 8.0)
    for row, column in np.argwhere(share >= smallest):
        value = share[row, column]
        colour = "white" if value > 40 else "black"
        ax.text(column, row, f"{value:.0f}", ha="center", va="center", color=colour, fontsize=size)
