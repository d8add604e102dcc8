"""Tests of the data module: splits, batch shapes, errors."""

import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch

from action_rec.batch import ClipBatch
from action_rec.data.augmentation import Augmentation
from action_rec.data.datamodule import SkeletonDataModule
from action_rec.errors import InputError


def subjects(data: SkeletonDataModule, split: str) -> set[int]:
    column = data.store.columns["subject"]
    return set(column[data.splits[split]].tolist())  # type: ignore[index]


def test_val_is_a_random_share_of_train(store_path: Path) -> None:
    data = SkeletonDataModule(store_path, val_share=0.34)
    train, val, test = (data.splits[split] for split in ("train", "val", "test"))
    assert (len(train), len(val), len(test)) == (4, 2, 6)
    assert sorted([*train, *val, *test]) == list(range(12))
    assert subjects(data, "test") == {3, 6}
    again = SkeletonDataModule(store_path, val_share=0.34).splits["val"]
    np.testing.assert_array_equal(again, val)
    others = {
        tuple(SkeletonDataModule(store_path, val_share=0.34, split_seed=s).splits["val"])
        for s in range(8)
    }
    assert len(others) > 1


def test_val_from_subjects_consists_of_whole_subjects(store_path: Path) -> None:
    data = SkeletonDataModule(store_path, val_from="subjects", val_share=0.5)
    assert len(subjects(data, "val")) == 1
    assert subjects(data, "train") | subjects(data, "val") == {1, 2}
    assert not subjects(data, "train") & subjects(data, "val")


def own_store(path: Path, subject: list[int], label: list[int] | None = None) -> Path:
    """The tiny store with other subjects and labels, all of its sequences in train."""
    with h5py.File(path, "r+") as file:
        file["sequences/subject"][:] = subject
        if label is not None:
            file["sequences/label"][:] = label
        file["benchmarks/xsub"][:] = 0
    return path


def test_val_from_auto_takes_whole_subjects_where_it_can(store_path: Path, tmp_path: Path) -> None:
    path = Path(shutil.copy(store_path, tmp_path / "own.h5"))

    def drawn_from() -> str:
        data = SkeletonDataModule(path, val_from="auto", val_share=0.1)
        assert data.state_dict()["val_from"] == data.val_from
        if data.val_from == "subjects":
            assert len(subjects(data, "val")) == 1
            assert not subjects(data, "val") & subjects(data, "train")
            assert "drawn by whole subjects" in data.selection
        else:
            assert len(data.splits["val"]) == 1
        return data.val_from

    every_class = [0, 1, 2] * 4
    own_store(path, [1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4], every_class)
    assert drawn_from() == "subjects"
    own_store(path, [1] * 6 + [2] * 6)  # of two subjects, one would be half of train
    assert drawn_from() == "sequences"
    own_store(path, every_class)  # each subject shows one class, which train would lose
    assert drawn_from() == "sequences"
    with h5py.File(path, "r+") as file:
        del file["sequences/subject"]
    assert drawn_from() == "sequences"


def test_a_val_split_of_the_benchmark_is_used(store_path: Path, tmp_path: Path) -> None:
    path = Path(shutil.copy(store_path, tmp_path / "own_val.h5"))
    with h5py.File(path, "r+") as file:
        file["benchmarks/split"] = np.array([0, 1, 2] * 4, np.uint8)
        del file["benchmarks/xsub"], file["benchmarks/xview"]
    data = SkeletonDataModule(path, benchmark=None)
    assert data.splits["train"].tolist() == [0, 3, 6, 9]
    assert data.splits["val"].tolist() == [2, 5, 8, 11]
    assert data.splits["test"].tolist() == [1, 4, 7, 10]
    assert data.selection.startswith("val: the 4 sequences that split defines; ")


def test_num_bodies_defaults_to_the_maximum_of_the_store(store_path: Path) -> None:
    assert SkeletonDataModule(store_path, num_bodies=None).frame_shape == (2, 25, 3)


