"""Tests of the comparison of stores with the complete NTU RGB+D."""

import json
from pathlib import Path

import pytest

from action_rec.skeletons.ntu import SampleName, all_names, missing_names
from action_rec.store.reader import Store
from data_prep.__main__ import main
from data_prep.convert.report import report
from data_prep.inspect.checks import checks
from data_prep.inspect.completeness import compare_names, completeness
from data_prep.inspect.statistics import compute_statistics


@pytest.mark.parametrize(
    ("dataset", "expected", "first"),
    [("ntu60", 56_578, "S001C001P001R001A001"), ("ntu120", 113_945, "S001C001P001R001A001")],
)
def test_the_complete_set_has_no_missing_recordings(
    dataset: str, expected: int, first: str
) -> None:
    names = sorted({str(name) for name in all_names(dataset)} - missing_names())  # type: ignore[arg-type]
    comparison = compare_names(dataset, names, {})  # type: ignore[arg-type]
    assert comparison.complete
    assert (comparison.expected, comparison.stored, names[0]) == (expected, expected, first)


def test_missing_rejected_and_extra_recordings() -> None:
    names = {str(name) for name in all_names("ntu60")} - missing_names()
    lost, bad = "S001C001P001R001A001", "S017C003P020R002A060"
    extra, listed = "S001C001P040R001A001", min(missing_names())
    comparison = compare_names("ntu60", (names - {lost, bad}) | {extra}, {bad: "x", listed: "y"})
    assert comparison.missing == [lost]
    assert comparison.rejected == [bad]
    assert comparison.extra == [extra]
    assert comparison.stored == 56_576
    assert comparison.covers_all
    assert not comparison.complete


def shown(store: Store, capsys: pytest.CaptureFixture[str]) -> str:
    report(store)
    return " ".join(capsys.readouterr().out.replace("│", " ").split())


@pytest.fixture
def whole(store_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """Return a store and patch NTU60 to consist of its recordings."""
    store = Store(store_path)
    store.provenance["counts"] = {"found": 13, "converted": 12, "rejected": 1, "outside": 0}
    names = frozenset(store.names.tolist())
    totals = {("ntu60", "xsub"): (6, 6), ("ntu60", "xview"): (8, 4)}
    monkeypatch.setattr("data_prep.inspect.completeness.expected_names", lambda dataset: names)
    monkeypatch.setattr("data_prep.inspect.completeness.KNOWN_TOTALS", totals)
    return store


def test_a_complete_set_matches_the_known_totals(
    whole: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    text = shown(whole, capsys)
    assert "xsub 6 6 match" in text
    assert "xview 8 4 match" in text
    assert "a part of" not in text
    assert checked(whole) == {
        "ntu60 is complete": (True, ""),
        "benchmarks have the published counts": (True, ""),
    }


def test_other_totals_are_shown(
    whole: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    totals = {("ntu60", "xsub"): (6, 6), ("ntu60", "xview"): (9, 9)}
    monkeypatch.setattr("data_prep.inspect.completeness.KNOWN_TOTALS", totals)
    text = shown(whole, capsys)
    assert "xsub 6 6 match" in text
    assert "xview 8 4 differ: 9 / 9" in text
    assert checked(whole)["benchmarks have the published counts"] == (
        False,
        "xview 8 / 4, not 9 / 9",
    )


def checked(store: Store) -> dict[str, tuple[bool, str]]:
    """Return the results of the completeness checks; none for a part."""
    wanted = ("ntu60 is complete", "benchmarks have the published counts")
    found = checks(store, compute_statistics(store), shortest=1)
    return {check.check: (check.passed, check.found) for check in found if check.check in wanted}


def test_missing_and_extra_recordings_of_a_covering_set_fail(
    whole: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # A missing recording whose setup, camera, subject, replication and action occur in others.
    lost = SampleName(1, 1, 1, 1, 1)
    assert str(lost) not in whole.names
    names = frozenset([str(lost), *whole.names[1:].tolist()])
    totals = {("ntu60", "xsub"): (7, 6), ("ntu60", "xview"): (8, 4)}
    monkeypatch.setattr("data_prep.inspect.completeness.expected_names", lambda dataset: names)
    monkeypatch.setattr("data_prep.inspect.completeness.KNOWN_TOTALS", totals)
    text = shown(whole, capsys)
    assert "xsub 6 6 differ: 7 / 6" in text
    assert "11 of the 12 recordings of ntu60" in text
    assert f"missing: 1 recordings ({lost})" in text
    assert f"extra: 1 recordings ({whole.names[0]})" in text
    assert checked(whole) == {
        "ntu60 is complete": (False, "1 missing, 0 rejected, 1 extra of 12"),
        "benchmarks have the published counts": (False, "xsub 6 / 6, not 7 / 6"),
    }


def test_a_set_with_more_recordings_than_expected_is_checked(
    whole: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = frozenset([str(SampleName(2, 1, 1, 2, 1)), *whole.names[2:].tolist()])
    monkeypatch.setattr("data_prep.inspect.completeness.expected_names", lambda dataset: names)
    found = checked(whole)
    assert found["ntu60 is complete"] == (False, "1 missing, 0 rejected, 2 extra of 11")


@pytest.mark.parametrize(
    "lost",
    [
        SampleName(2, 1, 1, 1, 1),
        SampleName(1, 1, 4, 1, 1),
        SampleName(1, 1, 1, 2, 1),
        SampleName(1, 1, 1, 1, 5),
    ],
    ids=["setup", "subject", "replication", "action"],
)
def test_a_part_does_not_fail(
    lost: SampleName,
    whole: Store,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    names = frozenset([str(lost), *whole.names[1:].tolist()])
    monkeypatch.setattr("data_prep.inspect.completeness.expected_names", lambda dataset: names)
    text = shown(whole, capsys)
    assert (
        "11 of 12 sequences: a part of NTU RGB+D 60, with 1 of other names; known totals are "
        "compared for complete sets only"
    ) in text
    assert "differ" not in text
    assert checked(whole) == {}


def test_info_describes_a_part_in_one_line(
    store_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    part = (
        "12 of 56,578 sequences: a part of NTU RGB+D 60; known totals are compared for complete "
        "sets only"
    )
    assert main(["info", str(store_path)]) == 0
    text = capsys.readouterr().out
    assert part in text.splitlines()
    assert "ntu60 is complete" not in text
    assert main(["info", str(store_path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["part"] == part


def test_other_data_sets_are_not_compared_with_ntu(store_path: Path) -> None:
    store = Store(store_path)
    store.dataset = "mine"
    assert completeness(store) is None
