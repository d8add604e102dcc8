"""Test reading MNIST from idx files, pixel permutations, and malformed files."""

import gzip
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch

from action_rec.errors import InputError
from action_rec.long_memory import MnistData
from tests.long_memory.small_data import SIDE, idx, mnist_folder

TRAIN_IMAGES = "train-images-idx3-ubyte.gz"
TEST_IMAGES, TEST_LABELS = "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return mnist_folder(tmp_path / "mnist")


def test_images_become_sequences_of_pixels(folder: Path) -> None:
    images = np.arange(30 * SIDE * SIDE, dtype=np.uint32).astype(np.uint8)
    (folder / TEST_IMAGES).write_bytes(idx(images.reshape(30, SIDE, SIDE)))
    (batch,) = MnistData(folder, batch_size=10).test_dataloader()
    assert batch.inputs.shape == (30, SIDE * SIDE, 1)
    expected = (torch.from_numpy(images.astype(np.float32)) / 255 - 0.13) / 0.31
    torch.testing.assert_close(batch.inputs.flatten(), expected)
    assert batch.targets.tolist() == [i % 10 for i in range(30)]


def test_all_images_have_the_same_permutation_and_its_digest_is_checked(folder: Path) -> None:
    rows = np.tile(np.arange(SIDE * SIDE, dtype=np.uint8), 30).reshape(30, SIDE, SIDE)
    (folder / TEST_IMAGES).write_bytes(idx(rows))
    data = MnistData(folder, permute=True, batch_size=10)
    (batch,) = data.test_dataloader()
    pixels = ((batch.inputs[:, :, 0] * 0.31 + 0.13) * 255).round().long()
    assert (pixels == torch.from_numpy(data.permutation)).all()
    assert sorted(data.permutation.tolist()) == list(range(SIDE * SIDE))
    again = MnistData(folder, permute=True, batch_size=10)
    other = MnistData(folder, permute=True, permutation_seed=1, batch_size=10)
    assert data.description()["permutation"] == again.description()["permutation"]
    assert data.description()["permutation"] != other.description()["permutation"]
    with pytest.raises(InputError, match="the checkpoint was trained with permutation"):
        other.load_state_dict(data.state_dict())


def test_val_is_a_part_of_train_and_the_order_changes_every_epoch(folder: Path) -> None:
    data = MnistData(folder, batch_size=19, val_share=0.05)
    assert (len(data.val), len(data.train)) == (3, 57)
    assert sorted([*data.val, *data.train]) == list(range(60))
    loader = data.train_dataloader()
    orders = []
    for epoch in (0, 1):
        loader.sampler.set_epoch(epoch)  # type: ignore[attr-defined]
        orders.append(torch.cat([batch.targets for batch in loader]).tolist())
    assert sorted(orders[0]) == sorted(orders[1])
    assert orders[0] != orders[1]


def test_real_mnist(shared_data: Path) -> None:
    folder = shared_data / "mnist"
    if not folder.is_dir():
        pytest.skip(f"no MNIST in {folder}")
    data = MnistData(folder)
    assert (data.num_steps, len(data.train), len(data.val)) == (784, 57_000, 3_000)
    counts = torch.cat([batch.targets for batch in data.test_dataloader()]).bincount()
    assert counts.tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]


def truncate(folder: Path) -> None:
    path = folder / TEST_IMAGES
    path.write_bytes(path.read_bytes()[:-1])


def truncate_gzip(folder: Path) -> None:
    path = folder / TRAIN_IMAGES
    path.write_bytes(path.read_bytes()[:-9])


def swap(folder: Path) -> None:
    (folder / TEST_IMAGES).write_bytes((folder / TEST_LABELS).read_bytes())


def change_size_in_header(folder: Path) -> None:
    content = bytearray((folder / TEST_LABELS).read_bytes())
    content[4] = 0x7F
    (folder / TEST_LABELS).write_bytes(content)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        pytest.param(truncate, "30 x 4 x 4 bytes after its header, but has 479", id="truncated"),
        pytest.param(truncate_gzip, "cannot be read", id="truncated gzip"),
        pytest.param(swap, "type 8 with 1 dimensions.*swapped", id="swapped"),
        pytest.param(change_size_in_header, "it is truncated or damaged", id="another size"),
        pytest.param(
            lambda f: (f / TEST_LABELS).write_bytes(b"<html>"), "starts with 3c 68", id="html"
        ),
        pytest.param(
            lambda f: (f / TEST_LABELS).write_bytes(b""), "starts with nothing", id="empty"
        ),
        pytest.param(
            lambda f: (f / TEST_LABELS).write_bytes(b"\0\0\x08\x01\0"),
            "within its header",
            id="header",
        ),
        pytest.param(
            lambda f: (f / TEST_LABELS).write_bytes(idx(np.full(30, 11, np.uint8))),
            "label 0 of .* is 11",
            id="label 11",
        ),
        pytest.param(
            lambda f: (f / TEST_LABELS).write_bytes(idx(np.zeros(29, np.uint8))),
            "30 images, but .* 29 labels",
            id="other counts",
        ),
        pytest.param(
            lambda f: (f / TRAIN_IMAGES).write_bytes(gzip.compress(b"\0")),
            "is not an idx file",
            id="gzipped nonsense",
        ),
        pytest.param(
            lambda f: (f / TEST_IMAGES).write_bytes(idx(np.zeros((30, SIDE, 5), np.uint8))),
            "16 pixels in train, but 20 in test",
            id="other sizes",
        ),
        pytest.param(lambda f: (f / TEST_LABELS).unlink(), "put the four idx files", id="missing"),
    ],
)
def test_a_malformed_file_raises(
    folder: Path, damage: Callable[[Path], object], message: str
) -> None:
    damage(folder)
    with pytest.raises(InputError, match=message):
        MnistData(folder, batch_size=10)


def test_download_without_torchvision_raises(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torchvision", None)
    with pytest.raises(InputError, match="needs torchvision, which is not installed"):
        MnistData(folder, batch_size=10, download=True)


def test_files_downloaded_by_torchvision_are_found(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def download(path: Path, *, download: bool) -> None:
        assert download
        (path / "MNIST").mkdir(parents=True)
        folder.rename(path / "MNIST" / "raw")

    def fail(path: Path, *, download: bool) -> None:
        raise RuntimeError("Error downloading train-images")

    datasets = ModuleType("torchvision.datasets")
    monkeypatch.setitem(sys.modules, "torchvision", ModuleType("torchvision"))
    monkeypatch.setitem(sys.modules, "torchvision.datasets", datasets)
    root = folder.parent / "downloaded"
    monkeypatch.setattr(datasets, "MNIST", fail, raising=False)
    with pytest.raises(InputError, match=r"could not download MNIST .*put the four idx files"):
        MnistData(root, batch_size=10, download=True)
    monkeypatch.setattr(datasets, "MNIST", download)
    assert len(MnistData(root, batch_size=10, download=True).train) == 57
