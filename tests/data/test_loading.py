"""Tests of the batch sampler and the resumable loader: order, ranks, workers, resuming."""

from itertools import chain
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from action_rec.batch import ClipBatch
from action_rec.data.clip_format import ClipFormat
from action_rec.data.clips import ClipDataset
from action_rec.data.datamodule import SkeletonDataModule
from action_rec.data.loading import BatchSampler
from action_rec.data.resumable import ResumableLoader
from action_rec.data.sampling import name_keys
from action_rec.store.reader import Store

NUM = 23
SEQUENCES = np.arange(100, 100 + NUM)
KEYS = name_keys(str(index) for index in SEQUENCES)


def sampler(
    batch_size: int = 4, shuffle: bool = True, rank: int = 0, ranks: int = 1
) -> BatchSampler:
    return BatchSampler(
        SEQUENCES, KEYS, batch_size, shuffle=shuffle, seed=3, rank=rank, world_size=ranks
    )


def sequences_of(batches: BatchSampler) -> list[int]:
    requests = list(batches)
    assert len(requests) == len(batches)
    return [index for request in requests for index in request.sequences.tolist()]


@pytest.mark.parametrize("ranks", [1, 2, 3])
@pytest.mark.parametrize("batch_size", [1, 4, 50])
def test_evaluation_sees_every_sequence_once(ranks: int, batch_size: int) -> None:
    parts = [sequences_of(sampler(batch_size, False, rank, ranks)) for rank in range(ranks)]
    assert sorted(chain(*parts)) == SEQUENCES.tolist()


@pytest.mark.parametrize("ranks", [1, 2, 3])
def test_training_gives_every_rank_equally_many_full_batches(ranks: int) -> None:
    samplers = [sampler(4, True, rank, ranks) for rank in range(ranks)]
    parts = [sequences_of(one) for one in samplers]
    assert {len(part) for part in parts} == {4 * (NUM // ranks // 4)}
    assert len(set(chain(*parts))) == sum(map(len, parts))


def test_a_batch_size_above_the_number_of_sequences_gives_one_batch() -> None:
    assert sorted(sequences_of(sampler(batch_size=64))) == SEQUENCES.tolist()


def test_order_and_keys_differ_between_epochs_and_are_reproducible() -> None:
    orders, keys = [], []
    for epoch in (0, 1, 0):
        batches = sampler(batch_size=NUM)
        batches.set_epoch(epoch)
        (request,) = batches
        orders.append(request.sequences.tolist())
        keys.append(dict(zip(request.sequences.tolist(), request.keys.tolist(), strict=True)))
    assert orders[0] != orders[1]
    assert all(keys[0][index] != keys[1][index] for index in SEQUENCES)
    assert (orders[0], keys[0]) == (orders[2], keys[2])


def test_evaluation_is_the_same_in_every_epoch() -> None:
    first, second = sampler(shuffle=False), sampler(shuffle=False)
    second.set_epoch(5)
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one.sequences, other.sequences)
        np.testing.assert_array_equal(one.keys, other.keys)


def clips(loader: ResumableLoader[ClipBatch]) -> list[Tensor]:
    return [batch.clip for batch in loader]


@pytest.mark.parametrize("num_workers", [0, 2])
def test_a_loader_resumed_in_mid_epoch_yields_the_remaining_batches(
    store_path: Path, num_workers: int
) -> None:
    def loader() -> ResumableLoader[ClipBatch]:
        store = Store(store_path)
        order = BatchSampler(
            np.arange(12), name_keys(store.names), batch_size=2, shuffle=True, seed=0
        )
        order.set_epoch(4)
        dataset = ClipDataset(store, ClipFormat(5, 2))
        return ResumableLoader(dataset, order, num_workers=num_workers)

    whole = clips(loader())
    interrupted = loader()
    batches = iter(interrupted)
    first = [next(batches).clip for _ in range(2)]
    resumed = loader()
    resumed.load_state_dict(interrupted.state_dict())
    torch.testing.assert_close(first + clips(resumed), whole, rtol=0, atol=0)
    torch.testing.assert_close(clips(resumed), whole, rtol=0, atol=0)


@pytest.mark.parametrize("split", ["train", "val", "test", "predict"])
def test_batches_do_not_depend_on_the_number_of_workers(store_path: Path, split: str) -> None:
    batches = []
    for num_workers in (0, 2):
        data = SkeletonDataModule(
            store_path, batch_size=2, clip_len=8, num_workers=num_workers, val_share=0.4
        )
        batches.append([b.clip for b in getattr(data, f"{split}_dataloader")()])
    torch.testing.assert_close(batches[0], batches[1], rtol=0, atol=0)


@pytest.mark.parametrize("batch_size", [1, 5])
def test_test_clips_do_not_depend_on_batch_size_or_seed(store_path: Path, batch_size: int) -> None:
    by_sequence = []
    for size, seed in ((2, 0), (batch_size, 9)):
        data = SkeletonDataModule(store_path, batch_size=size, seed=seed, num_test_clips=3)
        found: dict[int, Tensor] = {}
        for batch in data.test_dataloader():
            per_sequence = batch.clip.unflatten(0, (-1, 3))
            found |= dict(zip(batch.sequence.tolist(), per_sequence, strict=True))
        by_sequence.append(found)
    assert by_sequence[0].keys() == by_sequence[1].keys()
    for index, one in by_sequence[0].items():
        assert torch.equal(one, by_sequence[1][index])


def test_training_clips_depend_on_the_seed(store_path: Path) -> None:
    one, other = (
        next(iter(SkeletonDataModule(store_path, seed=seed).train_dataloader())) for seed in (0, 1)
    )
    assert not torch.equal(one.clip, other.clip)
