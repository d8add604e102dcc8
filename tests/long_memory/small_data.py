"""Small generated data sets in the formats of the long-memory tasks."""

import gzip
import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

SIDE = 4  # height and width of the images, in pixels


def idx(array: NDArray[np.uint8]) -> bytes:
    """Return `array` encoded as an idx file."""
    header = struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
    return header + array.tobytes()


def mnist_folder(folder: Path) -> Path:
    """Write four idx files, those of train gzipped; each image has a single gray level."""
    folder.mkdir()
    for part, count in (("train", 60), ("t10k", 30)):
        labels = np.arange(count, dtype=np.uint8) % 10
        images = np.repeat(25 * labels, SIDE * SIDE).reshape(count, SIDE, SIDE)
        for name, array in (("images-idx3", images), ("labels-idx1", labels)):
            path = folder / f"{part}-{name}-ubyte"
            if part == "train":
                path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(idx(array)))
            else:
                path.write_bytes(idx(array))
    return folder


def text_folder(folder: Path) -> Path:
    """Write a train, a valid and a test text with the words one to three."""
    folder.mkdir()
    rng = np.random.default_rng(0)
    for name, lines in (("train", 60), ("valid", 12), ("test", 13)):
        words = rng.choice(["one", "two", "three"], (lines, 5))
        text = "".join(f" {' '.join(line)} \n" for line in words)
        (folder / f"made.{name}.txt").write_text(text)
    return folder
