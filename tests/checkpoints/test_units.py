"""Stores in another unit than a network was trained on: converted, or refused."""

import json
import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest

from action_rec.cli import main
from action_rec.store.reader import Store
from action_rec.store.units import median_body_size
from tests.command_line import SMALL, checkpoint, run


def scaled(store: Path, folder: Path, unit: str, factor: float) -> Path:
    """A copy of a store whose coordinates are multiplied by a factor."""
    path = Path(shutil.copy(store, folder / f"{unit}.h5"))
    with h5py.File(path, "r+") as file:
        file["poses"][...] = file["poses"][()] * np.float32(factor)
        file.attrs["unit"] = unit
    return path


def probabilities(trained: Path, store: Path, folder: Path) -> np.ndarray:
    out = folder / f"{store.stem}.json"
    words = ["predict", "--ckpt_path", checkpoint(trained), str(store), "--clips", "2"]
    assert main([*words, "--out", str(out)]) == 0
    found = json.loads(out.read_text())["predictions"]
    return np.array([one["probabilities"] for one in found])


@pytest.mark.parametrize(("unit", "factor"), [("millimetre", 1000), ("centimetre", 100)])
def test_a_store_in_another_known_unit_is_converted(
    unit: str, factor: float, store_path: Path, trained: Path, tmp_path: Path
) -> None:
    other = scaled(store_path, tmp_path, unit, factor)
    same = probabilities(trained, Path(shutil.copy(store_path, tmp_path / "same.h5")), tmp_path)
    np.testing.assert_allclose(probabilities(trained, other, tmp_path), same, atol=1e-4)


def test_test_converts_as_predict_does(store_path: Path, trained: Path, tmp_path: Path) -> None:
    other = scaled(store_path, tmp_path, "millimetre", 1000)
    results = []
    for path in (store_path, other):
        folder = tmp_path / path.stem
        last = ("--ckpt_path", checkpoint(trained))
        assert run("test", path, folder, *SMALL, *last, "--data.num_test_clips", "2") == 0
        text = (folder / "version_0" / "test_results.json").read_text()
        results.append(json.loads(text))
    assert results[0]["accuracy"] == results[1]["accuracy"]
    assert results[0]["loss"] == pytest.approx(results[1]["loss"], abs=1e-4)


@pytest.mark.parametrize(
    ("unit", "factor", "sentence"),
    [
        ("metre", 1000, "has bodies of a median size of"),
        ("metre", 0.3, "has bodies of a median size of"),
        ("unspecified", 1000, "has bodies of a median size of"),
        ("pixel", 1, "is in unit 'pixel', but the checkpoint was trained on unit 'metre'"),
    ],
)
@pytest.mark.parametrize("command", ["test", "predict"])
def test_bodies_of_another_size_are_refused(
    command: str,
    unit: str,
    factor: float,
    sentence: str,
    store_path: Path,
    trained: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    other, last = scaled(store_path, tmp_path, unit, factor), checkpoint(trained)
    if command == "test":
        status = run("test", other, tmp_path, *SMALL, "--ckpt_path", last)
    else:
        status = main(["predict", "--ckpt_path", last, str(other)])
    assert status == 2
    assert sentence in capsys.readouterr().err.strip().splitlines()[-1]


def test_the_size_of_bodies_does_not_follow_from_their_place(
    store_path: Path, tmp_path: Path
) -> None:
    size = median_body_size(Store(store_path))
    assert size is not None
    assert size == pytest.approx(0.05 * np.sqrt(3), rel=0.1)  # joints are drawn from N(0, 0.05)
    doubled = median_body_size(Store(scaled(store_path, tmp_path, "metre", 2)))
    assert doubled == pytest.approx(2 * size)
