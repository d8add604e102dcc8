"""From .skeleton files to a store, through the command line."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from action_rec.skeletons.ntu import all_names, missing_names
from action_rec.skeletons.parser import parse_skeleton
from action_rec.store.reader import Store
from data_prep.__main__ import main
from tests.data_prep.folders import mistake, written
from tests.synthetic import recording, skeleton_text, standing

REPOSITORY = Path(__file__).parents[2]
MISSING = min(missing_names())


def pair(frames: int) -> bytes:
    """A recording of two bodies, of which the second moves more."""
    calm, lively = standing(1, frames), standing(2, frames, scale=3)
    return skeleton_text([[(1, calm[t]), (2, lively[t])] for t in range(frames)])


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    """Three good recordings in two folders, and one of each kind that cannot be used."""
    return written(
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
        "missing": 56_573,
        "extra": 0,
    }
    assert store.provenance["rules"]["max_invalid_share"] == 0.69754
    reasons = store.rejected()
    assert list(reasons) == sorted(reasons)
    assert "'S001C001P001R001A002.skeleton', line 1: got '0'" in reasons["S001C001P001R001A002"]
    assert "S001C001P001R001A003.skeleton', line" in reasons["S001C001P001R001A003"]
    assert "missing or incomplete" in reasons[MISSING]
    assert "does not match" in reasons["b/mine.skeleton"]
    duplicate = reasons["b/S001C001P001R001A001.skeleton"]
    assert duplicate.endswith("'S001C001P001R001A001.skeleton' is used instead")
    assert sorted(os.listdir(tmp_path / "new folder")) == ["out.h5", "out.h5.log"]


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
    assert (
        "3 of 56,578 sequences: a part of NTU RGB+D 60; known totals are compared for complete sets"
        in shown
    )
    assert "rejected b/mine.skeleton: name 'mine' does not match" in shown


def test_the_data_set_is_the_smallest_that_holds_all_names(raw: Path, tmp_path: Path) -> None:
    written(raw, {"S018C001P041R001A061.skeleton": recording(6)})
    every = convert(raw, tmp_path / "120.h5")
    assert every.dataset == "ntu120"
    assert set(every.benchmarks) == {"xsub", "xset"}
    assert len(every.class_names) == 120
    part = convert(raw, tmp_path / "60.h5", "--dataset=ntu60")
    assert part.dataset == "ntu60"
    assert len(part.names) == 3
    counts = {"found": 9, "converted": 3, "rejected": 5, "outside": 1}
    assert counts.items() <= part.provenance["counts"].items()


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
    "no folder": ({}, ["none", "o.h5"], "'{}/none' does not exist; name the folder or the zip"),
    "a file": ({"f": b""}, ["f", "o.h5"], "'{}/f' is no folder and no zip"),
    "nothing there": ({"raw/a.txt": b""}, ["raw", "o.h5"], "holds no .skeleton file"),
    "not .h5": ({}, ["raw", "o.hdf"], "OUT '{}/o.hdf' does not end in .h5"),
    "a folder.h5": ({"o.h5/f": b""}, ["raw", "o.h5"], "{}/o.h5 is a folder"),
    "below a file": ({"f": b""}, ["raw", "f/o.h5"], "cannot be made"),
    "no config": ({}, ["raw", "o.h5", "--config=a"], "error: unrecognized arguments: --config=a"),
    "no workers": ({}, ["raw", "o.h5", "--workers=0"], "--workers 0"),
    "nothing good": (
        {"raw/S001C001P001R001A001.skeleton": b"x\n"},
        ["raw", "o.h5"],
        "none of the 1 recordings can be converted, the first one, S001C001P001R001A001, because",
    ),
    "rules and keep all": (
        {},
        ["raw", "o.h5", "--rules=first", "--keep-all"],
        "--keep-all and --rules first contradict each other; leave out one",
    ),
    "a zip beside": (
        {"raw/a.zip": b"PK"},
        ["raw", "o.h5"],
        "name the zips in it instead, such as '{}/raw/a.zip'",
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
    written(tmp_path, files)
    before = sorted(tmp_path.rglob("*"))
    raw, out, *options = args
    line = mistake(capsys, "ntu", tmp_path / raw, tmp_path / out, *options)
    assert sentence.format(tmp_path) in line
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    ("option", "name", "most"),
    [
        ("--rules=energy", "energy", 2),
        ("--rules=first", "first", 2),
        ("--keep-all", "all", 50),
        ("--keep_all", "all", 50),
    ],
)
def test_rules_are_chosen_by_name_and_recorded(
    raw: Path, tmp_path: Path, option: str, name: str, most: int
) -> None:
    crowd = skeleton_text([[(i, joints) for i, joints in enumerate(standing(4, 3))]])
    written(raw, {"S017C003P020R002A060.skeleton": crowd})
    store = convert(raw, tmp_path / "out.h5", option)
    assert store.bodies.tolist() == [1, 1, 2, min(3, most)]
    assert store.provenance["rules"] == {"name": name, "max_bodies": most}
    assert " is actor 2" in store.decisions()[3]


def test_the_view_is_recorded_and_can_be_undone(raw: Path, tmp_path: Path) -> None:
    plain = convert(raw, tmp_path / "plain.h5")
    turned = convert(raw, tmp_path / "turned.h5", "--view=normalized")
    assert (plain.provenance["view"], turned.provenance["view"]) == ("recorded", "normalized")
    assert plain.rotation is None
    for index in range(3):
        assert not np.allclose(turned.sequence(index), plain.sequence(index), atol=0.1)
        np.testing.assert_allclose(turned.recorded(index), plain.recorded(index), atol=1e-6)


def test_frames_without_anybody_are_counted(tmp_path: Path) -> None:
    frames = [[], [(7, standing(0, 1)[0])], []]
    raw = written(tmp_path / "raw", {"S001C001P001R001A001.skeleton": skeleton_text(frames)})
    store = convert(raw, tmp_path / "out.h5")
    assert (store.length.tolist(), store.recorded_frames.tolist()) == ([1], [3])
    assert store.decisions() == ["2 frames without an actor left out"]


def test_other_recordings_start_again_and_say_so(
    raw: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written(tmp_path / "out.h5.partial", {"journal.jsonl": b'{"of": "other recordings"}\n'})
    assert len(convert(raw, tmp_path / "out.h5").names) == 3
    assert "other recordings or rules, starting again" in capsys.readouterr().err


def test_it_needs_no_torch() -> None:
    modules = "data_prep.sources.ntu, data_prep.inspect.info"
    code = f"import sys, {modules}; sys.exit('torch' in sys.modules)"
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


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_what_is_no_file_is_rejected_and_the_others_are_converted(tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    raw.mkdir()
    (raw / "S001C001P001R001A001.skeleton").write_bytes(recording(20))
    (raw / "S001C001P001R001A002.skeleton").symlink_to(tmp_path / "nowhere")
    os.mkfifo(raw / "S001C001P001R001A003.skeleton")
    assert main(["ntu", str(raw), str(tmp_path / "out.h5"), "--workers", "1"]) == 0
    store = Store(tmp_path / "out.h5")
    assert store.names.tolist() == ["S001C001P001R001A001"]
    reasons = store.rejected()
    assert len(reasons) == 2
    assert all("is no file, or a link to none" in reason for reason in reasons.values())


def test_a_single_recording_is_converted(raw: Path, tmp_path: Path) -> None:
    file = next(raw.rglob("S001C001P001R001A001.skeleton"))
    assert convert(file, tmp_path / "out.h5").names.tolist() == ["S001C001P001R001A001"]


def test_recordings_of_others_are_pointed_to_the_command_for_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "dance.skeleton").write_bytes(recording(20))
    for source in (tmp_path, tmp_path / "dance.skeleton"):
        assert main(["ntu", str(source), str(tmp_path / "out.h5")]) == 2
        told = capsys.readouterr().err
        assert "that are not of NTU RGB+D with 'python -m data_prep folder'" in told