def test_xview_tests_on_camera_1(store_path: Path) -> None:
    data = SkeletonDataModule(store_path, benchmark="xview")
    cameras = data.store.columns["camera"]
    assert set(cameras[data.splits["test"]]) == {1}
    assert set(cameras[data.splits["train"]]) == {2, 3}


def test_batches_have_the_shapes_of_the_properties(store_path: Path) -> None:
    data = SkeletonDataModule(store_path, clip_len=7, batch_size=3, num_test_clips=4)
    batch = next(iter(data.train_dataloader()))
    assert batch.clip.shape == (3, 7, *data.frame_shape)
    assert data.frame_shape == (2, 25, 3)
    batch = next(iter(data.test_dataloader()))
    assert batch.clip.shape == (6 * 4, 7, *data.frame_shape)
    assert data.num_classes == 3
    assert data.class_names == ["drink", "eat", "hug"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(
            {"benchmark": "xset"}, "'xset' is not defined for dataset 'ntu60'", id="benchmark"
        ),
        pytest.param(
            {"dataset": "ntu120"}, "has dataset 'ntu60', but the config is for", id="dataset"
        ),
        pytest.param({"val_share": 1.0}, "val_share must be from 0 to below 1", id="val_share"),
        pytest.param(
            {"benchmark": None}, "2 benchmarks; choose one with --data.benchmark: xsub", id="which"
        ),
        pytest.param({"num_bodies": 0}, "num_bodies must be at least 1, got 0", id="num_bodies"),
        pytest.param({"clip_len": 0}, "clip_len must be at least 1, got 0", id="clip_len"),
        pytest.param({"batch_size": -1}, "batch_size must be at least 1", id="batch_size"),
    ],
)
def test_invalid_arguments_raise(
    store_path: Path, arguments: dict[str, object], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        SkeletonDataModule(store_path, **arguments)  # type: ignore[arg-type]


def test_an_empty_split_raises_when_its_loader_is_created(store_path: Path) -> None:
    data = SkeletonDataModule(store_path)
    data.splits["test"] = np.array([], dtype=np.int64)
    with pytest.raises(InputError, match=r"no test sequences .* choose --data.test_split from"):
        data.test_dataloader()
    data.train_dataloader()


def test_augment_test_rotates_test_clips_only(store_path: Path) -> None:
    rotation = Augmentation(rotation=(0, 180, 0))

    def clips(split: str, *, augment_test: bool) -> torch.Tensor:
        data = SkeletonDataModule(store_path, augmentation=rotation, augment_test=augment_test)
        loaders = {"train": data.train_dataloader, "test": data.test_dataloader}
        batch = next(iter(loaders[split]()))
        assert isinstance(batch, ClipBatch)
        return batch.clip

    plain = next(iter(SkeletonDataModule(store_path).test_dataloader())).clip
    rotated = clips("test", augment_test=True)
    assert torch.equal(clips("test", augment_test=False), plain)
    assert torch.equal(clips("test", augment_test=True), rotated)
    torch.testing.assert_close(rotated[..., 1], plain[..., 1])
    assert not torch.allclose(rotated[..., 0], plain[..., 0])
    train = [clips("train", augment_test=augmented) for augmented in (False, True)]
    assert torch.equal(*train)
    # A checkpoint that was trained without may be tested with it.
    turned = SkeletonDataModule(store_path, augmentation=rotation, augment_test=True)
    turned.load_state_dict(SkeletonDataModule(store_path).state_dict())


def test_the_same_joints_by_another_name_are_accepted(store_path: Path, tmp_path: Path) -> None:
    state = SkeletonDataModule(store_path).state_dict()
    other = shutil.copy(store_path, tmp_path / "other.h5")
    with h5py.File(other, "r+") as file:
        file.attrs["joint_set"] = "kinect of mine"
    SkeletonDataModule(other).load_state_dict(state)
    with h5py.File(other, "r+") as file:
        file["joints/name"][3] = "crown"
    with pytest.raises(InputError, match="trained with joint_set 'kinect_v2', but"):
        SkeletonDataModule(other).load_state_dict(state)
