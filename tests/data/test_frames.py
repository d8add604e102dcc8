"""Clips of consecutive frames: whole, in windows, and several recordings of a person in a row."""

import shutil
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from action_rec.batch import ClipBatch
from action_rec.data.clip_format import ClipFormat
from action_rec.data.clips import ClipDataset, ClipRequest
from action_rec.data.datamodule import SkeletonDataModule
from action_rec.data.frames import TrainFrames
from action_rec.data.sampling import name_keys, seed_keys
from action_rec.errors import InputError
from action_rec.store.reader import Store


def frames_data(path: Path, **more: Any) -> SkeletonDataModule:  # noqa: ANN401
    arguments: dict[str, Any] = {"sampling": "frames", "val_share": 0.34, **more}
    return SkeletonDataModule(path, **arguments)


def own(path: Path, folder: Path, centre_at_origin: bool = True) -> Path:
    """The tiny store with all recordings by one subject, started from where its rules say."""
    copy = Path(shutil.copy(path, folder / "own.h5"))
    with h5py.File(copy, "r+") as file:
        file["sequences/subject"][:] = 1
        file["sequences/camera"][:] = 1
        file["benchmarks/xsub"][:] = 0
        if centre_at_origin:
            poses = file["poses"][:]
            store = Store(copy)
            for start, frames, bodies in zip(store.start, store.length, store.bodies, strict=True):
                end = start + frames * bodies
                poses[start:end] -= poses[start, store.joint_centre].mean(axis=0)
            file["poses"][:] = poses
    return copy


@pytest.mark.parametrize("step", [1, 2, 3])
def test_in_use_a_clip_is_the_whole_recording_before_zeros(store_path: Path, step: int) -> None:
    store = Store(store_path)
    format = ClipFormat(4, 2, sampling="frames", frame_step=step, streams=("joint", "joint_motion"))
    batch = ClipDataset(store, format)[ClipRequest(np.array([3, 0, 11]), name_keys("abc"))]
    assert batch.lengths is not None
    assert batch.joined is None
    for clip, length, index in zip(batch.clip, batch.lengths.tolist(), [3, 0, 11], strict=True):
        expected = torch.tensor(store.sequence(index)[::step])
        bodies = expected.shape[1]
        assert length == len(expected)
        assert torch.equal(clip[:length, :bodies, :, :3], expected)
        motion = clip[1:length, :bodies, :, 3:]
        torch.testing.assert_close(motion, expected.diff(dim=0))
        assert (clip[length:] == 0).all()
    assert batch.clip.shape[1] == batch.lengths.max()


def test_in_training_a_window_has_one_step_and_lies_in_the_recording(store_path: Path) -> None:
    store = Store(store_path)
    drawn = TrainFrames.within(store, np.arange(12), (1, 3), 0)
    dataset = ClipDataset(store, ClipFormat(9, 2, sampling="frames"), drawn=drawn)
    steps, starts = set(), set()
    for seed in range(40):
        batch = dataset[ClipRequest(np.array([11, 0]), name_keys([f"a{seed}", f"b{seed}"]))]
        assert batch.lengths is not None
        assert batch.lengths.tolist()[0] == 9
        long = store.sequence(11)
        found = [
            int(np.flatnonzero((long == frame[: long.shape[1]].numpy()).all(axis=(1, 2, 3)))[0])
            for frame in batch.clip[0]
        ]
        assert len(set(np.diff(found).tolist())) == 1
        steps.add(found[1] - found[0])
        starts.add(found[0])
        assert 1 <= int(batch.lengths[1]) <= 5  # of five frames
    assert steps == {1, 2, 3}
    assert len(starts) > 10


def test_a_clip_is_the_same_alone_and_beside_a_longer_one(store_path: Path, tmp_path: Path) -> None:
    store = Store(own(store_path, tmp_path))
    drawn = TrainFrames.within(store, np.arange(12), (1, 2), 2)
    dataset = ClipDataset(store, ClipFormat(30, 2, sampling="frames"), drawn=drawn)
    keys = name_keys("abcdefghijkl")
    together = dataset[ClipRequest(np.arange(12), keys)]
    assert together.lengths is not None
    assert together.joined is not None
    for index in range(12):
        alone = dataset[ClipRequest(np.array([index]), keys[index : index + 1])]
        length = int(together.lengths[index])
        assert torch.equal(alone.clip[0], together.clip[index, :length])
        assert alone.joined is not None
        for one, all_of_them in zip(alone.joined, together.joined, strict=True):
            assert torch.equal(one[0], all_of_them[index, :length])
            assert (all_of_them[index, length:] == 0).all()


