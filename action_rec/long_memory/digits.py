"""Read or download the images of MNIST (LeCun, Cortes, Burges)."""

import importlib
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from action_rec.errors import InputError
from action_rec.long_memory.idx_file import read_idx

CLASSES = 10
_PARTS = {"train": "train", "test": "t10k"}


class Digits(NamedTuple):
    """Images as sequences.

    Attributes:
        pixels: Pixel values 0..255, (N, T), uint8.
        labels: Digits, (N,), int64.
    """

    pixels: Tensor
    labels: Tensor


def digits_folder(path: Path, *, download: bool) -> Path:
    """Return the folder of the idx files, downloading them if requested.

    Args:
        path: The folder of the files, or the root folder given to torchvision.
        download: Whether torchvision downloads missing files.

    Raises:
        InputError: torchvision is not installed or the download fails.
    """
    if download:
        try:
            datasets = importlib.import_module("torchvision.datasets")
        except ImportError as error:
            raise InputError(
                "--data.download true needs torchvision, which is not installed; run 'pip install "
                f"torchvision', or put the four idx files of MNIST into {path}"
            ) from error
        try:
            datasets.MNIST(path, download=True)
        except (OSError, RuntimeError) as error:
            raise InputError(
                f"torchvision could not download MNIST ({error}); try again, or put the four idx "
                f"files into {path}"
            ) from error
    raw = path / "MNIST" / "raw"  # where torchvision stores the files
    return raw if raw.is_dir() else path


def read_digits(folder: Path, part: str) -> Digits:
    """Read the images and labels of ``train`` or ``test``.

    Raises:
        InputError: A file is missing or malformed, or images and labels do not match.
    """
    images_path, labels_path = (_find(folder, name) for name in _names(part))
    images, labels = read_idx(images_path, 3), read_idx(labels_path, 1)
    if len(images) != len(labels):
        raise InputError(
            f"{images_path} has {len(images)} images, but {labels_path} has {len(labels)} labels; "
            "use files of the same download"
        )
    if images.size == 0:
        raise InputError(f"{images_path} has no pixels; download it again")
    if labels.max() >= CLASSES:
        index = int(np.argmax(labels >= CLASSES))
        raise InputError(
            f"label {index} of {labels_path} is {labels[index]}, but labels must be from 0 to 9; "
            "download the file again"
        )
    return Digits(_tensor(images).flatten(1), _tensor(labels).long())


def _tensor(array: NDArray[np.uint8]) -> Tensor:
    return torch.from_numpy(array.copy())  # arrays of np.frombuffer are read-only


def _names(part: str) -> tuple[str, str]:
    return f"{_PARTS[part]}-images-idx3-ubyte", f"{_PARTS[part]}-labels-idx1-ubyte"


def _find(folder: Path, name: str) -> Path:
    paths = [path for path in (folder / name, folder / f"{name}.gz") if path.is_file()]
    if not paths:
        raise InputError(
            f"{folder} has no {name} or {name}.gz; put the four idx files of MNIST there, or add "
            "--data.download true if torchvision is installed"
        )
    return paths[0]
