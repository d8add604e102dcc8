"""Mistakes in predicting: each ends with one sentence and status 2."""

from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from action_rec.cli import main
from action_rec.skeletons.joint_sets import load_joint_set
from action_rec.store.writer import SequenceTable, StoreFacts, write_store
from tests.experiment import last
from tests.prediction.predicting import changed, predict


def other_classes(store: Path, folder: Path) -> Path:
    path = changed(store, folder)
    with h5py.File(path, "r+") as file:
        file["classes"][1] = "juggle"
    return path


def of_one_pose(folder: Path, name: str, coordinates: int) -> Path:
    """A store of the same classes with other joints or coordinates."""
    joint_set = load_joint_set(name)
    table = SequenceTable(["a"], [2], [1], [0], [(0.0,) * coordinates], [""], {}, {})
    facts = StoreFacts("ntu60", joint_set, ("drink", "eat", "hug"), {})
    poses = np.ones((2, len(joint_set.joints), coordinates), np.float32)
    return write_store(folder / "other.h5", facts, table, [poses]).path


def touched(path: Path) -> Path:
    path.touch()
    return path


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (lambda s, t: [t / "*.skeleton"], "matches no file, and a store (.h5), a .npy"),
        (lambda s, t: [touched(t / "a.txt").parent / "*"], "matches 1 files, none of them"),
        (lambda s, t: [t], "holds no recording; name another"),
        (lambda s, t: [t / "no.skeleton"], "no.skeleton' does not exist"),
        (lambda s, t: [touched(t / "a.txt")], "a.txt' is no input; give a store (.h5), a .npy"),
        (lambda s, t: [of_one_pose(t, "kinect_v1", 3)], "joint set 'kinect_v2', but"),
        (lambda s, t: [of_one_pose(t, "kinect_v2", 2)], "coordinates per joint 3, but"),
        (lambda s, t: [other_classes(s, t)], "class 1 was 'eat', but is 'juggle' in"),
        (
            lambda s, t: [changed(s, t, provenance={"view": "normalized"})],
            "view 'recorded', but",
        ),
        (
            lambda s, t: [touched(t / "a.skeleton")],
            "whose store does not say how raw recordings are prepared",
        ),
        (lambda s, t: [s, "--out", "x.txt"], "--out 'x.txt' must end in .csv or .json; "),
        (lambda s, t: [s, "--out", t / "no" / "x.csv"], "no does not exist; create it"),
        (lambda s, t: [s, "--render", "x.png"], "--render 'x.png' must end in .gif or .mp4"),
        (lambda s, t: [s, "--render", "x.gif"], "is one picture, but there are 12 sequences"),
        (lambda s, t: [s, "--render", s / "x"], "cannot be a folder there"),
        (
            lambda s, t: [s, "--split", "new"],
            "--split: expected one of 'all', 'train', 'val', 'test'; got new",
        ),
        (lambda s, t: [s, "--top", "0"], "--top must be above 0"),
        (lambda s, t: [s, "--colour", "red"], "unrecognized arguments: --colour"),
        (lambda s, t: [s, "--ckpt_path", t / "no.ckpt"], "no.ckpt does not exist"),
        (lambda s, t: [], "arguments are required: INPUTS"),
        (lambda s, t: [s, touched(t / "a.skeleton"), "--split", "val"], "leave out one of them"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_mistake_ends_with_one_sentence(
    words: Callable[[Path, Path], list[object]],
    message: str,
    run: Path,
    store_path: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert predict(last(run), *words(store_path, tmp_path)) == 2
    error = capsys.readouterr().err.strip()
    assert error.startswith("error: ")
    assert "\n" not in error
    assert message in error


def test_no_checkpoint_ends_with_one_sentence(
    store_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["predict", str(store_path)]) == 2
    assert "arguments are required: --ckpt_path" in capsys.readouterr().err
