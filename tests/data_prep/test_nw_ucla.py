"""From the JSON files of NW-UCLA, or their zip, to a store."""

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from action_rec.errors import InputError
from action_rec.skeletons.nw_ucla import SampleName
from action_rec.store.reader import Store
from data_prep.__main__ import main
from tests.data_prep.folders import mistake, written, zipped

SPINE = 1


def joints(frames: int, seed: int = 0) -> NDArray[np.float64]:
    """(frames, 20, 3) joints in metres, with the six decimals of the real files."""
    return np.random.default_rng(seed).uniform(-1, 3, (frames, 20, 3)).round(6)


def recording(poses: object, label: object) -> bytes:
    return json.dumps({"file_name": "x", "skeletons": poses, "label": label}).encode()


GOOD = {
    "all/a01_s01_e00_v01.json": recording(joints(4).tolist(), 1),
    "all/a12_s10_e04_v03.json": recording(joints(1, seed=1).tolist(), 10),
    "all/a08_s02_e01_v02.json": recording(joints(3, seed=2).tolist(), 7),
}
BAD = {
    "a01_s01_e01_v01": (recording(joints(4).tolist(), 1)[:-9], "is not JSON"),
    "a01_s01_e02_v01": (b"[" * 100_000, "is not JSON"),
    "a01_s02_e02_v01": (b"[" + b"1" * 5000 + b"]", "is not JSON"),
    "a01_s01_e03_v01": (b"[]", "lacks 'skeletons' or 'label'"),
    "a01_s01_e04_v01": (recording(joints(4).tolist(), 2), "has label 2, but its name says 1"),
    "a01_s01_e05_v01": (recording(joints(4)[:, :19].tolist(), 1), "not numbers [frames][20][3]"),
    "a01_s01_e06_v01": (recording([[[0, 0, 0]] * 20, [[0, 0, 0]]], 1), "not numbers [frames][20]"),
    "a01_s01_e07_v01": (recording([], 1), "not numbers [frames][20][3]"),
    "a01_s01_e08_v01": (recording([[["a", 0, 0]] * 20], 1), "not numbers [frames][20][3]"),
    "a01_s01_e09_v01": (recording(np.zeros((2, 20, 3)).tolist(), 1), "nobody is in it"),
    "a01_s01_e10_v01": (
        recording([[[1, 2, 3]] * 19 + [[1, float("nan"), 3]]], 1),
        "joint 'right foot' of body 0 in frame 0 (both from 0) is not a number",
    ),
}


def convert(raw: Path, out: Path) -> Store:
    assert main(["nw_ucla", str(raw), str(out)]) == 0
    return Store(out)


def test_everything_is_in_the_store(tmp_path: Path) -> None:
    store = convert(zipped(tmp_path / "raw.zip", GOOD), tmp_path / "out.h5")
    assert (store.dataset, store.joint_set, store.unit) == ("nw_ucla", "kinect_v1", "metre")
    assert store.names.tolist() == ["a01_s01_e00_v01", "a08_s02_e01_v02", "a12_s10_e04_v03"]
    assert [store.class_names[label] for label in store.label] == [
        "pick up with one hand",
        "donning",
        "carry",
    ]
    assert store.length.tolist() == [4, 3, 1]
    assert {name: column.tolist() for name, column in store.columns.items()} == {
        "subject": [1, 2, 10],
        "camera": [1, 2, 3],
        "replication": [0, 1, 4],
    }
    assert store.benchmarks["xview"].tolist() == [0, 0, 1]
    assert store.joint_parents[store.joint_names.index("left shoulder")] == 2
    assert store.joint_mirror[4] == 8
    recorded = joints(4)
    np.testing.assert_array_equal(store.origin[0], recorded[0, SPINE])
    expected = (recorded - recorded[0, SPINE]).astype(np.float32)
    np.testing.assert_array_equal(store.sequence(0)[:, 0], expected)
    assert sorted(tmp_path.iterdir()) == [
        tmp_path / name for name in ("out.h5", "out.h5.log", "raw.zip")
    ]


