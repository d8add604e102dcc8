"""The figure of a sequence: its skeletons in one frame, its name and its most likely classes."""

from collections.abc import Callable

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from action_rec.console.text import shorten
from action_rec.drawing.axes import SkeletonLines, set_window
from action_rec.drawing.flat_view import flat_view
from action_rec.drawing.skeleton import LIGHT, Bones
from action_rec.prediction.outputs import Prediction
from action_rec.store.sequences import Sequences

_MAX_BARS = 8
_SIZE = (6.4, 3.6)  # inches of 100 pixels
_PLACE = (0.01, 0.02, 0.57, 0.86)  # of the skeleton: left, bottom, width, height


def moving_skeleton(
    sequences: Sequences,
    index: int,
    prediction: Prediction,
    top: list[tuple[str, float]],
    fps: float,
) -> tuple[Figure, Callable[[int], list[Line2D]]]:
    """Return the figure of a sequence, 640 x 360 pixels, and a function that shows a frame of it.

    Args:
        sequences: Where the sequence is.
        index: Its index.
        prediction: Its name, and its true class if known.
        top: The most likely classes and their probabilities.
        fps: Frames per second of the recording.
    """
    flat = flat_view(sequences, index)
    figure = Figure(figsize=_SIZE, dpi=100)
    axes = figure.add_axes(_PLACE)
    set_window(axes, flat, (_PLACE[2] * _SIZE[0], _PLACE[3] * _SIZE[1]))
    truth = "truth unknown" if prediction.truth is None else f"truth: {prediction.truth}"
    figure.text(0.02, 0.93, shorten(prediction.name, 44), fontsize=10, weight="bold", va="center")
    figure.text(0.98, 0.93, shorten(truth, 44), fontsize=10, va="center", ha="right")
    _bars(figure.add_axes((0.59, 0.11, 0.39, 0.77)), prediction, top)
    bones, bodies = Bones.of(sequences), flat.shape[1]
    _add_legend(figure, bones)
    lines = SkeletonLines(axes, bones, bodies)
    numbers = [
        axes.text(0, 0, str(body + 1), fontsize=8, ha="center", va="bottom")
        for body in range(bodies)
    ]
    clock = axes.text(0.02, 0.02, "", transform=axes.transAxes, fontsize=8)

    def show(frame: int) -> list[Line2D]:
        lines.show(flat[frame])
        for body, number in zip(flat[frame], numbers, strict=True):
            seen = body[np.isfinite(body).all(axis=1)]
            number.set_visible(bodies > 1 and len(seen) > 0)
            if len(seen):
                number.set_position(seen[seen[:, 1].argmax()])
        clock.set_text(f"{frame / fps:.1f} s")
        return []

    return figure, show


def _add_legend(figure: Figure, bones: Bones) -> None:
    marks = [
        Line2D([], [], color=LIGHT[side], linewidth=2.5, label=bones.names[side])
        for side in np.unique(bones.side)
    ]
    figure.legend(handles=marks, loc="lower right", ncols=3, fontsize=8, frameon=False)


def _bars(axes: Axes, prediction: Prediction, top: list[tuple[str, float]]) -> None:
    """The classes from top to bottom, each name over its bar; the true one in green."""
    for row, (name, probability) in enumerate(top[:_MAX_BARS]):
        true = name == prediction.truth
        axes.barh(-row, 1, 0.28, color="#eeeeee")
        axes.barh(-row, probability, 0.28, color="#2e8b57" if true else "#8a8a8a")
        shown = shorten(name, 32 if true else 38)
        axes.text(0, 0.22 - row, shown, fontsize=8, weight="bold" if true else None)
        axes.text(1, 0.22 - row, f"{100 * probability:.1f} %", fontsize=8, ha="right")
    axes.set_xlim(0, 1)
    axes.set_ylim(0.3 - min(max(len(top), 5), _MAX_BARS), 0.7)
    axes.set_axis_off()
