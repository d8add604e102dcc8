"""The journal of a conversion: what it keeps, whatever was left of it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from action_rec.errors import InputError
from data_prep.convert.journal import Journal

HEADER = {"dataset": "ntu60", "recordings": "abc"}
ITEMS: list[tuple[dict[str, object], bytes]] = [
    ({"name": "a", "origin": [0.1, 1e-17, 3.0]}, b"12345678"),
    ({"name": "b"}, b""),
]


def content(journal: Journal) -> list[tuple[object, bytes]]:
    """The rows, and all bytes after them."""
    return [*((row, b"") for row in journal.rows()), (None, b"".join(journal.data(multiple=4)))]


def start(folder: Path) -> None:
    """A journal of two items, closed."""
    with Journal(folder, HEADER) as journal:
        for item in ITEMS:
            journal.append(*item)


def test_items_are_kept_and_continued(tmp_path: Path) -> None:
    start(tmp_path)
    with Journal(tmp_path, HEADER) as journal:
        assert (journal.done, journal.restarted) == (2, False)
        journal.append({"name": "c"}, b"abcd")
        assert [row["name"] for row in journal.rows()] == ["a", "b", "c"]
        assert next(journal.rows()) == ITEMS[0][0]
        assert b"".join(journal.data(multiple=4)) == b"12345678abcd"


def test_another_header_starts_again(tmp_path: Path) -> None:
    start(tmp_path)
    with Journal(tmp_path, HEADER | {"recordings": "other"}) as journal:
        assert (journal.done, journal.restarted) == (0, True)
        assert content(journal) == [(None, b"")]


def _cut(file: str, number: int) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        path = folder / file
        path.write_bytes(path.read_bytes()[:-number])

    return damage


def _append(file: str, data: bytes) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        with (folder / file).open("ab") as opened:
            opened.write(data)

    return damage


def _flip(folder: Path) -> None:
    (folder / "data.bin").write_bytes(b"1234567x")


DAMAGE: dict[str, tuple[Callable[[Path], None], int]] = {
    "a torn line": (_cut("journal.jsonl", 5), 1),
    "a line without its newline": (_cut("journal.jsonl", 1), 1),
    "zeros after a power cut": (_append("journal.jsonl", b"\0" * 99), 2),
    "a line that is no item": (_append("journal.jsonl", b"5\n"), 2),
    "bytes without a line": (_append("data.bin", b"9999"), 2),
    "a line without all its bytes": (_cut("data.bin", 1), 0),
    "other bytes": (_flip, 0),
}


@pytest.mark.parametrize(("damage", "done"), DAMAGE.values(), ids=DAMAGE)
def test_what_is_damaged_is_done_again(
    tmp_path: Path, damage: Callable[[Path], None], done: int
) -> None:
    start(tmp_path)
    damage(tmp_path)
    with Journal(tmp_path, HEADER) as journal:
        assert (journal.done, journal.restarted) == (done, False)
        for item in ITEMS[done:]:
            journal.append(*item)
        assert content(journal) == [*((row, b"") for row, _ in ITEMS), (None, b"12345678")]


def test_a_torn_header_starts_again(tmp_path: Path) -> None:
    start(tmp_path)
    journal_file = tmp_path / "journal.jsonl"
    journal_file.write_bytes(journal_file.read_bytes()[:10])
    with Journal(tmp_path, HEADER) as journal:
        assert (journal.done, journal.restarted) == (0, True)


def test_two_runs_do_not_mix(tmp_path: Path) -> None:
    with Journal(tmp_path, HEADER), pytest.raises(InputError, match="written by another run"):
        Journal(tmp_path, HEADER)


def test_remove_leaves_nothing(tmp_path: Path) -> None:
    with Journal(tmp_path / "partial", HEADER) as journal:
        journal.remove()
    assert list(tmp_path.iterdir()) == []
