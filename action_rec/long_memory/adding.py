"""The adding problem (Hochreiter and Schmidhuber, 1997), generated.

A sequence has two numbers a step: a value from U(0, 1), and a mark that is 1 at two steps, one in
the first half and one in the second (Arjovsky et al., arXiv 1511.06464), and 0 elsewhere. What is
asked for after the last step is the sum of the two marked values; answering 1, its mean, has an
error of 1/6 = 0.167.
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
    whole_batches,
)

_SPLITS = {"train": 0, "val": 1, "test": 2}
_EVALUATED_STEPS = 250_000  # of all sequences of an evaluation's batch


class AddingSequences(Dataset[SequenceBatch]):
    """Endlessly many sequences: each follows from seed, split and its index alone.

    Args:
        num_steps: Steps T, at least 2.
        split: ``train``, ``val`` or ``test``: they have no sequence in common.
        seed: Of all.
    """

    def __init__(self, num_steps: int, split: str, seed: int) -> None:
        self.num_steps = num_steps
        self._entropy = (seed, _SPLITS[split])

    def __getitem__(self, indices: Indices) -> SequenceBatch:
        """Return inputs (B, T, 2) and targets (B,) of a range of B indices."""
        first, count, steps = int(indices[0]), len(indices), self.num_steps
        if not np.array_equal(indices, np.arange(first, first + count)):
            raise IndexError("the sequences of a batch are neighbours")
        # Sequence i is drawn from the numbers from i * (T + 2) on: those of a batch are one call.
        source = np.random.PCG64(np.random.SeedSequence(self._entropy))
        source.advance(first * (steps + 2))
        drawn = np.random.Generator(source).random((count, steps + 2))
        half = steps // 2
        marked = np.stack((drawn[:, -2] * half, half + drawn[:, -1] * (steps - half)), axis=1)
        places = marked.astype(np.int64)
        inputs = np.zeros((count, steps, 2), np.float32)
        inputs[..., 0] = drawn[:, :-2]
        np.put_along_axis(inputs[..., 1], places, 1, axis=1)
        targets = np.take_along_axis(inputs[..., 0], places, axis=1).sum(axis=1)
        return SequenceBatch(torch.from_numpy(inputs), torch.from_numpy(targets))


class AddingData(SequenceData):
    """Feeds the adding problem to a learner: new sequences in every epoch of training.

    Args:
        num_steps: Steps T of a sequence.
        batch_size: Sequences of a training batch.
        train_sequences: Sequences of an epoch, after which val is measured.
        val_sequences: Sequences of val, always the same.
        test_sequences: Sequences of test, always the same.
        seed: Of the training sequences; the command line sets it from seed_everything.
        eval_seed: Of val and test: the same for runs that are compared.

    Raises:
        InputError: A number is too small; T must be at least 2, since two steps are marked.
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
                f"num_steps must be at least 2, for two steps are marked, got {num_steps}; the "
                "papers take 100 to 5000"
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

    def about(self) -> dict[str, Any]:
        """Task, steps and seeds."""
        return {
            "task": "adding",
            "num_steps": self.num_steps,
            "data_seed": self.seed,
            "eval_seed": self.eval_seed,
        }

    def train_dataloader(self) -> DataLoader[SequenceBatch]:
        """Batches of new sequences."""
        count = self.train_sequences

        def order(epoch: int) -> Indices:
            return np.arange(epoch * count, (epoch + 1) * count)

        batches = IndexBatches(order, count, self.batch_size, keep_rest=False)
        return ResumableLoader(AddingSequences(self.num_steps, "train", self.seed), batches)

    def val_dataloader(self) -> DataLoader[SequenceBatch]:
        """Batches of val."""
        return self._evaluation("val", self.val_sequences)

    def test_dataloader(self) -> DataLoader[SequenceBatch]:
        """Batches of test."""
        return self._evaluation("test", self.test_sequences)

    def _evaluation(self, split: str, count: int) -> DataLoader[SequenceBatch]:
        each = max(1, _EVALUATED_STEPS // self.num_steps)
        batches = IndexBatches(lambda _: np.arange(count), count, each, keep_rest=True)
        return whole_batches(AddingSequences(self.num_steps, split, self.eval_seed), batches)
