"""Tests of the command ``info``: tables, JSON, CSV log, figure and errors."""

import csv
import json
from collections import Counter
from pathlib import Path

import pytest

from action_rec.store.reader import Store
from data_prep.__main__ import main


def test_json_holds_the_counts(store_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["info", str(store_path), "--json"]) == 0
    content = json.loads(capsys.readouterr().out)
    assert content["dataset"] == "ntu60"
    assert content["sequences"] == 12
    # Lengths are 5, 10, ..., 60.
    assert content["frames"] == {"total": 390, "shortest": 5, "median": 32.5, "longest": 60}
    assert content["bodies"] == {"1": 8, "2": 4}
    assert content["benchmarks"]["xsub"] == {"train": 6, "test": 6}
    assert content["benchmarks"]["xview"] == {"train": 8, "test": 4}
    assert content["classes"][2] == {"class": "hug", "sequences": 4}
    assert content["provenance"]["written_by"] == "tests"
    assert content["rejected"] == {"S001C001P001R001A004": "made up"}


def test_tables_show_the_counts(store_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["info", str(store_path)]) == 0
    shown = capsys.readouterr().out
    rows = [" ".join(line.replace("│", " ").split()) for line in shown.splitlines()]
    for row in (
        "dataset ntu60",
        "sequences 12",
        "frames 390: 5 to 60 a sequence, median 32.5",
        "sequences of 2 bodies 4",
        "xsub 6 6",
        "xview 8 4",
        "2 hug 4",
        "rejected S001C001P001R001A004: made up",
    ):
        assert row in rows


def test_failed_checks_are_red(
    store_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert main(["info", str(store_path), "--shortest=20"]) == 0
    lines = capsys.readouterr().out.splitlines()
    short = next(line for line in lines if "sequences have 20 frames or more" in line)
    assert "\x1b[1;31mfailed" in short
    finite = next(line for line in lines if "all numbers are finite" in line)
    assert "\x1b[32mpassed" in finite


def test_json_holds_the_check_results(store_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["info", str(store_path), "--json", "--shortest=20"]) == 0
    content = json.loads(capsys.readouterr().out)
    (short,) = [check for check in content["checks"] if "20 frames" in check["check"]]
    assert not short["passed"]
    assert short["found"].startswith("3 of 12 sequences: ")  # of 5, 10 and 15 frames
    assert content["shares"]["sequences with two or more bodies"] == 0.333333
    assert {"name", "score", "reasons"} == content["suspects"][0].keys()


def test_json_lists_are_complete_and_tables_are_truncated(
    store_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # Bone lengths vary in every sequence of this store; all but the last sequence are too short.
    assert main(["info", str(store_path), "--json", "--shortest=60"]) == 0
    content = json.loads(capsys.readouterr().out)
    (short,) = [check for check in content["checks"] if "60 frames" in check["check"]]
    names = Store(store_path).names.tolist()
    assert short["names"] == names[:11]
    assert sorted(suspect["name"] for suspect in content["suspects"]) == names
    assert all(check["names"] == [] for check in content["checks"] if check["passed"])
    assert main(["info", str(store_path), "--shortest=60"]) == 0
    shown = capsys.readouterr().out
    assert "limit; 2 more with --json" in shown
    for suspect in content["suspects"][:10]:
        assert f"{suspect['name']} │" in shown
    assert f"{content['suspects'][10]['name']} │" not in shown


def test_the_log_lists_every_recording(
    store_path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "log.csv"
    assert main(["info", str(store_path), f"--log={log}"]) == 0
    with log.open(encoding="utf-8", newline="") as file:
        rows = {row["recording"]: row for row in csv.DictReader(file)}
    states = Counter(row["state"] for row in rows.values())
    assert states == {"stored": 12, "rejected": 1, "missing": 56_578 - 12 - 1}
    assert rows["S001C001P001R001A004"]["decision"] == "made up"
    hug = next(
        row for name, row in rows.items() if row["state"] == "stored" and name.endswith("A003")
    )
    assert (hug["bodies"], hug["decision"]) == ("2", "kept both")
    assert hug["frames"] == hug["recorded_frames"]
    assert list(rows) == sorted(rows)


def test_the_picture_is_a_png(
    store_path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = tmp_path / "glance.png"
    assert main(["info", str(store_path), f"--picture={picture}"]) == 0
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert picture.stat().st_size > 20_000


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("--picture={}/a.jpg", "a.jpg' does not end in .png"),
        ("--picture={}/none/a.png", "cannot be written (No such file or directory)"),
        ("--log={}/none/a.csv", "cannot be written (No such file or directory)"),
    ],
)
def test_an_output_file_that_cannot_be_written_is_an_error(
    store_path: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    option: str,
    message: str,
) -> None:
    assert main(["info", str(store_path), option.format(tmp_path)]) == 2
    assert message in capsys.readouterr().err


def test_a_file_that_is_not_a_store_is_an_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.h5"
    path.write_text("text")
    assert main(["info", str(path)]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"error: store '{path}' is not an HDF5 file")
    assert error.count("\n") == 1
