"""Conversions that are killed: what is done is kept, and in the end nothing tells of it."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from data_prep.__main__ import main
from data_prep.convert.journal import Journal
from tests.synthetic import skeleton_text, standing

REPOSITORY = Path(__file__).parents[2]


def recordings(folder: Path, subjects: int, frames: int = 40) -> Path:
    """A folder of 50 recordings of two bodies for each subject."""
    calm, lively = standing(1, frames), standing(2, frames, scale=3)
    text = skeleton_text([[(1, calm[t]), (2, lively[t])] for t in range(frames)])
    # A blank at the end of a line takes the slow path: long enough to be killed on the way.
    slow = text.replace(b"\n25\n", b"\n25 \n")
    folder.mkdir()
    for subject in range(1, subjects + 1):
        for action in range(1, 51):
            (folder / f"S001C001P{subject:03}R001A{action:03}.skeleton").write_bytes(slow)
    return folder


def convert(raw: Path, out: Path, *options: str) -> bytes:
    """Run the command and read the store."""
    assert main(["ntu", str(raw), str(out), *options]) == 0
    return out.read_bytes()


def words(out: Path) -> list[str]:
    """The log of a store without times and process numbers."""
    lines = out.with_name(f"{out.name}.log").read_text(encoding="utf-8").splitlines()
    return [line.split(" ", 4)[4] for line in lines]


def interrupt(args: list[str], journal: Path, lines: int, how: signal.Signals) -> tuple[int, str]:
    """Run the command and send it a signal as soon as its journal has so many lines."""
    command = [sys.executable, "-m", "data_prep", *args]
    # Whoever runs the tests in the background of a shell ignores SIGINT, and so would the command.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with subprocess.Popen(command, cwd=REPOSITORY, stderr=subprocess.PIPE, text=True) as process:
        while not journal.exists() or journal.read_bytes().count(b"\n") < lines:
            assert process.poll() is None, "it ended before it could be interrupted"
            time.sleep(0.001)
        process.send_signal(how)
        _, errors = process.communicate(timeout=60)
    return process.returncode, errors


def test_killed_again_and_again_it_ends_as_if_undisturbed(tmp_path: Path) -> None:
    raw = recordings(tmp_path / "raw", subjects=2)
    undisturbed = convert(raw, tmp_path / "undisturbed.h5", "--workers=2")
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
            last = errors.strip().splitlines()[-1]
            assert last.startswith("interrupted: run the same command again")
    assert journal.read_bytes().count(b"\n") >= 40
    assert convert(raw, out) == undisturbed
    assert not journal.parent.exists()
    log = words(out)
    assert [line.split()[0] for line in log] == [
        *("starts", "finds", "continues", "finds", "continues", "stopped", "continues", "finished")
    ]
    assert log[0].startswith("starts with 0 of 100 recordings: ")
    first, second = (int(log[index].split("which had done ")[1].split()[0]) for index in (1, 3))
    assert 10 <= first + 1 < second  # the journal's first line is no recording
    assert log[2].startswith(f"continues after {first} of 100 recordings: ")
    assert "KeyboardInterrupt" in log[5]
    assert log[-1].endswith("out.h5 is complete")


def test_killed_after_the_store_was_in_place_nothing_is_done_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    raw, out = recordings(tmp_path / "raw", subjects=1, frames=12), tmp_path / "out.h5"
    with monkeypatch.context() as patched:
        patched.setattr(Journal, "remove", Journal.close)
        content = convert(raw, out, "--workers=1")
    partial = tmp_path / "out.h5.partial"
    assert (partial / "journal.jsonl").exists()
    written = out.stat().st_mtime_ns
    assert convert(raw, out) == content
    assert out.stat().st_mtime_ns == written
    assert not partial.exists()
    assert "50 sequences of ntu60" in capsys.readouterr().out
    assert main(["ntu", str(raw), str(out)]) == 2


def test_what_another_conversion_left_over_is_removed_and_its_store_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    raw, out = recordings(tmp_path / "raw", subjects=1, frames=12), tmp_path / "out.h5"
    with monkeypatch.context() as patched:
        patched.setattr(Journal, "remove", Journal.close)
        content = convert(raw, out, "--workers=1")
    assert main(["ntu", str(raw), str(out), "--rules=first"]) == 2
    assert "exists; choose another name" in capsys.readouterr().err
    assert out.read_bytes() == content
    assert not (tmp_path / "out.h5.partial").exists()
