"""A loader that can be resumed in the middle of an epoch."""

from collections.abc import Iterator
from typing import Any, Generic, TypeVar

from torch.utils.data import DataLoader, Dataset, Sampler

Item = TypeVar("Item")
Batch = TypeVar("Batch")


class EpochSampler(Sampler[Item]):
    """Yields what the dataset is asked for, a batch at a time.

    Attributes:
        epoch: That the next iteration belongs to.
        skip: Batches of it that are left out at its beginning.
    """

    epoch = 0
    skip = 0

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch that the next iteration belongs to; Lightning calls it."""
        self.epoch = epoch


class ResumableLoader(DataLoader[Batch], Generic[Batch]):
    """A loader whose place in the epoch is part of a checkpoint.

    Lightning saves and restores the `state_dict` of a train loader by itself.

    Args:
        dataset: Its items are whole batches.
        sampler: Says which.
        **kwargs: As `DataLoader` has them.
    """

    def __init__(
        self,
        dataset: Dataset[Batch],
        sampler: EpochSampler[Any],
        **kwargs: Any,  # noqa: ANN401
    ) -> None:
        super().__init__(dataset, sampler=sampler, batch_size=None, **kwargs)
        self._order = sampler
        self._done = 0
        self._resume: dict[str, int] | None = None

    def __iter__(self) -> Iterator[Batch]:  # type: ignore[override]
        # A generator starts at the first batch: only then has Lightning told the sampler the epoch.
        self._done = 0
        if self._resume is not None and self._resume["epoch"] == self._order.epoch:
            self._done = self._resume["batches_done"]
        self._resume = None
        self._order.skip = self._done
        for batch in super().__iter__():
            self._done += 1
            yield batch

    def state_dict(self) -> dict[str, int]:
        """The epoch and how many of its batches have been handed out."""
        return {"epoch": self._order.epoch, "batches_done": self._done}

    def load_state_dict(self, state: dict[str, int]) -> None:
        """Go on after the batches that a `state_dict` counts, if its epoch comes next."""
        self._resume = state
