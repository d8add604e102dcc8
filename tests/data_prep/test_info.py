"""What info shows of a store."""

import json
from pathlib import Path

import pytest

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


def test_tables_show_the_same(store_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
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


def test_a_file_that_is_no_store(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.h5"
    path.write_text("text")
    assert main(["info", str(path)]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"error: store '{path}' is not an HDF5 file")
    assert error.count("\n") == 1
