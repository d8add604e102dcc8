"""From a folder of .npy arrays or .csv tables, with a labels.csv, to a store."""

import io
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from action_rec.data.joint_sets import load_joint_set
from action_rec.data.store import Store
from data_prep.__main__ import main
from data_prep.arrays import read_npy

COCO = ("--joint_set", "coco17")
Files = dict[str, bytes | str]
HIPS = [11, 12]
LABELS = """file,label,subject,camera,split
a.npy,wave,1,1,train
b.npy,nod,2,2,train
deep/c.npy,wave,3,1,test
"""


def pixels(frames: int, seed: int = 0, bodies: int = 1, joints: int = 17) -> NDArray[np.float64]:
    """(frames, bodies, joints, 2) coordinates in an image, exact in float32."""
    rng = np.random.default_rng(seed)
    return rng.integers(100, 900, (frames, bodies, joints, 2)).astype(np.float64)


def npy(array: object) -> bytes:
    file = io.BytesIO()
    np.save(file, np.asarray(array))
    return file.getvalue()


def claiming(shape: tuple[int, ...]) -> bytes:
    """A .npy file that says it has such a shape, and has few bytes."""
    file = io.BytesIO()
    header = {"descr": "<f8", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, header)
    return file.getvalue() + bytes(64)


def table(poses: NDArray[np.float64], *, named: bool = True, first_frame: int = 0) -> str:
    """The text of a .csv of poses (T, M, V, C), a joint a line."""
    names = load_joint_set("coco17").joints
    lines = ["frame,body,joint,x,y"]
    for frame, body, joint in np.ndindex(poses.shape[:3]):
        x, y = poses[frame, body, joint]
        name = names[joint] if named else joint
        lines.append(f"{frame + first_frame},{body + 5},{name},{x},{y}")
    return "\n".join([*lines, ""])


def written(folder: Path, files: Files) -> Path:
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data.encode() if isinstance(data, str) else data)
    return folder


def good(labels: str = LABELS) -> Files:
    """Three arrays of 4, 5 and 6 frames; the last has two bodies."""
    return {
        "labels.csv": labels,
        "a.npy": npy(pixels(4)[:, 0]),
        "b.npy": npy(pixels(5, seed=1)[:, 0].astype(np.float32)),
        "deep/c.npy": npy(pixels(6, seed=2, bodies=2).astype(np.int16)),
    }


def convert(raw: Path, out: Path, *options: str) -> Store:
    assert main(["folder", str(raw), str(out), *COCO, *options]) == 0
    return Store(out)


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
    assert store.decisions() == ["1 joints not detected", ""]


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


