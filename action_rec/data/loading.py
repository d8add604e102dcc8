"""The order of the batches of an epoch, their distribution over ranks, and their loaders."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray
from torch.utils.data import DataLoader

from action_rec.batch import ClipBatch
from action_rec.data.clip_format import Sampling
from action_rec.data.clips import ClipDataset, ClipRequest
from action_rec.data.resumable import EpochSampler, ResumableLoader
from action_rec.data.sampling import Keys, seed_keys
from action_rec.errors import InputError

_CLIPS_PER_EVALUATION_BATCH = 256
_WHOLE_SEQUENCES = 32  # which can be long, and are padded to the longest


def evaluation_batch_size(clips_per_sequence: int, sampling: Sampling = "segments") -> int:
    """Return the sequences per evaluation batch, fixed because rounding depends on batch size."""
    clips = _WHOLE_SEQUENCES if sampling == "frames" else _CLIPS_PER_EVALUATION_BATCH
    return max(1, clips // clips_per_sequence)


class BatchSampler(EpochSampler[ClipRequest]):
    """Yields the batches of one epoch on one rank.

    With `shuffle` (training), every epoch has a new order and new clips, all ranks get the same
    number of full batches, and the remaining sequences of the epoch are dropped. Without it
    (evaluation), order and clips are fixed and every sequence occurs once on one rank, in the same
    batch for any number of ranks. Ranks without sequences left get an empty batch, since every rank
    takes part in the collective operations of each step.

    Args:
        sequences: (N,) indices of the sequences in the store.
        keys: (N,) random keys of the sequences.
        batch_size: Sequences per batch and rank.
        shuffle: Whether to shuffle, for training.
        seed: Seed of order and clips.
        rank: Rank of this process.
        world_size: Number of processes.
    """

    def __init__(
        self,
        sequences: NDArray[np.int64],
        keys: Keys,
        batch_size: int,
        *,
        shuffle: bool,
        seed: int,
        rank: int = 0,
        world_size: int = 1,
    ) -> None:
        self.sequences = sequences
        self.keys = keys
        self.batch_size = batch_size
        self.shuffle = shuffle
        self.seed = seed
        self.rank = rank
        self.world_size = world_size

    def __len__(self) -> int:
        if not self.shuffle:
            return -(-len(self.sequences) // (self.batch_size * self.world_size))
        own = len(self.sequences) // self.world_size
        return own // self.batch_size or min(own, 1)

    def __iter__(self) -> Iterator[ClipRequest]:
        epoch = self.epoch if self.shuffle else 0
        order = np.arange(len(self.sequences))
        if self.shuffle:
            order = np.random.default_rng((self.seed, epoch)).permutation(order)
            order = order[self.rank :: self.world_size]
        keys = seed_keys(self.keys, self.seed, epoch)
        for batch in range(self.skip, len(self)):
            # Evaluation assigns whole batches to ranks: the composition of a batch, and with it
            # the rounding of its results, is the same for any number of ranks.
            index = batch if self.shuffle else self.rank + batch * self.world_size
            chosen = order[index * self.batch_size : (index + 1) * self.batch_size]
            yield ClipRequest(self.sequences[chosen], keys[chosen])


class TrainLoader(ResumableLoader[ClipBatch]):
    """A resumable loader of a `ClipDataset`."""

    def __iter__(self) -> Iterator[ClipBatch]:  # type: ignore[override]
        with _explained(self.dataset):
            yield from super().__iter__()


class EvaluationLoader(DataLoader[ClipBatch]):
    """A loader of a `ClipDataset`."""

    def __iter__(self) -> Iterator[ClipBatch]:  # type: ignore[override]
        with _explained(self.dataset):
            yield from super().__iter__()


@contextmanager
def _explained(dataset: object) -> Iterator[None]:
    """Replace the failure of a worker process by the store's own error, if the store has changed.

    A worker's error arrives with its traceback as the message, or as a RuntimeError after SIGBUS.
    """
    try:
        yield
    except (InputError, RuntimeError):
        if isinstance(dataset, ClipDataset):
            dataset.store.check_unchanged()
        raise
