"""Base class and loaders of the data of all long-memory tasks."""

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
    """Base class of the data of a long-memory task.

    Attributes:
        objective: Name of the objective.
        carry_state: Whether each batch continues the sequences of the batch before it.
        sorted_by_frequency: Whether symbol 0 is the most frequent, as an adaptive softmax needs.
        one_device: Whether the data can be used on one device only.
        num_inputs: Number of inputs of a step, or number of symbols.
        num_outputs: Number of outputs.
        num_steps: Number of steps T of a training sequence.
        seed: Seed of the training data.
    """

    objective: ObjectiveName
    carry_state = False
    sorted_by_frequency = False
    one_device = True
    num_inputs: int
    num_outputs: int
    num_steps: int
    seed: int

    def description(self) -> dict[str, Any]:
        """Return the description of the data in result files, as plain values."""
        raise NotImplementedError

    def identity(self) -> dict[str, Any]:
        """Return the entries of `description` that a checkpoint must match to be evaluated."""
        return {}

    def evaluation_dataloader(self, split: str) -> DataLoader[SequenceBatch]:
        """Return a loader of ``val`` or ``test``."""
        raise NotImplementedError

    def val_dataloader(self) -> DataLoader[SequenceBatch]:
        """Return a loader of val."""
        return self.evaluation_dataloader("val")

    def test_dataloader(self) -> DataLoader[SequenceBatch]:
        """Return a loader of test."""
        return self.evaluation_dataloader("test")

    def setup(self, stage: str) -> None:
        """Check that the trainer uses one device.

        Raises:
            InputError: The trainer uses several devices.
        """
        alone = self.one_device or stage != "fit"
        if alone and self.trainer is not None and self.trainer.world_size > 1:
            what = "this long-memory task runs" if self.one_device else f"{stage} runs"
            raise InputError(
                f"{what} on one device, got {self.trainer.world_size}; add --trainer.devices 1"
            )

    def state_dict(self) -> dict[str, Any]:
        """Return the state saved in checkpoints."""
        return {**self.identity(), "seed": self.seed}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Check that the checkpoint was trained on the same data.

        Raises:
            InputError: The checkpoint was trained on other data, or does not say on which.
        """
        if not isinstance(state_dict, dict) or type(state_dict.get("seed")) is not int:
            raise InputError(
                f"the checkpoint describes its data by {shorten(repr(state_dict), 60)}, without "
                "the seed of its training; give a .ckpt file that fit wrote"
            )
        for key, value in self.identity().items():
            trained = state_dict.get(key)
            if trained != value:
                raise InputError(
                    f"the checkpoint was trained with {key} {shorten(repr(trained), 60)}, but the "
                    f"data have {shorten(repr(value), 60)}; use the data and config of its "
                    "training, config.yaml in its run folder"
                )


class IndexBatches(EpochSampler[Indices]):
    """Sampler of the indices of each batch of an epoch.

    Args:
        order: Maps the epoch to its N indices, (N,).
        count: Number of indices N of an epoch.
        batch_size: Number of indices of a batch.
        drop_last: Whether to drop the last batch if it is incomplete.
    """

    def __init__(
        self, order: Callable[[int], Indices], count: int, batch_size: int, *, drop_last: bool
    ) -> None:
        self.order = order
        self.count = count
        self.batch_size = batch_size
        self.drop_last = drop_last

    def __len__(self) -> int:
        full, rest = divmod(self.count, self.batch_size)
        return full + (rest > 0 and not self.drop_last)

    def __iter__(self) -> Iterator[Indices]:
        order = self.order(self.epoch)
        for batch in range(self.skip, len(self)):
            yield order[batch * self.batch_size : (batch + 1) * self.batch_size]


def evaluation_loader(
    dataset: Dataset[SequenceBatch], sampler: Sampler[Any] | None = None
) -> DataLoader[SequenceBatch]:
    """Return a loader of a dataset whose items are batches."""
    return DataLoader(dataset, sampler=sampler, batch_size=None)


def check_at_least(least: int, **numbers: int) -> None:
    """Check that numbers are large enough.

    Args:
        least: Smallest allowed value.
        **numbers: Values by the name used in the error message.

    Raises:
        InputError: A number is below `least`.
    """
    for name, number in numbers.items():
        if number < least:
            raise InputError(f"{name} must be at least {least}, got {number}")
