"""Test writing and reading of scores files, and invalid files."""

import os
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from action_rec.errors import InputError
from action_rec.evaluation.scores import Scores
from tests.evaluation.given_scores import scores

LOGITS = [[1.0, 2.0, -1.0], [0.5, 0.25, 4.0]]


def test_scores_are_read_back_sorted_by_name(tmp_path: Path) -> None:
    scores(LOGITS, [1, 2], ["b", "a"]).write(tmp_path / "s.npz")
    read = Scores.read(tmp_path / "s.npz")
    assert read.names.tolist() == ["a", "b"]
    assert read.labels.tolist() == [2, 1]
    assert read.class_names == ("drink", "eat", "hug")
    assert read.logits.tolist() == read.first_clip.tolist() == LOGITS[::-1]
    assert read.metadata["clips"] == 20
    assert [path.name for path in tmp_path.iterdir()] == ["s.npz"]


def test_the_bytes_depend_only_on_the_scores(tmp_path: Path) -> None:
    scores(LOGITS, [1, 2], ["b", "a"], seed=1, step=2).write(tmp_path / "one.npz")
    scores(LOGITS[::-1], [2, 1], ["a", "b"], step=2, seed=1).write(tmp_path / "other.npz")
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "other.npz").read_bytes()
    with zipfile.ZipFile(tmp_path / "one.npz") as file:
        assert {entry.date_time for entry in file.infolist()} == {(1980, 1, 1, 0, 0, 0)}


@pytest.mark.parametrize(
    ("labels", "names", "message"),
    [
        ([0], ["a", "b"], "do not match"),
        ([0, 1], ["a", "a"], "names are repeated"),
        ([0, 3], ["a", "b"], "from 0 to 2"),
        ([0, -1], ["a", "b"], "from 0 to 2"),
    ],
    ids=["too few labels", "a name twice", "label too large", "label below 0"],
)
def test_arrays_that_do_not_match_raise(labels: list[int], names: list[str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        scores(LOGITS, labels, names)


class Payload:
    """Object whose unpickling creates a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> tuple[Callable[[str], None], tuple[str]]:
        return os.mkdir, (str(self.folder),)


def changed(path: Path, **arrays: Any) -> None:  # noqa: ANN401
    with np.load(path) as file:
        content = {**file, **arrays}
    np.savez(path, **content)


def replaced_by_array(path: Path) -> None:
    with path.open("wb") as file:
        np.save(file, np.zeros(3))


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.unlink(),
        lambda path: path.write_bytes(b""),
        lambda path: path.write_text("names,logits"),
        lambda path: path.write_bytes(path.read_bytes()[:-200]),
        lambda path: path.write_bytes(
            path.read_bytes().replace(b"\x00\x00\x80?", b"\x00\x00\x90?")
        ),
        lambda path: np.savez(path, names=np.array(["a"])),
        lambda path: replaced_by_array(path),
        lambda path: changed(path, about=np.array("{}")),
        lambda path: changed(path, about=np.array("no json")),
        lambda path: changed(path, about=np.array('"dataset"')),
        lambda path: changed(path, logits=np.full((2, 3), np.nan, np.float32)),
        lambda path: changed(path, logits=np.zeros((2, 4), np.float32)),
        lambda path: changed(path, labels=np.array(["x", "y"])),
        lambda path: changed(path, names=np.array(3)),
    ],
    ids=[
        *("missing", "empty", "text", "truncated", "a byte changed", "too few arrays", "an .npy"),
        *(
            "about nothing",
            "no JSON",
            "a list",
            "NaN",
            "other shape",
            "labels are text",
            "no names",
        ),
    ],
)
def test_an_invalid_file_raises(damage: Callable[[Path], Any], tmp_path: Path) -> None:
    path = tmp_path / "s.npz"
    scores(LOGITS, [1, 2]).write(path)
    damage(path)
    with pytest.raises(InputError, match="cannot be read as a scores file") as caught:
        Scores.read(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("inside", [True, False], ids=["in an array", "instead of a zip"])
def test_a_pickle_is_never_loaded(inside: bool, tmp_path: Path) -> None:
    path, trace = tmp_path / "s.npz", tmp_path / "trace"
    scores(LOGITS, [1, 2]).write(path)
    if inside:
        changed(path, about=np.array([Payload(trace)], dtype=object))
    else:
        path.write_bytes(pickle.dumps(Payload(trace)))
    with pytest.raises(InputError, match="cannot be read as a scores file"):
        Scores.read(path)
    assert not trace.exists()
