"""DataLoader that can be resumed in the middle of an epoch."""

from collections.abc import Iterator
from typing import Any, Generic, TypeVar

from torch.utils.data import DataLoader, Dataset, Sampler

Item = TypeVar("Item")
Batch = TypeVar("Batch")


class EpochSampler(Sampler[Item]):
    """Base class of samplers whose order depends on the epoch; every item is a whole batch.

    Attributes:
        epoch: Epoch of the next iteration.
        skip: Number of batches to skip at its beginning.
    """

    epoch = 0
    skip = 0

    def set_epoch(self, epoch: int) -> None:
        """Set the epoch of the next iteration; called by Lightning."""
        self.epoch = epoch


class ResumableLoader(DataLoader[Batch], Generic[Batch]):
    """DataLoader with the number of batches done in its `state_dict`.

    Lightning saves and restores the `state_dict` of a train loader.

    Args:
        dataset: Dataset whose items are whole batches.
        sampler: Sampler of its indices.
        **kwargs: Further arguments of `DataLoader`.
    """

    def __init__(
        self,
        dataset: Dataset[Batch],
        sampler: EpochSampler[Any],
        **kwargs: Any,  # noqa: ANN401
    ) -> None:
        super().__init__(dataset, sampler=sampler, batch_size=None, **kwargs)
        self._epoch_sampler = sampler
        self._batches_done = 0
        self._loaded_state: dict[str, int] = {}

    def __iter__(self) -> Iterator[Batch]:  # type: ignore[override]
        # A generator runs at the first `next`, after Lightning has set the epoch of the sampler.
        state, self._loaded_state = self._loaded_state, {}
        resumed = state.get("epoch") == self._epoch_sampler.epoch
        self._batches_done = self._epoch_sampler.skip = state["batches_done"] if resumed else 0
        for batch in super().__iter__():
            self._batches_done += 1
            yield batch

    def state_dict(self) -> dict[str, int]:
        """Return the epoch and the number of its batches that have been yielded."""
        return {"epoch": self._epoch_sampler.epoch, "batches_done": self._batches_done}

    def load_state_dict(self, state: dict[str, int]) -> None:
        """Skip the batches counted in `state` if the next iteration is of the same epoch."""
        self._loaded_state = state
