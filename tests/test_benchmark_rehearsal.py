"""The names, counts and comparisons of ``python -m benchmarks.rehearsal``."""

from pathlib import Path
from zipfile import ZipFile

import pytest

from action_rec.skeletons.ntu import KNOWN_TOTALS, SampleName
from action_rec.skeletons.parser import parse_skeleton
from benchmarks.rehearsal import growth, whole_run
from benchmarks.rehearsal_data import chosen_names, expected_counts, make_zips


def test_the_whole_set_has_the_benchmark_counts_of_ntu60() -> None:
    names = chosen_names(1.0)
    assert len(names) == 56_880
    totals = {name: count for (dataset, name), count in KNOWN_TOTALS.items() if dataset == "ntu60"}
    assert expected_counts(names) == totals


def test_a_share_is_a_sorted_subset_with_every_action() -> None:
    small, large = chosen_names(0.01), chosen_names(0.1)
    assert len(small) == 569
    assert small == sorted(small)
    assert set(small) < set(large)
    assert {name.action for name in small} == set(range(1, 61))


def test_the_cameras_of_a_performance_have_one_length_and_zips_are_kept(tmp_path: Path) -> None:
    names = [SampleName(setup, camera, 8, 1, 9) for setup in (1, 2) for camera in (1, 2)]
    size = make_zips(tmp_path, names, workers=1)
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["S001.zip", "S002.zip"]
    with ZipFile(tmp_path / "S001.zip") as archive:
        assert [Path(name).stem for name in archive.namelist()] == [str(name) for name in names[:2]]
        texts = [archive.read(name) for name in archive.namelist()]
    first, second = (parse_skeleton(text, "a recording").num_frames for text in texts)
    assert first == second
    before = (tmp_path / "S001.zip").stat().st_mtime_ns
    assert make_zips(tmp_path, names, workers=1) == size > sum(map(len, texts))
    assert (tmp_path / "S001.zip").stat().st_mtime_ns == before


def test_growth_and_the_whole_run_follow_from_the_parts() -> None:
    small = {"parts": {"fit": {"cpu_seconds": 2.0, "memory_mb": 100.0}}}
    fit = {"steps": 10, "loader_s": 1.0, "steps_s": 9.0, "validations": 2, "validation_s": 4.0}
    large = {
        "parts": {"fit": {"cpu_seconds": 5.0, "memory_mb": 110.0}},
        "share": 0.5,
        "fit": {**fit, "checkpoints": 4, "checkpoints_s": 2.0},
    }
    assert growth(small, large) == {"fit": {"cpu": 2.5, "memory": pytest.approx(1.1)}}
    hours = whole_run(large)
    assert hours["steps"] == pytest.approx(333_000 / 3600)
    assert hours["validation"] == pytest.approx(333_000 / 280 * 4 / 3600)
    assert hours["checkpoints"] == pytest.approx((2 * 333_000 / 280 + 333_000 / 298) / 2 / 3600)