def test_joined_recordings_are_of_one_person_and_end_with_the_sequence(
    store_path: Path, tmp_path: Path
) -> None:
    path = own(store_path, tmp_path)
    with h5py.File(path, "r+") as file:
        file["sequences/subject"][:] = [1, 2] * 6
        file["sequences/camera"][:] = [1, 1, 1, 1, 2, 2] * 2
        file["benchmarks/xsub"][8:] = 1
    data = frames_data(path, val_share=0.0, join_recordings=3)
    store, train = data.store, data.splits["train"]
    drawn = data.train_dataloader().dataset.drawn  # type: ignore[attr-defined]
    same = [store.columns[name] for name in ("subject", "camera", "setup")]
    counts = set()
    for seed in range(20):
        parts = drawn.parts(train, name_keys(f"{seed} {index}" for index in train))
        assert parts[:, -1].tolist() == train.tolist()
        for row in parts:
            joined = row[row >= 0]
            counts.add(len(joined))
            assert set(joined) <= set(train.tolist())
            assert all(len(set(column[joined].tolist())) == 1 for column in same)
    assert max(counts) > 1


def test_each_joined_recording_goes_on_where_the_last_ended(
    store_path: Path, tmp_path: Path
) -> None:
    store = Store(own(store_path, tmp_path))
    centre = store.joint_centre
    drawn = TrainFrames.within(store, np.arange(12), (1, 1), 2)
    dataset = ClipDataset(store, ClipFormat(500, 2, sampling="frames"), drawn=drawn)
    request = ClipRequest(np.arange(12), name_keys("abcdefghijkl"))
    batch = dataset[request]
    parts = drawn.parts(request.sequences, seed_keys(request.keys, 0))  # of the first clips
    targets = batch.frame_targets()
    assert ((parts >= 0).sum(axis=1) > 1).any()
    for clip, row, *rest in zip(batch.clip, parts, *targets, strict=True):
        place, at = np.zeros(3), 0
        for index in row[row >= 0]:
            poses = store.sequence(index).astype(np.float64)
            frames, bodies = poses.shape[:2]
            expected = poses + place
            found = clip[at : at + frames, :bodies].numpy()
            np.testing.assert_allclose(found, expected, atol=1e-5)
            assert (clip[at : at + frames, bodies:] == 0).all()
            place = expected[-1, 0, centre].mean(axis=0)
            label, position, duration = (one[at : at + frames].tolist() for one in rest)
            assert set(label) == {store.label[index]}
            assert position == list(range(1, frames + 1))
            assert set(duration) == {frames}
            at += frames
        assert batch.lengths is not None
    assert torch.equal(batch.lengths, (targets.position > 0).sum(dim=1))  # type: ignore[arg-type]


def test_a_joined_clip_that_is_too_long_loses_its_first_frames(
    store_path: Path, tmp_path: Path
) -> None:
    store = Store(own(store_path, tmp_path))
    drawn = TrainFrames.within(store, np.arange(12), (1, 1), 3)
    request = ClipRequest(np.full(20, 4), name_keys(f"{i}" for i in range(20)))
    lengths = store.length[4]
    short, long = (
        ClipDataset(store, ClipFormat(most, 2, sampling="frames"), drawn=drawn)[request]
        for most in (lengths + 3, 500)
    )
    assert short.lengths is not None
    assert long.lengths is not None
    assert (long.lengths > lengths + 3).any()
    for n in range(20):
        kept, all_of_them = int(short.lengths[n]), int(long.lengths[n])
        assert kept == min(all_of_them, lengths + 3)
        one, other = short.frame_targets(), long.frame_targets()
        assert torch.equal(one.label[n, :kept], other.label[n, all_of_them - kept : all_of_them])
        # The recording that was cut counts from the first frame that is left of it.
        assert one.position[n, 0] == 1
        last = one.position[n, :kept] == one.duration[n, :kept]
        assert (one.position[n, :kept][1:][last[:-1]] == 1).all()
        assert last[-1]


