"""The moving skeleton of a sequence with the most likely classes, as a GIF or MP4."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray

from action_rec.console.text import shorten
from action_rec.errors import InputError
from action_rec.prediction.outputs import Prediction
from action_rec.prediction.render_file import SUFFIXES, check_format, frame_step, write_pictures
from action_rec.prediction.render_skeleton import Skeleton
from action_rec.prediction.render_view import flat_view
from action_rec.store.sequences import Sequences

_MAX_BARS = 8
_SIZE = (6.4, 3.6)  # inches of 100 pixels
_PLACE = (0.01, 0.02, 0.57, 0.86)  # of the skeleton: left, bottom, width, height


class Renderer:
    """Draws sequences into one file, or each into a file of its own.

    Args:
        target: A .gif or .mp4 file, or a folder for a GIF of each sequence.
        count: The number of sequences that will be drawn.
        class_names: K names.
        top: The number of most likely classes to show.
        fps: Frames per second of the recordings.

    Raises:
        InputError: The suffix is not of a known format, there are several sequences for one file,
            ffmpeg is missing, or a folder does not exist.
    """

    def __init__(
        self, target: Path, count: int, class_names: list[str], top: int, fps: float
    ) -> None:
        self._file = target if target.suffix and not target.is_dir() else None
        if self._file is not None:
            check_format(target)
            if count > 1:
                raise InputError(
                    f"--render '{target}' is one picture, but there are {count:,} sequences; name "
                    "a folder, where each gets a GIF of its own"
                )
        elif not target.parent.is_dir() or target.is_file():
            raise InputError(f"--render '{target}' cannot be a folder there; name another one")
        self._folder = target
        self._drawn: Counter[str] = Counter()
        self._class_names = class_names
        self._top = top
        self._fps = fps

    def draw(self, sequences: Sequences, index: int, prediction: Prediction) -> None:
        """Draw one sequence."""
        path = self._file
        if path is None:
            self._folder.mkdir(exist_ok=True)
            safe = "".join(c if c.isalnum() or c in "-_.()" else "_" for c in prediction.name)
            self._drawn[safe] += 1
            again = f"_{self._drawn[safe]}" if self._drawn[safe] > 1 else ""
            path = self._folder / f"{safe}{again}{SUFFIXES[0]}"
        step = frame_step(path, int(sequences.length[index]), self._fps)
        top = prediction.top(self._class_names, self._top)
        pictures = picture_frames(sequences, index, prediction, top, self._fps, step)
        write_pictures(path, pictures, self._fps / step)


def picture_frames(
    sequences: Sequences,
    index: int,
    prediction: Prediction,
    top: list[tuple[str, float]],
    fps: float,
    step: int,
) -> Iterator[NDArray[np.uint8]]:
    """Yield the pictures (360, 640, 3) of every `step`-th frame of a sequence."""
    flat = flat_view(sequences, index)
    figure = Figure(figsize=_SIZE, dpi=100)
    canvas = FigureCanvasAgg(figure)
    axes = figure.add_axes(_PLACE)
    _frame(axes, flat)
    _title(figure, prediction)
    _bars(figure.add_axes((0.59, 0.11, 0.39, 0.77)), prediction, top)
    skeleton = Skeleton(figure, axes, sequences, flat.shape[1])
    canvas.draw()  # type: ignore[no-untyped-call]
    background = canvas.copy_from_bbox(figure.bbox)  # type: ignore[no-untyped-call]
    for frame in range(0, len(flat), step):
        canvas.restore_region(background)  # type: ignore[no-untyped-call]
        skeleton.move(flat[frame], f"{frame / fps:.1f} s")
        for artist in skeleton.artists:
            axes.draw_artist(artist)
        seen = np.asarray(canvas.buffer_rgba())  # type: ignore[no-untyped-call]
        yield seen[..., :3].copy()


def _frame(axes: Axes, flat: NDArray[np.float64]) -> None:
    """Set limits that fit all frames, with equal units in both directions."""
    seen = flat[np.isfinite(flat).all(axis=-1)]
    low, high = (seen.min(axis=0), seen.max(axis=0)) if len(seen) else (-np.ones(2), np.ones(2))
    box = np.array([_PLACE[2] * _SIZE[0], _PLACE[3] * _SIZE[1]])
    half = max(float(((high - low) / box).max()), 1e-6) * box * 0.56
    middle = (low + high) / 2
    axes.set_xlim(middle[0] - half[0], middle[0] + half[0])
    axes.set_ylim(middle[1] - half[1], middle[1] + half[1])
    axes.set_axis_off()


def _title(figure: Figure, prediction: Prediction) -> None:
    truth = "truth unknown" if prediction.truth is None else f"truth: {prediction.truth}"
    figure.text(0.02, 0.93, shorten(prediction.name, 44), fontsize=10, weight="bold", va="center")
    figure.text(0.98, 0.93, shorten(truth, 44), fontsize=10, va="center", ha="right")


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
