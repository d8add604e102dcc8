"""The adding problem (Hochreiter and Schmidhuber, 1997).

Each step has two inputs: a value from U(0, 1) and a mask that is 1 at two steps, one in each half
of the sequence (Arjovsky et al., arXiv 1511.06464), and 0 elsewhere. The target after the last
step is the sum of the two masked values. Predicting its mean, 1, has a mean squared error of
1/6 = 0.167.
"""

from typing import Any

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

from action_rec.data.resumable import ResumableLoader
from action_rec.errors import InputError
from action_rec.long_memory.batch import SequenceBatch
from action_rec.long_memory.loading import (
    IndexBatches,
    Indices,
    SequenceData,
    check_at_least,
    evaluation_loader,
)

_SPLITS = {"train": 0, "val": 1, "test": 2}
_EVAL_BATCH_STEPS = 250_000  # steps of all sequences of an evaluation batch


class AddingSequences(Dataset[SequenceBatch]):
    """Unlimited sequences, each determined by the seed, the split and its index.

    Args:
        num_steps: Number of steps T, at least 2.
        split: ``train``, ``val`` or ``test``; the splits have different sequences.
        seed: Seed of all sequences.
    """

    def __init__(self, num_steps: int, split: str, seed: int) -> None:
        self.num_steps = num_steps
        self._entropy = (seed, _SPLITS[split])

    def __getitem__(self, indices: Indices) -> SequenceBatch:
        """Return inputs (B, T, 2) and targets (B,) of a range of B indices."""
        first, count, steps = int(indices[0]), len(indices), self.num_steps
        if not np.array_equal(indices, np.arange(first, first + count)):
            raise IndexError("the indices of a batch must be consecutive")
        # Sequence i uses T + 2 random numbers from i * (T + 2) on, so one call draws a batch.
        source = np.random.PCG64(np.random.SeedSequence(self._entropy))
        source.advance(first * (steps + 2))
        numbers = np.random.Generator(source).random((count, steps + 2))
        half = steps // 2
        masked = np.stack((numbers[:, -2] * half, half + numbers[:, -1] * (steps - half)), axis=1)
        masked = masked.astype(np.int64)
        inputs = np.zeros((count, steps, 2), np.float32)
        inputs[..., 0] = numbers[:, :-2]
        np.put_along_axis(inputs[..., 1], masked, 1, axis=1)
        targets = np.take_along_axis(inputs[..., 0], masked, axis=1).sum(axis=1)
        return SequenceBatch(torch.from_numpy(inputs), torch.from_numpy(targets))


class AddingData(SequenceData):
    """Data of the adding problem, with new training sequences in every epoch.

    Args:
        num_steps: Number of steps T of a sequence.
        batch_size: Number of sequences of a training batch.
        train_sequences: Number of sequences of a training epoch.
        val_sequences: Number of val sequences, the same in every validation.
        test_sequences: Number of test sequences.
        seed: Seed of the training sequences; the command line sets it from seed_everything.
        eval_seed: Seed of val and test; use the same for runs that are compared.

    Raises:
        InputError: A number is too small; `num_steps` must be at least 2.
    """

    objective = "regression"
    num_inputs = 2
    num_outputs = 1

    def __init__(
        self,
        num_steps: int = 100,
        batch_size: int = 50,
        train_sequences: int = 5000,
        val_sequences: int = 1000,
        test_sequences: int = 10_000,
        seed: int = 0,
        eval_seed: int = 0,
    ) -> None:
        super().__init__()
        if num_steps < 2:
            raise InputError(
                f"num_steps must be at least 2, because two steps are masked, got {num_steps}; the "
                "papers use 100 to 5000"
            )
        check_at_least(1, batch_size=batch_size, val_sequences=val_sequences)
        check_at_least(1, test_sequences=test_sequences)
        check_at_least(batch_size, train_sequences=train_sequences)
        self.num_steps = num_steps
        self.batch_size = batch_size
        self.train_sequences = train_sequences
        self.val_sequences = val_sequences
        self.test_sequences = test_sequences
        self.seed = seed
        self.eval_seed = eval_seed

    def description(self) -> dict[str, Any]:
        """Return the task, the number of steps and the seeds."""
        return {
            "task": "adding",
            "num_steps": self.num_steps,
            "data_seed": self.seed,
            "eval_seed": self.eval_seed,
        }

    def train_dataloader(self) -> DataLoader[SequenceBatch]:
        """Return a loader of new sequences."""
        count = self.train_sequences

        def order(epoch: int) -> Indices:
            return np.arange(epoch * count, (epoch + 1) * count)

        batches = IndexBatches(order, count, self.batch_size, drop_last=True)
        return ResumableLoader(AddingSequences(self.num_steps, "train", self.seed), batches)

    def evaluation_dataloader(self, split: str) -> DataLoader[SequenceBatch]:
        """Return a loader of the sequences of val or test."""
        count = self.val_sequences if split == "val" else self.test_sequences
        batch_size = max(1, _EVAL_BATCH_STEPS // self.num_steps)
        batches = IndexBatches(lambda _: np.arange(count), count, batch_size, drop_last=False)
        return evaluation_loader(AddingSequences(self.num_steps, split, self.eval_seed), batches)
