"""From a folder of .npy arrays or .csv tables, with a labels.csv, to a store."""

import os
from pathlib import Path

import numpy as np
import pytest

from tests.data_prep.folders import (
    COCO,
    LABELS,
    Files,
    convert,
    good,
    mistake,
    npy,
    pixels,
    table,
    written,
)
from tests.synthetic import skeleton_text, standing

HIPS = [11, 12]


def test_everything_is_in_the_store(tmp_path: Path) -> None:
    raw = written(tmp_path / "gym", good())
    test = ("--test_subjects", "[2]", "--test_cameras=[2]")
    store = convert(raw, tmp_path / "out.h5", *test)
    assert (store.dataset, store.joint_set, store.unit) == ("gym", "coco17", "body size")
    assert store.names.tolist() == ["a", "b", "deep/c"]
    assert store.class_names == ("nod", "wave")
    assert store.label.tolist() == [1, 0, 1]
    assert store.length.tolist() == [4, 5, 6]
    assert store.bodies.tolist() == [1, 1, 2]
    assert {name: column.tolist() for name, column in store.columns.items()} == {
        "subject": [1, 2, 3],
        "camera": [1, 2, 1],
    }
    assert {name: splits.tolist() for name, splits in store.benchmarks.items()} == {
        "xsub": [0, 1, 0],
        "xview": [0, 1, 0],
        "split": [0, 0, 1],
    }
    assert store.poses.shape[1:] == (17, 2)
    for index, recorded in enumerate((pixels(4), pixels(5, 1), pixels(6, 2, bodies=2))):
        np.testing.assert_array_equal(store.origin[index], recorded[0, 0, HIPS].mean(axis=0))
        np.testing.assert_allclose(store.recorded(index), recorded, rtol=0, atol=1e-3)
    assert store.rejected() == {}


def test_three_dimensions_and_a_joint_set_of_ones_own(tmp_path: Path) -> None:
    sticks = "joints: [hip, neck]\nbones: [[hip, neck]]\nroot: neck\ncentre: [hip]\n"
    recorded = np.random.default_rng(0).uniform(-1, 1, (5, 1, 2, 3))
    labels = "file,label,split\na.npy,10,train\nb.npy,9,test\n"
    files: Files = {"labels.csv": labels, "a.npy": npy(recorded), "b.npy": npy(recorded[:, 0])}
    raw = written(tmp_path / "raw", {**files, "../sticks.yaml": sticks})
    options = ("--joint_set", str(tmp_path / "sticks.yaml"), "--unit=metre", "--dataset=sticks")
    store = convert(raw, tmp_path / "out.h5", *options)
    assert (store.dataset, store.joint_set, store.unit) == ("sticks", "sticks", "metre")
    assert store.class_names == ("9", "10")
    expected = (recorded - recorded[0, 0, 0]).astype(np.float32)
    np.testing.assert_array_equal(store.sequence(0), expected)
    np.testing.assert_array_equal(store.sequence(1), expected)


@pytest.mark.parametrize("named", [True, False], ids=["names", "indices"])
def test_a_table_gives_what_its_array_gives(tmp_path: Path, named: bool) -> None:
    poses = pixels(4, bodies=2)
    labels = "file,label,split\na.csv,wave,train\nb.npy,nod,test\n"
    lines = table(poses, named=named, first_frame=7).splitlines()
    shuffled = [lines[0], "", *np.random.default_rng(0).permutation(lines[1:])]
    files: Files = {
        "labels.csv": labels,
        "a.csv": "\ufeff" + "\r\n".join(shuffled),
        "b.npy": npy(poses),
    }
    store = convert(written(tmp_path / "raw", files), tmp_path / "out.h5")
    np.testing.assert_array_equal(store.sequence(0), store.sequence(1))
    np.testing.assert_array_equal(store.origin[0], store.origin[1])


