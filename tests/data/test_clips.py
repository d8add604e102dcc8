"""Tests of clips: indexing and interpolation against loops, normalization, batches."""

import json
import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch

from action_rec.batch import ClipBatch
from action_rec.data.augmentation import Augmentation
from action_rec.data.clip_format import ClipFormat, Sampling
from action_rec.data.clips import (
    ClipDataset,
    ClipRequest,
    gather,
    interpolate,
    normalize_clips,
)
from action_rec.data.sampling import clip_frames, clip_positions, name_keys, seed_keys
from action_rec.errors import InputError
from action_rec.store.reader import Store


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


def test_the_clips_of_a_sequence_are_adjacent_in_a_batch(store_path: Path) -> None:
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


def test_a_batch_of_wrong_shape_raises() -> None:
    with pytest.raises(ValueError, match=r"clip must be \(B \* K, T, M, V, C\) for the B = 2"):
        ClipBatch(torch.zeros(3, 4, 2, 25, 3), torch.zeros(2), torch.zeros(2))


def test_a_batch_moves_all_its_tensors() -> None:
    batch = ClipBatch(torch.zeros(2, 4, 2, 25, 3), torch.zeros(2), torch.zeros(2)).to("meta")
    assert {batch.clip.device.type, batch.label.device.type, batch.sequence.device.type} == {"meta"}


def test_interpolation_equals_numpy_interp(store_path: Path) -> None:
    store = Store(store_path)
    sequences = np.array([11, 0, 3, 8])
    positions = clip_positions(store.length[sequences], 9, name_keys("abcd"), (0.3, 0.9))
    expected = np.zeros((4, 9, 2, 25, 3))
    for n, index in enumerate(sequences):
        sequence = store.sequence(index).astype(np.float64)
        frames = np.arange(len(sequence))
        for body in range(sequence.shape[1]):
            for joint, axis in np.ndindex(25, 3):
                values = np.interp(positions[n], frames, sequence[:, body, joint, axis])
                expected[n, :, body, joint, axis] = values
    clips = interpolate(store, sequences, positions, 2)
    assert clips.dtype == np.float32
    np.testing.assert_allclose(clips, expected, atol=1e-6)


def test_a_body_absent_in_one_of_two_frames_is_copied_from_the_other(
    store_path: Path, tmp_path: Path
) -> None:
    path = Path(shutil.copy(store_path, tmp_path / "absent.h5"))
    index = int(np.flatnonzero(Store(path).bodies == 2)[0])
    with h5py.File(path, "r+") as file:
        start = int(Store(path).start[index])
        file["poses"][start + 1] = 0  # the second body in the first frame
        file["poses"][start + 5] = 0  # the second body in the third frame
        present = file["poses"][start + 3]
    store = Store(path)
    positions = np.array([[0.0, 0.5, 1.0, 1.75, 2.0]])
    second = interpolate(store, np.array([index]), positions, 2)[0, :, 1]
    np.testing.assert_array_equal(second[[0, 4]], np.zeros((2, 25, 3)))
    np.testing.assert_array_equal(second[1:4], [present] * 3)


def test_normalized_clips_have_the_range_minus_1_to_1_on_every_axis() -> None:
    torch.manual_seed(0)
    clips = torch.randn(5, 6, 2, 25, 3) * torch.tensor([1.0, 10.0, 0.1]) + 7
    clips[:, :, 1] = 0
    clips[4, :, 0, :, 2] = 3  # a constant axis
    found = normalize_clips(clips)
    assert (found[:, :, 1] == 0).all()
    torch.testing.assert_close(found[:4, :, 0].amin((1, 2)), -torch.ones(4, 3))
    torch.testing.assert_close(found[:4, :, 0].amax((1, 2)), torch.ones(4, 3))
    assert (found[4, :, 0, :, 2] == 0).all()
    order = clips[0, :, 0].flatten(0, 1)[:, 0].argsort()
    assert torch.equal(found[0, :, 0].flatten(0, 1)[:, 0].argsort(), order)


@pytest.mark.parametrize("sampling", ["segments", "resample", "random"])
def test_a_clip_uses_no_frame_after_the_observed_part(
    store_path: Path, tmp_path: Path, sampling: Sampling
) -> None:
    path = Path(shutil.copy(store_path, tmp_path / "half.h5"))
    store = Store(path)
    first, bodies = int(store.start[11]), int(store.bodies[11])
    assert store.length[11] == 60
    with h5py.File(path, "r+") as file:
        file["poses"][first + 30 * bodies :] = np.nan
    request = ClipRequest(np.array([11]), name_keys("a"))
    format = ClipFormat(7, 2, sampling=sampling, share=(1.0, 1.0))
    assert ClipDataset(Store(path), format, 9, observed=0.5)[request].clip.isfinite().all()
    assert not ClipDataset(Store(path), format, 9, observed=0.6)[request].clip.isfinite().all()


def test_a_clip_format_survives_a_checkpoint() -> None:
    format = ClipFormat(
        clip_len=32,
        num_bodies=1,
        sampling="resample",
        share=(0.8, 0.9),
        normalize="clip",
        augmentation=Augmentation((1, 2, 3), (0.5, 2), 0.1, 0.5),
        streams=("bone", "joint"),
    )
    assert ClipFormat.from_dict(json.loads(json.dumps(format.as_dict()))) == format


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param({"clip_len": 0}, "clip_len must be at least 1, got 0", id="clip_len"),
        pytest.param({"num_bodies": 0}, "num_bodies must be at least 1, got 0", id="num_bodies"),
        pytest.param({"share": (0.9, 0.5)}, r"got \[0.9, 0.5\]", id="share"),
        pytest.param({"streams": ()}, "streams must be one or more of", id="streams"),
    ],
)
def test_an_invalid_clip_format_raises(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        ClipFormat(**arguments)  # type: ignore[arg-type]