BAD: dict[str, tuple[bytes | str | None, str]] = {
    "gone.npy": (None, "of labels.csv, line 5, does not exist"),
    "void.npy": (b"", "is not a .npy file of numbers"),
    "text.npy": (b"hello", "is not a .npy file of numbers"),
    "cut.npy": (npy(pixels(4))[:-8], "is not a .npy file of numbers"),
    "objects.npy": (npy(np.array([{}, None])), "is not a .npy file of numbers"),
    "zip.npy": (b"PK\x03\x04rest", "is not a .npy file of numbers"),
    "huge.npy": (claiming((10**12, 17, 2)), "is not a .npy file of numbers"),
    "endless.npy": (claiming((10**40, 17, 2)), "is not a .npy file of numbers"),
    "negative.npy": (claiming((-1, 17, 2)), "is not a .npy file of numbers"),
    "complex.npy": (npy(pixels(2) * 1j), "holds complex128 (2, 1, 17, 2)"),
    "flat.npy": (npy(np.zeros((4, 34))), "holds float64 (4, 34); needed are numbers (frames"),
    "joints.npy": (npy(pixels(4, joints=25)), "it has 25 joints, but joint set 'coco17' has 17"),
    "solid.npy": (npy(np.ones((4, 17, 3))), "it has 3 coordinates a joint, but those before"),
    "four.npy": (npy(np.ones((4, 17, 4))), "it has 4 coordinates a joint; 2 or 3 are needed"),
    "nan.npy": (npy(np.where(np.arange(17)[:, None] == 2, np.nan, pixels(2))), "'right eye'"),
    "zeros.npy": (npy(np.zeros((4, 17, 2))), "nobody is in it"),
    "naïve.npy": (npy(pixels(4)), "is not plain printable ASCII"),
    "other.txt": (b"", "is neither .npy nor .csv"),
    "empty.csv": ("", "line 1: the columns are ''; needed are frame,joint,x,y"),
    "header.csv": ("frame;joint;x;y\n", "line 1: the columns are 'frame;joint;x;y'; needed"),
    "binary.csv": (b"\xff\xfe\0", "is not CSV in UTF-8"),
    "none.csv": ("frame,joint,x,y\n", "nobody is in it"),
    "short.csv": ("frame,joint,x,y\n0,nose,1\n", "line 2: 3 cells where 4 are needed"),
    "joint.csv": ("frame,joint,x,y\n\n0,chin,1,2\n", "line 3: joint 'chin' is not a joint of"),
    "index.csv": ("frame,joint,x,y\n0,17,1,2\n", "line 2: joint '17' is not a joint of 'coco17'"),
    "frame.csv": ("frame,joint,x,y\n0.5,nose,1,2\n", "line 2: frame '0.5' is not a whole number"),
    "long.csv": (f"frame,joint,x,y\n{'9' * 5000},nose,1,2\n", "is not a whole number"),
    "number.csv": ("frame,joint,x,y\n0,nose,1,two\n", "line 2: y 'two' is not a number"),
    "twice.csv": ("frame,joint,x,y\n0,nose,1,2\n0,0,1,2\n", "line 3: the joint of this frame and"),
    "bodies.csv": (
        "frame,body,joint,x,y\n" + "".join(f"{n},{n},nose,1,2\n" for n in range(4000)),
        "names 4,000 bodies in 4,000 frames; give each body one number",
    ),
}