def test_what_was_not_detected_stays_zero_where_recordings_are_joined(
    store_path: Path, tmp_path: Path
) -> None:
    path = own(store_path, tmp_path)
    with h5py.File(path, "r+") as file:
        file["poses"][:, 7] = 0  # a joint that is never detected, and not the centre
    store = Store(path)
    assert 7 not in store.joint_centre
    drawn = TrainFrames.within(store, np.arange(12), (1, 1), 2)
    dataset = ClipDataset(store, ClipFormat(500, 2, sampling="frames"), drawn=drawn)
    clip = dataset[ClipRequest(np.arange(12), name_keys("abcdefghijkl"))].clip
    assert (clip[:, :, :, 7] == 0).all()
    starts = store.sequence(0)[0, 0, store.joint_centre]
    assert (np.abs(starts) < 1e-6).all()  # the centre is the origin, yet it moves along


def test_batches_of_the_data_module(store_path: Path) -> None:
    data = frames_data(store_path, clip_len=20, frame_step=2, train_frame_step=(1, 3), batch_size=4)
    assert (data.num_val_clips, data.num_test_clips) == (1, 1)
    train, test = (next(iter(loader)) for loader in (data.train_dataloader(), _test(data)))
    assert train.lengths is not None
    assert train.clip.shape[:2] == (4, int(train.lengths.max()))
    assert train.lengths.max() <= 20
    assert test.lengths is not None
    assert test.lengths.tolist() == (-(-data.store.length[data.splits["test"]] // 2)).tolist()
    assert frames_data(store_path, num_test_clips=3).num_test_clips == 3
    assert SkeletonDataModule(store_path).num_test_clips == 20


def _test(data: SkeletonDataModule) -> DataLoader[ClipBatch]:
    return data.test_dataloader()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"sampling": "segments", "frame_step": 2}, "frame_step is for consecutive frames"),
        ({"sampling": "random", "join_recordings": 1}, "join_recordings is for consecutive"),
        ({"sampling": "random", "train_frame_step": (1, 2)}, "train_frame_step is for consecu"),
        ({"frame_step": 0}, "frame_step must be at least 1, got 0"),
        ({"train_frame_step": (3, 2)}, r"a maximum not below it, got \[3, 2\]"),
        ({"train_frame_step": (0, 2)}, r"minimum of at least 1 .* got \[0, 2\]"),
        ({"join_recordings": -1}, "join_recordings must be from 0 to 100, got -1"),
    ],
)
def test_invalid_arguments_raise(store_path: Path, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        frames_data(store_path, **arguments)


def test_recordings_of_unknown_people_are_not_joined(store_path: Path, tmp_path: Path) -> None:
    path = Path(shutil.copy(store_path, tmp_path / "unknown.h5"))
    with h5py.File(path, "r+") as file:
        del file["sequences/subject"]
    with pytest.raises(InputError, match="does not say which person"):
        frames_data(path, join_recordings=1)
    frames_data(path)


def test_a_checkpoint_of_another_step_is_refused(store_path: Path) -> None:
    state = frames_data(store_path, frame_step=2).state_dict()
    frames_data(store_path, frame_step=2).load_state_dict(state)
    with pytest.raises(InputError, match="trained with frame_step 2, but the config has 1"):
        frames_data(store_path).load_state_dict(state)
    before = SkeletonDataModule(store_path, val_share=0.34).state_dict()
    assert "frame_step" not in before["clips"]  # as version 0.1.0 wrote it
    with pytest.raises(InputError, match="trained with sampling 'segments', but the config has"):
        frames_data(store_path).load_state_dict(before)


def test_a_recording_that_fits_into_no_memory_is_refused(
    store_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.sysconf", lambda name: 1)
    dataset = ClipDataset(Store(store_path), ClipFormat(4, 2, sampling="frames"))
    with pytest.raises(InputError, match="1 clips, the longest of 60 frames, would need"):
        dataset[ClipRequest(np.array([11]), name_keys("a"))]
