"""Pictures as a moving image: GIF by Pillow, MP4 by ffmpeg."""

import math
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from itertools import chain, pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from action_rec.console.output_path import check_out
from action_rec.errors import InputError

SUFFIXES = (".gif", ".mp4")
_MAX_PICTURES = 300
_GIF_RATE = 15.0  # per second: half of a Kinect's frames, for half of the bytes
_COLOURS = 64


def check_format(path: Path) -> None:
    """Check that a file of pictures can be written.

    Raises:
        InputError: The suffix is not of a known format, ffmpeg is missing, or the file cannot be
            written.
    """
    if path.suffix not in SUFFIXES:
        raise InputError(
            f"--render '{path}' must end in {' or '.join(SUFFIXES)}, or be a folder without a "
            "suffix"
        )
    check_out(path)
    if path.suffix == ".mp4" and shutil.which("ffmpeg") is None:
        raise InputError(
            f"--render '{path}' needs the program ffmpeg, which is not installed; install it or "
            "name a .gif file"
        )


def frame_step(path: Path, num_frames: int, fps: float) -> int:
    """The step in frames from picture to picture: a file has at most 300, a GIF fewer."""
    rate = _GIF_RATE if path.suffix == ".gif" else fps
    return max(1, math.ceil(fps / rate), math.ceil(num_frames / _MAX_PICTURES))


def write_pictures(path: Path, pictures: Iterator[NDArray[np.uint8]], fps: float) -> None:
    """Write pictures in order.

    Args:
        path: A .gif or .mp4 file.
        pictures: One or more of the same shape (H, W, 3); H and W even for MP4.
        fps: Pictures per second.

    Raises:
        InputError: The file cannot be written.
    """
    try:
        if path.suffix == ".gif":
            _write_gif(path, list(pictures), fps)
        else:
            _write_mp4(path, pictures, fps)
    except OSError as error:
        raise InputError(
            f"--render '{path}' cannot be written ({error.strerror or error})"
        ) from None


def _write_gif(path: Path, pictures: list[NDArray[np.uint8]], fps: float) -> None:
    # One palette for all, so that only changed pixels are written; from several pictures, since
    # bodies come and go.
    some = pictures[:: -(-len(pictures) // 8)]
    palette = Image.fromarray(np.concatenate(some)).quantize(_COLOURS)
    images = [
        Image.fromarray(picture).quantize(palette=palette, dither=Image.Dither.NONE)
        for picture in pictures
    ]
    # A GIF counts in hundredths of a second: rounding the times, not the durations, keeps the
    # speed.
    times = [round(100 * k / fps) for k in range(len(images) + 1)]
    durations = [10 * max(1, end - start) for start, end in pairwise(times)]
    images[0].save(
        path, save_all=True, append_images=images[1:], duration=durations, loop=0, disposal=1
    )


def _write_mp4(path: Path, pictures: Iterator[NDArray[np.uint8]], fps: float) -> None:
    first = next(pictures)
    size = f"{first.shape[1]}x{first.shape[0]}"
    source = ("-f", "rawvideo", "-pix_fmt", "rgb24", "-s", size, "-r", f"{fps:g}", "-i", "-")
    command = ["ffmpeg", "-y", "-loglevel", "error", *source, "-pix_fmt", "yuv420p", str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        with suppress(BrokenPipeError):  # ffmpeg ended early and reports the reason
            for picture in chain([first], pictures):
                process.stdin.write(picture.tobytes())  # type: ignore[union-attr]
        reason = process.communicate()[1].decode(errors="replace")
    if process.returncode != 0:
        raise InputError(
            f"ffmpeg could not write '{path}' ({' '.join(reason.split())}); name a .gif file"
        )