def test_folder_and_zip_give_the_same_bytes(tmp_path: Path) -> None:
    folder = convert(written(tmp_path / "raw", GOOD), tmp_path / "1.h5")
    shadow = GOOD | {"__MACOSX/all/a01_s01_e00_v02.json": b"not looked at", "all/": b""}
    archive = convert(zipped(tmp_path / "raw.zip", shadow), tmp_path / "2.h5")
    assert folder.path.read_bytes() == archive.path.read_bytes()


def test_bad_files_are_named_with_their_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = {f"all/{name}.json": data for name, (data, _) in BAD.items()}
    others = {"all/mine.json": b"", "all/a07_s01_e00_v01.json": b"", "b/a01_s01_e00_v01.json": b""}
    store = convert(zipped(tmp_path / "raw.zip", GOOD | bad | others), tmp_path / "out.h5")
    assert len(store.names) == 3
    reasons = store.rejected()
    for name, (_, sentence) in BAD.items():
        assert sentence in reasons.pop(name)
    assert "does not match" in reasons["all/mine.json"]
    assert "has action 7" in reasons["all/a07_s01_e00_v01.json"]
    assert "a second file of this name" in reasons["b/a01_s01_e00_v01.json"]
    shown = capsys.readouterr().out
    assert "a part of nw_ucla (3 of 1,484 recordings): totals not compared" in shown
    assert "9 more were rejected" in shown


def test_a_damaged_zip_loses_only_what_is_damaged(tmp_path: Path) -> None:
    raw = zipped(tmp_path / "raw.zip", GOOD)
    with zipfile.ZipFile(raw) as archive:
        info = archive.getinfo("all/a08_s02_e01_v02.json")
    data = bytearray(raw.read_bytes())
    middle = info.header_offset + 60 + info.compress_size // 2
    data[middle : middle + 8] = b"\0" * 8
    raw.write_bytes(data)
    store = convert(raw, tmp_path / "out.h5")
    assert len(store.names) == 2
    assert "' is damaged in the zip" in store.rejected()["a08_s02_e01_v02"]


MISTAKES: dict[str, tuple[dict[str, bytes], str, str]] = {
    "nothing there": ({}, "raw", "'{}/raw' does not exist; name the folder or the zip"),
    "no zip": ({"raw": b"PK"}, "raw", "'{}/raw' is no folder and no zip"),
    "no recording": ({"raw/a.txt": b""}, "raw", "'{}/raw' holds no .json file"),
    "none good": ({"raw/a.json": b""}, "raw", "none of the 1 recordings can be converted"),
}


@pytest.mark.parametrize(("files", "raw", "sentence"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_one_sentence_and_no_store(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    files: dict[str, bytes],
    raw: str,
    sentence: str,
) -> None:
    written(tmp_path, files)
    before = sorted(tmp_path.rglob("*"))
    line = mistake(capsys, "nw_ucla", tmp_path / raw, tmp_path / "out.h5")
    assert sentence.format(tmp_path) in line
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("name", ["a1_s01_e00_v01", "a01_s01_e00_v01x", "a10_s01_e00_v01"])
def test_a_name_outside_the_data_set_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="rename the file"):
        SampleName.parse(name)


def test_the_real_set_gives_the_published_counts(
    shared_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = convert(shared_data / "nw_ucla.zip", tmp_path / "out.h5")
    assert (len(store.names), store.rejected()) == (1_484, {})
    assert [len(store.split("xview", split)) for split in ("train", "test")] == [1_020, 464]
    assert np.bincount(store.label).tolist() == [150, 152, 141, 173, 148, 149, 142, 142, 145, 142]
    assert np.quantile(store.length, (0, 0.5, 1)).tolist() == [1, 31, 201]
    assert "match" in capsys.readouterr().out
    trained_on = {store.sequence(index).tobytes() for index in store.split("xview", "train")}
    tested_on = [store.sequence(index).tobytes() for index in store.split("xview", "test")]
    assert sum(sequence in trained_on for sequence in tested_on) == 95  # as the facts say
    with zipfile.ZipFile(shared_data / "nw_ucla.zip") as archive:
        poses = json.loads(archive.read("all_sqe/a01_s01_e00_v01.json"))["skeletons"]
    rebuilt = store.sequence(0)[:, 0] + store.origin[0]
    np.testing.assert_allclose(rebuilt, poses, rtol=0, atol=5e-7)
