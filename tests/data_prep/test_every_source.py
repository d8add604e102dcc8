"""What every source has in common: workers, interruption, and the names of the journal."""

import pickle
from collections.abc import Callable
from pathlib import Path

import pytest

from action_rec.store.reader import Store
from data_prep.__main__ import main
from data_prep.convert.journal import Journal
from tests.data_prep.folders import COCO, LABELS, good, written
from tests.data_prep.test_nw_ucla import GOOD
from tests.data_prep.test_pickles import good as good_pickle
from tests.synthetic import recording


def ntu(folder: Path) -> list[str]:
    """Three recordings of NTU RGB+D, the last one truncated."""
    names = [f"S001C001P001R001A00{action}.skeleton" for action in (1, 2, 3)]
    texts = (recording(5), recording(6), recording(5)[:-300])
    return ["ntu", str(written(folder / "raw", dict(zip(names, texts, strict=True))))]


def nw_ucla(folder: Path) -> list[str]:
    return ["nw_ucla", str(written(folder / "raw", GOOD | {"a01_s01_e01_v01.json": b"[]"}))]


def arrays(folder: Path) -> list[str]:
    """Three files, of which the first does not exist."""
    files = good(LABELS.replace("a.npy", "a_gone.npy"))
    return ["folder", str(written(folder / "raw", files)), *COCO]


def pickled(folder: Path) -> list[str]:
    (folder / "mine.pkl").write_bytes(pickle.dumps(good_pickle(), protocol=2))
    return ["pickle", str(folder / "mine.pkl"), *COCO]


SOURCES = [ntu, nw_ucla, arrays, pickled]


def command(words: list[str], out: Path, workers: int = 1) -> list[str]:
    return [*words[:2], str(out), *words[2:], f"--workers={workers}"]


@pytest.mark.parametrize("source", SOURCES)
def test_two_workers_write_the_bytes_of_one(
    source: Callable[[Path], list[str]], tmp_path: Path
) -> None:
    words = source(tmp_path)
    outs = [tmp_path / f"{workers}.h5" for workers in (1, 2)]
    for workers, out in enumerate(outs, 1):
        assert main(command(words, out, workers)) == 0
    assert outs[0].read_bytes() == outs[1].read_bytes()
    assert len(Store(outs[0]).names) >= 2


@pytest.mark.parametrize("source", SOURCES)
def test_an_interrupted_conversion_continues_to_the_same_bytes(
    source: Callable[[Path], list[str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = source(tmp_path)
    undisturbed, out = tmp_path / "undisturbed.h5", tmp_path / "out.h5"
    assert main(command(words, undisturbed)) == 0
    append, appended = Journal.append, list[object]()

    def interrupted(journal: Journal, row: dict[str, object], data: bytes) -> None:
        appended.append(row["name"])
        if len(appended) == 2:
            raise KeyboardInterrupt
        append(journal, row, data)

    monkeypatch.setattr(Journal, "append", interrupted)
    capsys.readouterr()
    assert main(command(words, out)) == 130
    assert "every conversion continues" in capsys.readouterr().err
    assert not out.exists()
    journal = tmp_path / "out.h5.partial" / "journal.jsonl"
    assert len(journal.read_text().splitlines()) == 2  # the header and one recording
    assert main(command(words, out)) == 0
    assert "continuing after 1 of" in capsys.readouterr().err
    assert appended.count(appended[0]) == 1  # it is not done again
    assert out.read_bytes() == undisturbed.read_bytes()
    assert not journal.parent.exists()
    assert "continues after 1 of" in (tmp_path / "out.h5.log").read_text()
