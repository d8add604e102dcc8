"""Files are written atomically, whatever is in them."""

import csv
import json
from pathlib import Path

import pytest
from matplotlib.figure import Figure

from action_rec.console.writing import write_csv, write_figure, write_json


def test_a_csv_file_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "new" / "x.csv"
    write_csv(path, ("a", "b"), [(1, "with, comma"), (2, "two\nlines")])
    with path.open(newline="", encoding="utf-8") as file:
        assert list(csv.reader(file)) == [["a", "b"], ["1", "with, comma"], ["2", "two\nlines"]]


@pytest.mark.parametrize("failing", ["content", "disk"])
def test_what_was_there_stays_if_writing_fails(failing: str, tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    write_json(path, {"a": 1})
    if failing == "content":
        with pytest.raises(TypeError):
            write_json(path, {"a": object()})
    else:
        (tmp_path / "x.json.partial").symlink_to("/dev/full")
        with pytest.raises(OSError, match="No space left on device"):
            write_json(path, {"a": 2})
    assert json.loads(path.read_text()) == {"a": 1}
    assert [one.name for one in tmp_path.iterdir()] == ["x.json"]


@pytest.mark.parametrize(
    ("suffix", "start"), [(".png", b"\x89PNG"), (".pdf", b"%PDF"), (".svg", b"<?xml")]
)
def test_a_figure_has_the_format_of_its_suffix(suffix: str, start: bytes, tmp_path: Path) -> None:
    path = tmp_path / f"x{suffix}"
    write_figure(path, Figure())
    assert path.read_bytes().startswith(start)