def test_a_table_may_leave_out_bodies_and_joints(tmp_path: Path) -> None:
    lines = table(pixels(3, bodies=2)).splitlines()
    without = [line for line in lines if not line.startswith(("0,6,", "2,5,left ear"))]
    labels = "file,label,split\na.csv,wave,train\nb.npy,nod,test\n"
    files: Files = {"labels.csv": labels, "a.csv": "\n".join(without), "b.npy": npy(pixels(2))}
    store = convert(written(tmp_path / "raw", files), tmp_path / "out.h5", "--missing=zero")
    poses = store.sequence(0)
    zeros = np.argwhere(~poses.any(axis=-1)).tolist()
    assert zeros == [[0, 1, joint] for joint in range(17)] + [[2, 0, 3]]
    assert store.decisions() == ["1 joint not detected", ""]


def test_scores_are_left_out_and_a_score_of_zero_is_no_joint(tmp_path: Path) -> None:
    scored = np.concatenate((pixels(3), np.full((3, 1, 17, 1), 0.9)), axis=-1)
    scored[1, 0, 3] = (np.nan, np.nan, 0)
    files: Files = {"labels.csv": LABELS, **{name: npy(scored) for name in ("a.npy", "b.npy")}}
    raw = written(tmp_path / "raw", {**files, "deep/c.npy": npy(scored)})
    store = convert(raw, tmp_path / "out.h5", "--scores")
    recorded = store.sequence(0) * store.scale[0] + store.origin[0]
    expected = pixels(3)
    expected[1, 0, 3] = store.origin[0]
    np.testing.assert_allclose(recorded, expected, atol=1e-3)


def test_what_is_no_folder_or_exists_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    raw, out = written(tmp_path / "raw", good()), tmp_path / "out.h5"
    line = mistake(capsys, "folder", raw / "a.npy", out, *COCO)
    assert "a.npy' is no folder; name the one with your recordings" in line
    convert(raw, out)
    before = out.read_bytes()
    assert "exists; choose another name" in mistake(capsys, "folder", raw, out, *COCO)
    assert out.read_bytes() == before
    assert convert(raw, out, "--overwrite", "--scaling=none").unit == "unspecified"


def test_a_mixed_folder_keeps_every_body_of_a_kinect(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = standing(1, 20), standing(2, 20)
    text = skeleton_text([[(7, first[t]), (9, second[t])] for t in range(20)])
    labels = "file,label,split\na.skeleton,wave,train\nb.npy,nod,test\n"
    raw = written(tmp_path / "raw", {"labels.csv": labels, "a.skeleton": text, "b.npy": npy(first)})
    kinect = ("--joint_set=kinect_v2",)
    store = convert(raw, tmp_path / "out.h5", *kinect)
    assert store.bodies.tolist() == [2, 1]
    assert store.provenance["rules"]["name"] == "as recorded"
    np.testing.assert_allclose(store.recorded(0)[:, 1], second, atol=1e-6)
    only = convert(raw, tmp_path / "sgn.h5", *kinect, "--rules=sgn", "--overwrite")
    assert only.names.tolist() == ["a"]
    assert "is no .skeleton file, among whose bodies" in only.rejected()["b"]
    line = mistake(capsys, "folder", raw, tmp_path / "x.h5", *COCO, "--rules=sgn")
    assert "give --joint_set kinect_v2" in line
    line = mistake(capsys, "folder", raw, tmp_path / "x.h5", *kinect, "--rules=sgn", "--scores")
    assert "do not apply to people that are selected" in line


def test_an_entry_that_cannot_be_read_is_no_end(tmp_path: Path) -> None:
    raw = written(tmp_path / "raw", good())
    (raw / "loop.npy").symlink_to(raw / "loop.npy")
    (raw / "deep" / "up").symlink_to(raw)
    Path(os.fsdecode(os.fsencode(raw) + b"/bad\xff.npy")).write_bytes(b"")
    counts = convert(raw, tmp_path / "out.h5").provenance["counts"]
    assert counts == {"found": 5, "converted": 3, "rejected": 0, "outside": 2}
