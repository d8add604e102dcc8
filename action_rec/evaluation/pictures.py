"""Pictures of results."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure
from numpy.typing import NDArray

from action_rec.console.text import shorten

# Above this many classes there is no room for a number in each cell.
_NUMBERED = 24
_LONGEST_NAME = 36


def draw_confusion(counts: NDArray[np.int64], class_names: tuple[str, ...], title: str) -> Figure:
    """Draw a confusion matrix: shares of each true class (rows) by predicted class (columns).

    Classes that neither occur nor were predicted are left out; the title then says how many.

    Args:
        counts: Sequences, (K, K).
        class_names: K names.
        title: What stands above it.

    Returns:
        A figure that grows with the number of classes, so that every name can be read.
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
    panel = figure.subplots()
    total = counts.sum(axis=1, keepdims=True)
    share = np.divide(100.0 * counts, total, out=np.zeros(counts.shape), where=total > 0)
    # Small shares would vanish between white and the diagonal's full colour.
    image = panel.imshow(share, cmap="Blues", norm=PowerNorm(0.5, vmin=0, vmax=100))
    colours = figure.colorbar(image, shrink=min(0.5, 4 / side), aspect=16)
    colours.set_label("% of the true class")
    labels = [
        f"{shorten(class_names[index], _LONGEST_NAME)}  {index + 1}" for index in shown.tolist()
    ]
    size = 8 if classes <= _NUMBERED else 6.5
    panel.set_xticks(range(classes), labels, rotation=90, fontsize=size)
    panel.set_yticks(range(classes), labels, fontsize=size)
    panel.set_xlabel("predicted")
    panel.set_ylabel("true")
    panel.set_title(title, fontsize=10)
    panel.set_xticks(np.arange(classes + 1) - 0.5, minor=True)
    panel.set_yticks(np.arange(classes + 1) - 0.5, minor=True)
    panel.grid(which="minor", color="0.9", linewidth=0.4)
    panel.tick_params(which="minor", length=0)
    _write_numbers(panel, share, small=classes > _NUMBERED)
    return figure


def _write_numbers(panel: Axes, share: NDArray[np.float64], *, small: bool) -> None:
    """Write the percentage into every cell; into small cells only where it is worth a look."""
    smallest, size = (5.0, 4.8) if small else (0.5, 8.0)
    for row, column in np.argwhere(share >= smallest):
        value = share[row, column]
        colour = "white" if value > 40 else "black"
        panel.text(
            column, row, f"{value:.0f}", ha="center", va="center", color=colour, fontsize=size
        )
