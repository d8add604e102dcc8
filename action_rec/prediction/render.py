"""The moving skeletons of sequences with the most likely classes, as GIF or MP4 files."""

import logging
import math
from collections import Counter
from itertools import pairwise
from pathlib import Path
from subprocess import CalledProcessError

from matplotlib.animation import FFMpegWriter, FuncAnimation, PillowWriter
from PIL import Image

from action_rec.console.output_path import check_out
from action_rec.errors import InputError
from action_rec.prediction.outputs import Prediction
from action_rec.prediction.render_figure import moving_skeleton
from action_rec.store.sequences import Sequences

_SUFFIXES = (".gif", ".mp4")
_MAX_PICTURES = 300
_GIF_RATE = 15.0  # per second: half of a Kinect's frames, for half of the bytes

logging.getLogger("matplotlib.animation").setLevel(logging.ERROR)  # it also raises what it logs


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
            _check_format(target)
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
        """Draw one sequence.

        Raises:
            InputError: The file cannot be written.
        """
        path = self._file or self._new_file(prediction.name)
        length = int(sequences.length[index])
        step = frame_step(path, length, self._fps)
        top = prediction.top(self._class_names, self._top)
        figure, show = moving_skeleton(sequences, index, prediction, top, self._fps)
        animation = FuncAnimation(figure, show, range(0, length, step), cache_frame_data=False)
        writer = _Gif if path.suffix == ".gif" else FFMpegWriter
        try:
            animation.save(path, writer(self._fps / step))  # type: ignore[arg-type]  # any number
        except CalledProcessError as error:
            reason = " ".join(str(error.stderr).split())
            raise InputError(
                f"ffmpeg could not write '{path}' ({reason}); name a .gif file"
            ) from None
        except OSError as error:
            raise InputError(
                f"--render '{path}' cannot be written ({error.strerror or error})"
            ) from None

    def _new_file(self, name: str) -> Path:
        self._folder.mkdir(exist_ok=True)
        safe = "".join(c if c.isalnum() or c in "-_.()" else "_" for c in name)
        self._drawn[safe] += 1
        again = f"_{self._drawn[safe]}" if self._drawn[safe] > 1 else ""
        return self._folder / f"{safe}{again}.gif"


class _Gif(PillowWriter):
    """Writes a GIF at the speed of the recording, which matplotlib's durations would increase."""

    _frames: list[Image.Image]

    def finish(self) -> None:
        # A GIF counts in hundredths of a second: the times are rounded, not the durations.
        times = [round(100 * k / self.fps) for k in range(len(self._frames) + 1)]
        durations = [10 * max(1, end - start) for start, end in pairwise(times)]
        first, *others = self._frames
        first.save(self.outfile, save_all=True, append_images=others, duration=durations, loop=0)


def _check_format(path: Path) -> None:
    if path.suffix not in _SUFFIXES:
        raise InputError(
            f"--render '{path}' must end in {' or '.join(_SUFFIXES)}, or be a folder without a "
            "suffix"
        )
    check_out(path)
    if path.suffix == ".mp4" and not FFMpegWriter.isAvailable():
        raise InputError(
            f"--render '{path}' needs the program ffmpeg, which is not installed; install it or "
            "name a .gif file"
        )


def frame_step(path: Path, num_frames: int, fps: float) -> int:
    """The step in frames from picture to picture: a file has at most 300, a GIF fewer."""
    rate = _GIF_RATE if path.suffix == ".gif" else fps
    return max(1, math.ceil(fps / rate), math.ceil(num_frames / _MAX_PICTURES))
