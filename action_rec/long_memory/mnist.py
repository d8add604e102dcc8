"""Sequential and permuted MNIST, 784 steps of one pixel (Le, Jaitly, Hinton, arXiv 1504.00941)."""

from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

from action_rec.data.resumable import ResumableLoader
from action_rec.errors import InputError
from action_rec.long_memory.batch import SequenceBatch
from action_rec.long_memory.digits import CLASSES, Digits, digits_folder, read_digits
from action_rec.long_memory.loading import (
    IndexBatches,
    Indices,
    SequenceData,
    check_at_least,
    evaluation_loader,
)

# Approximate values of MNIST. Without negative inputs, first-layer ReLU neurons with a negative
# weight would never be active.
_MEAN, _STD = 0.13, 0.31
_EVAL_BATCH_SIZE = 200


class PixelSequences(Dataset[SequenceBatch]):
    """Images as sequences of pixels.

    Args:
        digits: All images.
    """

    def __init__(self, digits: Digits) -> None:
        self._digits = digits

    def __getitem__(self, indices: Indices) -> SequenceBatch:
        """Return standardized pixels (B, T, 1) and classes (B,) of `indices` (B,)."""
        rows = torch.from_numpy(indices)
        pixels = self._digits.pixels[rows].float().div_(255).sub_(_MEAN).div_(_STD)
        return SequenceBatch(pixels[:, :, None], self._digits.labels[rows])


class MnistData(SequenceData):
    """Data of pixel-wise MNIST.

    Args:
        path: The folder of the four idx files, gzipped or not, with their usual names.
        permute: Whether to permute the pixels, in the same way for all images.
        permutation_seed: Seed of the permutation, whose digest is written to the results.
        batch_size: Number of images of a training batch.
        val_share: Fraction of the train images that become val.
        split_seed: Seed of the random choice of val.
        download: Whether torchvision, if installed, downloads missing files.
        seed: Seed of the order in training; the command line sets it from seed_everything.

    Raises:
        InputError: A file is missing or malformed, or an argument is out of range.
    """

    objective = "classification"
    num_inputs = 1
    num_outputs = CLASSES

    def __init__(
        self,
        path: str | Path,
        permute: bool = False,
        permutation_seed: int = 0,
        batch_size: int = 128,
        val_share: float = 0.05,
        split_seed: int = 0,
        download: bool = False,
        seed: int = 0,
    ) -> None:
        super().__init__()
        check_at_least(1, batch_size=batch_size)
        if not 0 < val_share < 1:
            raise InputError(f"val_share must be between 0 and 1, got {val_share}; 0.05 is usual")
        folder = digits_folder(Path(path), download=download)
        self._digits = {part: read_digits(folder, part) for part in ("train", "test")}
        self.num_steps, tested = (self._digits[part].pixels.shape[1] for part in ("train", "test"))
        if self.num_steps != tested:
            raise InputError(
                f"the images in {folder} have {self.num_steps} pixels in train, but {tested} in "
                "test; use four files of the same download"
            )
        self.permutation = np.arange(self.num_steps)
        if permute:
            self.permutation = np.random.default_rng(permutation_seed).permutation(self.num_steps)
            self._digits = {
                part: Digits(digits.pixels[:, torch.from_numpy(self.permutation)], digits.labels)
                for part, digits in self._digits.items()
            }
        self.permute = permute
        self.permutation_seed = permutation_seed
        self.batch_size = batch_size
        self.split_seed = split_seed
        self.seed = seed
        total = len(self._digits["train"].labels)
        shuffled = np.random.default_rng(split_seed).permutation(total)
        self.val, self.train = np.split(shuffled, [max(1, round(val_share * total))])
        check_at_least(batch_size, **{"the number of train images": len(self.train)})

    @property
    def permutation_digest(self) -> str:
        """First 16 hexadecimal digits of the SHA-256 of the permutation (little-endian int64)."""
        return sha256(self.permutation.astype("<i8").tobytes()).hexdigest()[:16]

    def description(self) -> dict[str, Any]:
        """Return the task, the permutation and the source of val."""
        return {
            "task": "permuted mnist" if self.permute else "sequential mnist",
            "num_steps": self.num_steps,
            "permutation_seed": self.permutation_seed if self.permute else None,
            **self.identity(),
            "val": f"{len(self.val)} of the train images, drawn at random",
            "data_seed": self.seed,
        }

    def identity(self) -> dict[str, Any]:
        """Return the permutation and the choice of val."""
        return {
            "permutation": self.permutation_digest,
            "split_seed": self.split_seed,
            "val_images": len(self.val),
        }

    def train_dataloader(self) -> DataLoader[SequenceBatch]:
        """Return a loader with a new order in every epoch."""

        def order(epoch: int) -> Indices:
            return np.random.default_rng((self.seed, epoch)).permutation(self.train)

        batches = IndexBatches(order, len(self.train), self.batch_size, drop_last=True)
        return ResumableLoader(PixelSequences(self._digits["train"]), batches)

    def evaluation_dataloader(self, split: str) -> DataLoader[SequenceBatch]:
        """Return a loader of val, which is a part of the train images, or test."""
        digits = self._digits["train" if split == "val" else "test"]
        indices = np.sort(self.val) if split == "val" else np.arange(len(digits.labels))
        batches = IndexBatches(lambda _: indices, len(indices), _EVAL_BATCH_SIZE, drop_last=False)
        return evaluation_loader(PixelSequences(digits), batches)