@pytest.fixture(scope="module")
def reasons(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What a store says about every bad file of a folder with three good ones."""
    folder = tmp_path_factory.mktemp("bad")
    labels = LABELS + "".join(f"{name},nod,1,1,train\n" for name in BAD)
    bad = {name: data for name, (data, _) in BAD.items() if data is not None}
    store = convert(written(folder / "raw", {**good(labels), **bad}), folder / "out.h5")
    assert len(store.names) == 3
    return store.rejected()


@pytest.mark.parametrize(("name", "sentence"), [(n, s) for n, (_, s) in BAD.items()], ids=BAD)
def test_a_bad_file_is_named_and_the_others_are_converted(
    reasons: dict[str, str], name: str, sentence: str
) -> None:
    assert sentence in reasons[str(Path(name).with_suffix(""))]


def test_files_without_a_label_are_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {**good(), "deep/more.npy": npy(pixels(3)), "notes.csv": "", "notes.txt": ""}
    store = convert(written(tmp_path / "gym", files), tmp_path / "out.h5")
    assert store.provenance["counts"] == {
        "found": 5,
        "converted": 3,
        "rejected": 0,
        "outside": 2,
    }
    words = [line.replace("│", " ").split() for line in capsys.readouterr().out.splitlines()]
    assert ["not", "in", "gym", "2"] in words
    assert ["split", "2", "1"] in words


def test_the_labels_may_lie_elsewhere_and_give_a_val(tmp_path: Path) -> None:
    raw = written(
        tmp_path / "raw", {**good(), "../mine.csv": LABELS.replace("2,2,train", "2,2,val")}
    )
    (raw / "labels.csv").unlink()
    store = convert(raw, tmp_path / "out.h5", "--labels", str(tmp_path / "mine.csv"))
    assert store.benchmarks["split"].tolist() == [0, 2, 1]


LINE = "c.npy,wave,3,1,test\n"
LABEL_MISTAKES = {
    "no labels.csv": (None, "labels.csv' cannot be read"),
    "not text": (b"\xff\xfe\0", "labels.csv' is not CSV in UTF-8"),
    "open quote": (LABELS + '"a', "labels.csv' is not CSV in UTF-8"),
    "empty": ("", "line 1: the columns are ''; needed are file,label"),
    "no label": ("file,subject\na.npy,1\n", "line 1: the columns are 'file,subject'"),
    "other column": ("file,label,person\na.npy,wave,1\n", "line 1: the columns are 'file,lab"),
    "column twice": ("file,label,label\na.npy,a,b\n", "line 1: the columns are 'file,label,label'"),
    "semicolons": (LABELS.replace(",", ";"), "line 1: the columns are 'file;label;subject;"),
    "no file": ("file,label\n", "names no file"),
    "cells": (LABELS + "\nd.npy,wave\n", "line 6: 2 cells where the header has 5"),
    "no name": (LABELS + ",wave,1,1,test\n", "line 5: file is empty"),
    "empty label": (LABELS + "d.npy,,1,1,test\n", "line 5: label is empty"),
    "subject": (LABELS + "d.npy,wave,anna,1,test\n", "line 5: subject 'anna' is not a whole num"),
    "negative": (LABELS + "d.npy,wave,-1,1,test\n", "line 5: subject '-1' is not a whole number"),
    "long": (LABELS + f"d.npy,wave,{10**12},1,test\n", "line 5: subject '1000000000000' is not"),
    "split": (LABELS + "d.npy,wave,1,1,Test\n", "line 5: split 'Test' is not train, val, test or"),
    "file twice": (LABELS + "a.csv,wave,1,1,test\n", "line 5: 'a.csv' would have the same name"),
    "outside": (LABELS + "../a.npy,wave,1,1,test\n", "line 5: file '../a.npy' is not named from"),
    "no test": (LABELS.replace("test", "train"), "gives benchmark split nothing to test on"),
    "no benchmark": (LABELS.replace("split", "setup").replace("train", "1").replace("test", "2"),
                     "gives no benchmark: add a column split"),
}  # fmt: skip


@pytest.mark.parametrize(("labels", "sentence"), LABEL_MISTAKES.values(), ids=LABEL_MISTAKES.keys())
def test_a_mistake_in_the_labels_is_one_sentence_and_no_store(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    labels: bytes | str | None,
    sentence: str,
) -> None:
    files = good()
    del files["labels.csv"]
    raw = written(tmp_path, files if labels is None else {**files, "labels.csv": labels})
    assert sentence in mistake(capsys, "folder", raw, tmp_path / "out.h5", *COCO)
    assert not list(tmp_path.glob("out*"))


def mistake(capsys: pytest.CaptureFixture[str], *words: object) -> str:
    """The one line that a command ends with."""
    assert main([str(word) for word in words]) == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    return line


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--joint_set=coco",), "joint set 'coco' is unknown"),
        ((*COCO, "--test_subjects=[4]"), "--test_subjects names 4, but"),
        ((*COCO, "--test_subjects=[1,2,3]"), "gives benchmark xsub nothing to train on"),
        ((*COCO, "--test_subjects=[]"), "gives benchmark xsub nothing to test on"),
        ((*COCO, "--test_setups=[1]"), "has no column setup; add it or leave out --test_setups"),
        ((*COCO, "--labels=none.csv"), "'none.csv' cannot be read"),
        (
            ("--joint_set=kinect_v2",),
            "none of the 3 recordings can be converted, the first one, a,",
        ),
    ],
)
def test_a_mistaken_option_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: tuple[str, ...], sentence: str
) -> None:
    raw = written(tmp_path / "raw", good())
    assert sentence in mistake(capsys, "folder", raw, tmp_path / "out.h5", *options)
    assert list(tmp_path.iterdir()) == [raw]


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


def test_an_interrupted_conversion_continues(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    raw = written(tmp_path / "raw", good(LABELS.replace("a.npy", "gone.npy")))
    undisturbed = convert(raw, tmp_path / "undisturbed.h5").path.read_bytes()
    read = read_npy
    left = [1]

    def interrupted(path: Path) -> NDArray[np.float64]:
        if not left:
            raise KeyboardInterrupt
        left.pop()
        return read(path)

    monkeypatch.setattr("data_prep.folder.read_npy", interrupted)
    out = tmp_path / "out.h5"
    assert main(["folder", str(raw), str(out), *COCO]) == 130
    assert not out.exists()
    assert len((tmp_path / "out.h5.partial" / "journal.jsonl").read_text().splitlines()) == 2
    left.append(1)  # enough for the second array: the first is not read again
    convert(raw, out)
    assert out.read_bytes() == undisturbed
    assert not (tmp_path / "out.h5.partial").exists()
    assert "continues after 1 of 3 recordings" in (tmp_path / "out.h5.log").read_text()
    capsys.readouterr()
