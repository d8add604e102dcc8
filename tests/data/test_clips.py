"""Clips out of a store: the gather against a plain loop, and the batch it makes."""

from pathlib import Path

import numpy as np
import pytest
import torch

from action_rec.batch import ClipBatch
from action_rec.data.clip_format import ClipFormat
from action_rec.data.clips import ClipDataset, ClipRequest, gather
from action_rec.data.sampling import clip_frames, name_keys, seed_keys
from action_rec.data.store import Store


@pytest.mark.parametrize("num_bodies", [1, 2, 3])
def test_gather_equals_a_loop_over_frames(store_path: Path, num_bodies: int) -> None:
    store = Store(store_path)
    sequences = np.array([11, 0, 3, 3, 8, 2])
    frames = clip_frames(store.length[sequences], 9, name_keys("abcdef"))
    expected = np.zeros((6, 9, num_bodies, 25, 3), dtype=np.float32)
    for n, index in enumerate(sequences):
        sequence = store.sequence(index)
        for t, frame in enumerate(frames[n]):
            if frame >= 0:
                bodies = sequence[frame][:num_bodies]
                expected[n, t, : len(bodies)] = bodies
    clips = gather(store, sequences, frames, num_bodies)
    assert clips.dtype == np.float32
    np.testing.assert_array_equal(clips, expected)
    assert (frames < 0).any(), "no clip of this test has an empty frame"


def test_a_batch_holds_the_clips_of_a_sequence_next_to_each_other(store_path: Path) -> None:
    store = Store(store_path)
    request = ClipRequest(np.array([4, 7]), name_keys("ab"))
    batch = ClipDataset(store, ClipFormat(6, 2), clips_per_sequence=3)[request]
    assert batch.clip.shape == (6, 6, 2, 25, 3)
    assert batch.clips_per_sequence == 3
    assert batch.label.tolist() == store.label[[4, 7]].tolist()
    assert batch.sequence.tolist() == [4, 7]
    for row, (index, key, k) in enumerate(
        (i, key, k) for i, key in zip([4, 7], request.keys, strict=True) for k in range(3)
    ):
        frames = clip_frames(store.length[[index]], 6, seed_keys(np.array([key]), k))
        expected = gather(store, np.array([index]), frames, 2)[0]
        np.testing.assert_array_equal(batch.clip[row].numpy(), expected)
    assert not torch.equal(batch.clip[0], batch.clip[1])


def test_a_batch_of_wrong_shape_is_refused() -> None:
    with pytest.raises(ValueError, match=r"clip must be \(B \* K, T, M, V, C\) for the B = 2"):
        ClipBatch(torch.zeros(3, 4, 2, 25, 3), torch.zeros(2), torch.zeros(2))


def test_a_batch_moves_as_a_whole() -> None:
    batch = ClipBatch(torch.zeros(2, 4, 2, 25, 3), torch.zeros(2), torch.zeros(2)).to("meta")
    assert {batch.clip.device.type, batch.label.device.type, batch.sequence.device.type} == {"meta"}
