"""What the data of all long-memory tasks share."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from lightning import LightningDataModule
from numpy.typing import NDArray
from torch.utils.data import DataLoader, Dataset, Sampler

from action_rec.console.text import shorten
from action_rec.data.resumable import EpochSampler
from action_rec.errors import InputError
from action_rec.long_memory.batch import SequenceBatch
from action_rec.long_memory.objectives import ObjectiveName

Indices = NDArray[np.int64]


class SequenceData(LightningDataModule):
    """What the data say of themselves; each task has a class of its own.

    Attributes:
        objective: What is asked of a sequence.
        carry_state: Whether a batch goes on where the one before it ended.
        num_inputs: Numbers of a step, or of symbols.
        num_outputs: Outputs.
        num_steps: Steps T of a training sequence.
        seed: Of training.
    """

    objective: ObjectiveName
    carry_state = False
    num_inputs: int
    num_outputs: int
    num_steps: int
    seed: int

    def about(self) -> dict[str, Any]:
        """What results say of the data: plain values."""
        raise NotImplementedError

    def identity(self) -> dict[str, Any]:
        """What of `about` a checkpoint must have been trained with to be evaluated here."""
        return {}

    def setup(self, stage: str) -> None:
        """Refuse several devices.

        Raises:
            InputError: There are several.
        """
        if self.trainer is not None and self.trainer.world_size > 1:
            raise InputError(
                f"the long-memory tasks run on one device, got {self.trainer.world_size}; add "
                "--trainer.devices 1"
            )

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint keeps."""
        return {**self.identity(), "seed": self.seed}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Refuse a checkpoint that was trained on other data.

        Raises:
            InputError: It was.
        """
        for key, here in self.identity().items():
            trained = state_dict.get(key)
            if trained != here:
                raise InputError(
                    f"the checkpoint was trained with {key} {shorten(repr(trained), 60)}, but here "
                    f"it is {shorten(repr(here), 60)}; use the data and the config that it was "
                    "trained with, "
                    "config.yaml in the folder of its run"
                )


class IndexBatches(EpochSampler[Indices]):
    """Yields the indices of each batch of an epoch.

    Args:
        order: From the epoch to the indices (N,) in its order.
        count: N.
        batch_size: Of all batches, but the last one of an evaluation.
        keep_rest: Whether what is left over makes a smaller batch.
    """

    def __init__(
        self, order: Callable[[int], Indices], count: int, batch_size: int, *, keep_rest: bool
    ) -> None:
        self.order = order
        self.count = count
        self.batch_size = batch_size
        self.keep_rest = keep_rest

    def __len__(self) -> int:
        rest = self.count % self.batch_size if self.keep_rest else 0
        return self.count // self.batch_size + (rest > 0)

    def __iter__(self) -> Iterator[Indices]:
        order = self.order(self.epoch)
        for batch in range(self.skip, len(self)):
            yield order[batch * self.batch_size : (batch + 1) * self.batch_size]


def whole_batches(
    dataset: Dataset[SequenceBatch], sampler: Sampler[Indices] | None = None
) -> DataLoader[SequenceBatch]:
    """A loader of val or test, whose items are whole batches; a gather is faster than workers."""
    return DataLoader(dataset, sampler=sampler, batch_size=None)


def check_at_least(least: int, **numbers: int) -> None:
    """Refuse numbers that are too small.

    Raises:
        InputError: One is.
    """
    for name, number in numbers.items():
        if number < least:
            raise InputError(f"{name} must be at least {least}, got {number}")
