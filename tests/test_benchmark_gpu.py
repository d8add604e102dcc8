"""The order, the time and the results of ``python -m benchmarks.gpu``."""

import time
from pathlib import Path

from benchmarks.gpu import Budget, Results, run


def budget(seconds: float, out: Path) -> Budget:
    return Budget(time.monotonic() + seconds, dry=True, out=out, data=None)


def test_a_part_that_fails_keeps_the_others_and_what_was_measured_so_far(tmp_path: Path) -> None:
    kept: list[Results] = []

    def broken(_: Budget) -> Results:
        raise RuntimeError("no memory")

    parts = {"first": lambda _: {"value": 1}, "second": broken, "third": lambda _: {"value": 3}}
    run(budget(60, tmp_path), parts, lambda results: kept.append(dict(results)))
    assert [list(results) for results in kept] == [
        ["first"],
        ["first", "second"],
        ["first", "second", "third"],
    ]
    assert kept[-1]["second"]["failed"] == "RuntimeError: no memory"
    assert (kept[-1]["first"]["value"], kept[-1]["third"]["value"]) == (1, 3)


def test_without_time_a_part_is_not_run(tmp_path: Path) -> None:
    def never(_: Budget) -> Results:
        raise AssertionError

    results = run(budget(-1, tmp_path), {"first": never}, lambda _: None)
    assert results == {"first": {"skipped": "no time was left"}}
