"""The figure of a sequence: its skeletons in one frame, its name and its most likely classes."""

from collections.abc import Callable

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from action_rec.console.text import shorten
from action_rec.drawing.flat_view import flat_view, sides_of
from action_rec.prediction.outputs import Prediction
from action_rec.store.sequences import Sequences

_MAX_BARS = 8
_SIZE = (6.4, 3.6)  # inches of 100 pixels
_PLACE = (0.01, 0.02, 0.57, 0.86)  # of the skeleton: left, bottom, width, height
_COLOURS = ("#6b6b6b", "#2468b4", "#e07b1a")  # middle, left, right


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
    _set_limits(axes, flat)
    truth = "truth unknown" if prediction.truth is None else f"truth: {prediction.truth}"
    figure.text(0.02, 0.93, shorten(prediction.name, 44), fontsize=10, weight="bold", va="center")
    figure.text(0.98, 0.93, shorten(truth, 44), fontsize=10, va="center", ha="right")
    _bars(figure.add_axes((0.59, 0.11, 0.39, 0.77)), prediction, top)
    bones = _bones(figure, sequences)
    lines = [[_line(axes, side, body) for side in bones] for body in range(flat.shape[1])]
    numbers = [
        axes.text(0, 0, str(body + 1), fontsize=8, ha="center", va="bottom")
        for body in range(len(lines))
    ]
    clock = axes.text(0.02, 0.02, "", transform=axes.transAxes, fontsize=8)

    def show(frame: int) -> list[Line2D]:
        for body, of_body, number in zip(flat[frame], lines, numbers, strict=True):
            for line, pairs in zip(of_body, bones.values(), strict=True):
                ends = np.full((len(pairs), 3, 2), np.nan)  # a gap after each bone
                ends[:, :2] = body[pairs]
                line.set_data(*ends.reshape(-1, 2).T)
            seen = body[np.isfinite(body).all(axis=1)]
            number.set_visible(len(lines) > 1 and len(seen) > 0)
            if len(seen):
                number.set_position(seen[seen[:, 1].argmax()])
        clock.set_text(f"{frame / fps:.1f} s")
        return []

    return figure, show


def _set_limits(axes: Axes, flat: NDArray[np.float64]) -> None:
    """Set limits that fit all frames, with equal units in both directions."""
    seen = flat[np.isfinite(flat).all(axis=-1)]
    low, high = (seen.min(axis=0), seen.max(axis=0)) if len(seen) else (-np.ones(2), np.ones(2))
    box = np.array([_PLACE[2] * _SIZE[0], _PLACE[3] * _SIZE[1]])
    half = max(float(((high - low) / box).max()), 1e-6) * box * 0.56
    middle = (low + high) / 2
    axes.set_xlim(middle[0] - half[0], middle[0] + half[0])
    axes.set_ylim(middle[1] - half[1], middle[1] + half[1])
    axes.set_axis_off()


def _bones(figure: Figure, sequences: Sequences) -> dict[int, NDArray[np.int64]]:
    """Add a legend of the sides, and return the joints (bones, 2) of the bones of each side."""
    parents, sides = sequences.joint_parents, sides_of(sequences)
    joints = np.stack([np.arange(len(parents)), parents], axis=1)
    joints = joints[joints[:, 0] != joints[:, 1]]
    of_side = sides.side[joints[:, 0]]
    bones = {side: joints[of_side == side] for side in np.unique(of_side).tolist()}
    names = ("middle", *sides.names)
    marks = [
        Line2D([], [], color=_COLOURS[side], linewidth=2.5, label=names[side]) for side in bones
    ]
    figure.legend(handles=marks, loc="lower right", ncols=3, fontsize=8, frameon=False)
    return bones


def _line(axes: Axes, side: int, body: int) -> Line2D:
    """Add the line of a side of a body: the first body in full colour, further ones lighter."""
    colour = tuple(1 - 0.55**body * (1 - np.array(to_rgb(_COLOURS[side]))))
    (line,) = axes.plot([], [], color=colour, linewidth=2.4, marker="o", markersize=3)
    return line


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
