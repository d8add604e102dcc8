"""Early recognition: only the beginning is looked at."""

import csv
import shutil
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from action_rec.analysis.early_recognition import SHARES
from action_rec.checkpoints.trained import load_trained
from action_rec.cli import main
from action_rec.evaluation.scoring import score
from action_rec.store.reader import Store
from tests.experiment import last


def early(run: Path, store: Path, out: Path, *more: str) -> list[dict[str, str]]:
    assert main(["early", str(last(run)), str(store), str(out), "--clips", "3", *more]) == 0
    with out.with_suffix(".csv").open() as file:
        return list(csv.DictReader(file))


def test_the_whole_sequence_gives_what_test_gives(
    run: Path, store_path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = early(run, store_path, tmp_path / "early.png")
    assert [float(row["seen"]) for row in rows] == list(SHARES)
    store = Store(store_path)
    sequences = store.split("xsub", "test")
    logits = score(load_trained(last(run)), store, sequences, clips=3).mean(axis=1)
    right = (logits.argmax(axis=1) == store.label[sequences]).mean()
    assert float(rows[-1]["accuracy"]) == pytest.approx(right)
    assert (tmp_path / "early.png").read_bytes().startswith(b"\x89PNG\r\n\x1a\n")
    printed = capsys.readouterr().out
    assert "100%" in printed
    assert "where val/accuracy was" in printed
    assert "checkpoints are chosen on val, never on test" in printed


def test_what_comes_later_makes_no_difference_before_it_is_seen(
    run: Path, store_path: Path, tmp_path: Path
) -> None:
    before = early(run, store_path, tmp_path / "before.png")
    changed = Path(shutil.copy(store_path, tmp_path / "changed.h5"))
    store = Store(store_path)
    with h5py.File(changed, "r+") as file:
        poses = file["poses"]
        for start, length, bodies in zip(store.start, store.length, store.bodies, strict=True):
            middle = start + -(-length // 2) * bodies
            end = start + length * bodies
            poses[middle:end] = -3 * poses[middle:end][:, :, ::-1]
    after = early(run, changed, tmp_path / "after.png")
    assert after[:5] == before[:5]
    one, other = (
        score(load_trained(last(run)), Store(path), np.arange(12), 3)
        for path in (store_path, changed)
    )
    assert not np.array_equal(one, other)


def other_joints(store: Path) -> None:
    with h5py.File(store, "r+") as file:
        file.attrs["joint_set"] = "mine"
        file["joints/name"][0] = "tail"  # the same joints by another name would do


def other_classes(store: Path) -> None:
    with h5py.File(store, "r+") as file:
        file["classes"][1] = "juggle"


def other_dataset(store: Path) -> None:
    with h5py.File(store, "r+") as file:
        file.attrs["dataset"] = "mine"


@pytest.mark.parametrize("command", ["early", "precise-bn"])
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (other_joints, "was trained on joint set 'kinect_v2', but {} has 'mine'"),
        (other_classes, "class 1 was 'eat', but is 'juggle' in {}"),
        (other_dataset, "was trained on dataset 'ntu60', but {} has 'mine'"),
    ],
    ids=["joint set", "classes", "data set"],
)
def test_a_store_of_something_else_is_refused(
    command: str,
    change: Callable[[Path], None],
    message: str,
    run: Path,
    store_path: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    store = Path(shutil.copy(store_path, tmp_path / "other.h5"))
    change(store)
    assert main([command, str(last(run)), str(store), str(tmp_path / "out.png")]) == 2
    error = capsys.readouterr().err.strip()
    assert message.format(store) in error
    assert "\n" not in error
    assert not (tmp_path / "out.png").exists()


@pytest.mark.parametrize(
    ("command", "out", "clips", "message"),
    [
        ("early", "out.gif", "3", "must end in .png, .pdf or .svg"),
        ("early", "out.png", "0", "--clips must be at least 1, got 0"),
        ("precise-bn", "out.ckpt", "0", "--clips must be at least 1, got 0"),
    ],
    ids=["no such picture", "no clips", "no clips to measure on"],
)
def test_an_option_that_cannot_be_is_refused(
    command: str,
    out: str,
    clips: str,
    message: str,
    run: Path,
    store_path: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = [str(last(run)), str(store_path), str(tmp_path / out), "--clips", clips]
    assert main([command, *words]) == 2
    assert message in capsys.readouterr().err
