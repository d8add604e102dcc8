"""From .skeleton files to a store, through the command line."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from action_rec.data.ntu import SampleName, all_names, missing_names
from action_rec.data.skeleton_file import parse_skeleton
from action_rec.data.store import Store
from data_prep.__main__ import main
from data_prep.finding import Found, SkeletonFile
from data_prep.report import report
from tests.synthetic import recording, skeleton_text, standing

REPOSITORY = Path(__file__).parents[2]
MISSING = min(missing_names())


def write(folder: Path, files: dict[str, bytes]) -> Path:
    """A folder of files; a key may name a subfolder."""
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def pair(frames: int) -> bytes:
    """A recording of two bodies, of which the second moves more."""
    calm, lively = standing(1, frames), standing(2, frames, scale=3)
    return skeleton_text([[(1, calm[t]), (2, lively[t])] for t in range(frames)])


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    """Three good recordings in two folders, and one of each kind that cannot be used."""
    return write(
        tmp_path / "raw",
        {
            "S001C001P001R001A001.skeleton": recording(5),
            "b/S001C002P003R002A013.SKELETON": recording(7, seed=1).replace(b"\n", b"\r\n"),
            "b/S017C003P020R001A060.skeleton": pair(13),
            "b/S001C001P001R001A001.skeleton": recording(9, seed=2),
            "S001C001P001R001A002.skeleton": b"0\n",
            "S001C001P001R001A003.skeleton": recording(5)[:-300],
            f"{MISSING}.skeleton": recording(5),
            "b/mine.skeleton": recording(5),
            "S001C001P001R001A004.txt": b"not looked at",
        },
    )


def convert(raw: Path, out: Path, *options: str) -> Store:
    """Run the command and open the store."""
    assert main(["ntu", str(raw), str(out), "--workers=1", *options]) == 0
    return Store(out)


def test_good_recordings_are_converted_and_the_others_named(raw: Path, tmp_path: Path) -> None:
    store = convert(raw, tmp_path / "new folder" / "out.h5")
    assert store.dataset == "ntu60"
    assert store.names.tolist() == [
        "S001C001P001R001A001",
        "S001C002P003R002A013",
        "S017C003P020R001A060",
    ]
    assert store.length.tolist() == [5, 7, 13]
    assert store.bodies.tolist() == [1, 1, 2]
    assert store.label.tolist() == [0, 12, 59]
    assert {name: column.tolist() for name, column in store.columns.items()} == {
        "subject": [1, 3, 20],
        "camera": [1, 2, 3],
        "setup": [1, 1, 17],
        "replication": [1, 2, 1],
    }
    assert store.benchmarks["xsub"].tolist() == [0, 1, 1]
    assert store.benchmarks["xview"].tolist() == [1, 0, 0]
    assert store.provenance["counts"] == {
        "found": 8,
        "converted": 3,
        "rejected": 5,
        "outside": 0,
    }
    assert store.provenance["rules"]["max_invalid_share"] == 0.69754
    reasons = store.rejected()
    assert list(reasons) == sorted(reasons)
    assert "'S001C001P001R001A002.skeleton', line 1: got '0'" in reasons["S001C001P001R001A002"]
    assert "S001C001P001R001A003.skeleton', line" in reasons["S001C001P001R001A003"]
    assert "missing or incomplete" in reasons[MISSING]
    assert "outside the grammar" in reasons["b/mine.skeleton"]
    duplicate = reasons["b/S001C001P001R001A001.skeleton"]
    assert duplicate.endswith("'S001C001P001R001A001.skeleton' is used instead")
    assert os.listdir(tmp_path / "new folder") == ["out.h5"]


def test_poses_are_the_recorded_joints_less_the_origin(raw: Path, tmp_path: Path) -> None:
    store = convert(raw, tmp_path / "out.h5")
    joints = standing(0, 5)
    np.testing.assert_array_equal(store.origin[0], joints[0, 1])
    np.testing.assert_array_equal(
        store.sequence(0)[:, 0], (joints - joints[0, 1]).astype(np.float32)
    )
    calm, lively = standing(1, 13), standing(2, 13, scale=3)
    expected = np.stack((lively, calm), axis=1) - lively[0, 1]
    np.testing.assert_array_equal(store.sequence(2), expected.astype(np.float32))


def test_the_report_counts_and_gives_reasons(
    raw: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    convert(raw, tmp_path / "out.h5")
    shown = capsys.readouterr().out.replace("│", " ")
    words = [line.split() for line in shown.splitlines()]
    for row in ("found 8", "converted 3", "rejected 5", "1 2", "2 1", "xsub 1 2", "xview 2 1"):
        assert row.split() in words
    assert "a part of ntu60 (5 of 56,578 recordings): totals not compared" in shown
    assert "rejected b/mine.skeleton: name 'mine' is outside the grammar" in shown


def test_any_number_of_workers_writes_the_same_bytes(raw: Path, tmp_path: Path) -> None:
    one = convert(raw, tmp_path / "1.h5")
    two = convert(raw, tmp_path / "2.h5", "--workers=2")
    assert one.path.read_bytes() == two.path.read_bytes()


def test_the_data_set_is_the_smallest_that_holds_all_names(raw: Path, tmp_path: Path) -> None:
    write(raw, {"S018C001P041R001A061.skeleton": recording(6)})
    every = convert(raw, tmp_path / "120.h5")
    assert every.dataset == "ntu120"
    assert set(every.benchmarks) == {"xsub", "xset"}
    assert len(every.class_names) == 120
    part = convert(raw, tmp_path / "60.h5", "--dataset=ntu60")
    assert part.dataset == "ntu60"
    assert len(part.names) == 3
    assert part.provenance["counts"] == {"found": 9, "converted": 3, "rejected": 5, "outside": 1}


def test_an_existing_store_is_replaced_only_when_asked(
    raw: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.h5"
    convert(raw, out)
    (raw / "S001C001P001R001A001.skeleton").unlink()
    before = out.read_bytes()
    assert main(["ntu", str(raw), str(out)]) == 2
    assert "exists; choose another name, or replace it by --overwrite" in capsys.readouterr().err
    assert out.read_bytes() == before
    assert convert(raw, out, "--overwrite").length.tolist() == [9, 7, 13]


MISTAKES: dict[str, tuple[dict[str, bytes], list[str], str]] = {
    "no folder": ({}, ["none", "o.h5"], "RAW_DIR '{}/none' does not exist"),
    "a file": ({"f": b""}, ["f", "o.h5"], "RAW_DIR '{}/f' is a file"),
    "nothing there": ({"raw/a.txt": b""}, ["raw", "o.h5"], "holds no .skeleton file"),
    "not .h5": ({}, ["raw", "o.hdf"], "OUT '{}/o.hdf' does not end in .h5"),
    "a folder.h5": ({"o.h5/f": b""}, ["raw", "o.h5"], "OUT '{}/o.h5' is a folder"),
    "below a file": ({"f": b""}, ["raw", "f/o.h5"], "cannot be made"),
    "no workers": ({}, ["raw", "o.h5", "--workers=0"], "--workers 0"),
    "nothing good": (
        {"raw/S001C001P001R001A001.skeleton": b"x\n"},
        ["raw", "o.h5"],
        "none of the 1 recordings can be converted, the first one, S001C001P001R001A001, because",
    ),
    "all outside": (
        {"raw/S018C001P041R001A061.skeleton": recording(3)},
        ["raw", "o.h5", "--dataset=ntu60"],
        "none of the 1 recordings belongs to ntu60",
    ),
}


@pytest.mark.parametrize(("files", "args", "sentence"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_one_sentence_and_no_store(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    files: dict[str, bytes],
    args: list[str],
    sentence: str,
) -> None:
    write(tmp_path, files)
    before = sorted(tmp_path.rglob("*"))
    raw, out, *options = args
    assert main(["ntu", str(tmp_path / raw), str(tmp_path / out), *options]) == 2
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("error: ")
    assert sentence.format(tmp_path) in lines[0]
    assert sorted(tmp_path.rglob("*")) == before


def test_other_recordings_start_again_and_say_so(
    raw: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path / "out.h5.partial", {"journal.jsonl": b'{"of": "other recordings"}\n'})
    assert len(convert(raw, tmp_path / "out.h5").names) == 3
    assert "other recordings or rules, starting again" in capsys.readouterr().err


def interrupt(args: list[str], journal: Path, lines: int, how: signal.Signals) -> tuple[int, str]:
    """Run the command and send it a signal as soon as its journal has so many lines."""
    command = [sys.executable, "-m", "data_prep", *args]
    with subprocess.Popen(command, cwd=REPOSITORY, stderr=subprocess.PIPE, text=True) as process:
        while not journal.exists() or journal.read_bytes().count(b"\n") < lines:
            assert process.poll() is None, "it ended before it could be interrupted"
            time.sleep(0.001)
        process.send_signal(how)
        _, errors = process.communicate(timeout=60)
    return process.returncode, errors


def test_killed_again_and_again_it_ends_as_if_undisturbed(tmp_path: Path) -> None:
    # A blank at the end of a line takes the slow path: long enough to be killed on the way.
    slow = pair(40).replace(b"\n25\n", b"\n25 \n")
    names = [f"S001C001P{subject:03}R001A{a:03}" for subject in (1, 2) for a in range(1, 51)]
    raw = write(tmp_path / "raw", {f"{name}.skeleton": slow for name in names})
    undisturbed = convert(raw, tmp_path / "undisturbed.h5", "--workers=2").path.read_bytes()
    out = tmp_path / "out.h5"
    journal = tmp_path / "out.h5.partial" / "journal.jsonl"
    args = ["ntu", str(raw), str(out)]
    for lines, how, workers, status in (
        (10, signal.SIGKILL, 1, -signal.SIGKILL),
        (25, signal.SIGKILL, 2, -signal.SIGKILL),
        (40, signal.SIGINT, 2, 130),
    ):
        returned, errors = interrupt([*args, f"--workers={workers}"], journal, lines, how)
        assert returned == status
        assert not out.exists()
        if how is signal.SIGINT:
            assert "continuing after" in errors
            assert errors.strip().splitlines()[-1].startswith("interrupted: what is done is kept")
    assert journal.read_bytes().count(b"\n") >= 40
    convert(raw, out)
    assert out.read_bytes() == undisturbed
    assert not journal.parent.exists()


@pytest.mark.parametrize("known", ["match", "differ: 9 / 9"])
def test_a_complete_set_is_held_against_the_known_totals(
    store_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    known: str,
) -> None:
    store = Store(store_path)
    names = [SampleName.parse(str(name)) for name in store.names]
    store.provenance["counts"] = {"found": 13, "converted": 12, "rejected": 1, "outside": 0}
    totals = {("ntu60", "xsub"): (6, 6), ("ntu60", "xview"): (8, 4)}
    if known != "match":
        totals["ntu60", "xview"] = (9, 9)
    monkeypatch.setattr("data_prep.report.all_names", lambda dataset: iter(names))
    monkeypatch.setattr("data_prep.report.KNOWN_TOTALS", totals)
    files = [SkeletonFile(name, Path(), "", 0) for name in names]
    report(store, Found("ntu60", files, {}, outside=0))
    shown = capsys.readouterr().out
    assert shown.count("match") == (2 if known == "match" else 1)
    assert known in shown
    assert "a part of" not in shown


def test_it_needs_no_torch() -> None:
    code = "import sys, data_prep.ntu, data_prep.info; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, check=True)


def test_real_recordings_all_convert(real_recordings: Path, tmp_path: Path) -> None:
    store = convert(real_recordings, tmp_path / "real.h5")
    assert store.rejected() == {}
    assert len(store.names) == 12
    assert set(map(str, all_names("ntu60"))) >= set(store.names.tolist())
    for index, name in enumerate(store.names):
        file = real_recordings / f"{name}.skeleton"
        parsed = parse_skeleton(file.read_bytes(), file.name)
        by_motion = sorted(parsed.bodies, key=lambda b: -b.joints.reshape(-1, 3).var(axis=0).sum())
        poses = store.sequence(index)
        assert poses.shape == (parsed.num_frames, len(parsed.bodies), 25, 3)
        for body, stored in zip(by_motion, poses.swapaxes(0, 1), strict=True):
            assert body.frames.tolist() == list(range(parsed.num_frames))
            expected = (body.joints - by_motion[0].joints[0, 1]).astype(np.float32)
            np.testing.assert_array_equal(stored, expected)
    assert store.bodies.tolist() == [1] * 11 + [2]
    assert store.sequence(11).any(axis=(2, 3)).all()
