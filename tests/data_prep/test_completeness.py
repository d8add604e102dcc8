"""Stores of NTU RGB+D held against the complete set."""

from pathlib import Path

import pytest

from action_rec.data.ntu import SampleName, all_names, missing_names
from action_rec.data.store import Store
from data_prep.completeness import completeness, held_against
from data_prep.report import report


@pytest.mark.parametrize(
    ("dataset", "expected", "first"),
    [("ntu60", 56_578, "S001C001P001R001A001"), ("ntu120", 113_945, "S001C001P001R001A001")],
)
def test_the_complete_set_lacks_nothing(dataset: str, expected: int, first: str) -> None:
    names = sorted({str(name) for name in all_names(dataset)} - missing_names())  # type: ignore[arg-type]
    against = held_against(dataset, names, {})  # type: ignore[arg-type]
    assert against.complete
    assert (against.expected, against.stored, names[0]) == (expected, expected, first)


def test_missing_rejected_and_extra_are_told_apart() -> None:
    names = {str(name) for name in all_names("ntu60")} - missing_names()
    lost, bad = "S001C001P001R001A001", "S017C003P020R002A060"
    stranger, listed = "S001C001P040R001A001", min(missing_names())
    against = held_against("ntu60", (names - {lost, bad}) | {stranger}, {bad: "x", listed: "y"})
    assert against.missing == [lost]
    assert against.rejected == [bad]
    assert against.extra == [stranger]
    assert against.stored == 56_576
    assert not against.complete


def shown(store: Store, capsys: pytest.CaptureFixture[str]) -> str:
    report(store)
    return " ".join(capsys.readouterr().out.replace("│", " ").split())


@pytest.fixture
def whole(store_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A store in a world where NTU60 is just what it holds."""
    store = Store(store_path)
    store.provenance["counts"] = {"found": 13, "converted": 12, "rejected": 1, "outside": 0}
    names = frozenset(store.names.tolist())
    totals = {("ntu60", "xsub"): (6, 6), ("ntu60", "xview"): (8, 4)}
    monkeypatch.setattr("data_prep.completeness.expected_names", lambda dataset: names)
    monkeypatch.setattr("data_prep.completeness.KNOWN_TOTALS", totals)
    return store


def test_a_complete_set_matches_the_known_totals(
    whole: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    text = shown(whole, capsys)
    assert "xsub 6 6 match" in text
    assert "xview 8 4 match" in text
    assert "a part of" not in text


def test_other_totals_are_shown(
    whole: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    totals = {("ntu60", "xsub"): (6, 6), ("ntu60", "xview"): (9, 9)}
    monkeypatch.setattr("data_prep.completeness.KNOWN_TOTALS", totals)
    text = shown(whole, capsys)
    assert "xsub 6 6 match" in text
    assert "xview 8 4 differ: 9 / 9" in text


def test_a_nearly_complete_set_says_what_is_missing_and_what_is_extra(
    whole: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lost = SampleName(1, 1, 1, 2, 1)
    names = frozenset([str(lost), *whole.names[1:].tolist()])
    totals = {("ntu60", "xsub"): (7, 6), ("ntu60", "xview"): (8, 4)}
    monkeypatch.setattr("data_prep.completeness.expected_names", lambda dataset: names)
    monkeypatch.setattr("data_prep.completeness.KNOWN_TOTALS", totals)
    text = shown(whole, capsys)
    assert "xsub 6 6 differ: 7 / 6" in text
    assert "a part of ntu60: 11 of its 12 recordings" in text
    assert f"missing: 1 recordings ({lost})" in text
    assert f"extra: 1 recordings ({whole.names[0]})" in text


def test_other_data_sets_are_not_held_against_ntu(store_path: Path) -> None:
    store = Store(store_path)
    store.dataset = "mine"
    assert completeness(store) is None
