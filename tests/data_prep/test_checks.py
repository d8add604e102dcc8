"""Tests of statistics, checks and suspicious sequences on a still body with one fault at a time."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from action_rec.skeletons.coordinate_preparation import CoordinatePreparation
from action_rec.skeletons.joint_sets import KINECT_V2
from action_rec.store.reader import Store
from action_rec.store.writer import SequenceTable, StoreFacts, write_store
from data_prep.inspect.checks import check_results, checks, percent, suspicious_sequences
from data_prep.inspect.statistics import compute_statistics
from data_prep.synthesis.body import CONTROLS, Proportions, pose

Array = NDArray[np.float64]

FRAMES = 12
STILL = pose(np.zeros((FRAMES, len(CONTROLS), 3)), Proportions())
STILL += (0, -1, 3)  # in camera space
DIAGONAL = np.linalg.norm(np.ptp(STILL[0], axis=0))
FACTS = StoreFacts("mine", KINECT_V2, ("wave", "nod"), {"counts": {}})
TURN = np.array([[0.0, 0, 1], [1, 0, 0], [0, 1, 0]])


def make_store(path: Path, *recordings: Array, turned: bool = False) -> Store:
    """Write a store of recordings (T, M, 25, 3) with distinct origins; absent bodies are zero."""
    origins = [np.array([0.1 * (1 + index), 0.2, 3]) for index in range(len(recordings))]
    poses = []
    for recording, origin in zip(recordings, origins, strict=True):
        stored = recording - origin
        if turned:
            stored = stored @ TURN.T
        stored[~recording.any(axis=(2, 3))] = 0
        poses.append(stored.reshape(-1, 25, 3).astype(np.float32))
    rows = len(recordings)
    table = SequenceTable(
        names=[f"r{index}" for index in range(rows)],
        length=[len(recording) for recording in recordings],
        bodies=[recording.shape[1] for recording in recordings],
        label=[index % 2 for index in range(rows)],
        origin=origins,
        decision=[""] * rows,
        columns={},
        benchmarks={"half": [index % 2 for index in range(rows)]},
        rotation=[TURN] * rows if turned else None,
    )
    return write_store(path, FACTS, table, poses)


def still() -> Array:
    return STILL[:, None].copy()


def breathing() -> Array:
    """Scale all bones by 0.9 and 1.1 in turn: a relative standard deviation of 0.1."""
    factor = np.where(np.arange(FRAMES) % 2, 1.1, 0.9)[:, None, None, None]
    return still() * factor


def jumping() -> Array:
    """Move the body to the right by half its size, once."""
    joints = still()
    joints[7:, ..., 0] += DIAGONAL / 2
    return joints


def joints_lost() -> Array:
    """Set ten joints to zero in three of twelve frames: 30 of 300."""
    joints = still()
    joints[2:5, 0, 11:21] = 0
    return joints


def lying() -> Array:
    """Lay the body on its side in nine of twelve frames."""
    joints = still()
    joints[3:] = joints[3:][..., [1, 0, 2]]
    return joints


def leaving() -> Array:
    """Return two bodies, each present in a quarter of the frames, one after the other."""
    joints = np.concatenate([still(), still() + np.array([0.5, 0, 0])], axis=1)
    joints[3:, 0], joints[:3, 1], joints[6:, 1] = 0, 0, 0
    return joints


FAULTS: dict[str, tuple[Callable[[], Array], float, str]] = {
    "bone_variation": (breathing, 0.1, ""),
    "jump": (jumping, 0.5, "a body jumps by 0.5 of its size between two frames (limit 0.4)"),
    "zero_joints": (joints_lost, 0.1, "10% of the joints are recorded at zero (limit 5%)"),
    "wide": (lying, 0.75, "a body is wider than high in 75% of the frames (limit 70%)"),
    "absent": (leaving, 0.75, "bodies are absent from 75% of the frames (limit 50%)"),
}


@pytest.mark.parametrize("turned", [False, True], ids=["as recorded", "turned"])
@pytest.mark.parametrize("fault", FAULTS)
def test_statistics_and_reasons_of_a_fault(tmp_path: Path, fault: str, turned: bool) -> None:
    faulty, value, reason = FAULTS[fault]
    store = make_store(tmp_path / "s.h5", still(), faulty(), still(), turned=turned)
    statistics = compute_statistics(store)
    others = {"bone_variation", "jump", "zero_joints", "wide", "absent"} - {fault}
    np.testing.assert_allclose(getattr(statistics, fault), (0, value, 0), atol=1e-6)
    for other in others - ({"jump"} if fault in ("wide", "bone_variation") else set()):
        np.testing.assert_allclose(getattr(statistics, other), 0, atol=1e-6, err_msg=other)
    found = suspicious_sequences(store, statistics)
    assert [sequence.name for sequence in found] == (["r1"] if reason else [])
    assert not reason or reason in found[0].reasons


@pytest.mark.parametrize("centre", [[0], [1, 2]], ids=["a joint as origin", "the middle of two"])
def test_joints_not_detected_are_counted_where_they_are_stored_as_zero(
    tmp_path: Path, centre: list[int]
) -> None:
    recorded = np.concatenate([still(), still() + np.array([0.5, 0, 0])], axis=1)
    recorded[2:5, 0, 11:21] = 0
    recorded[7, 1, :] = 0  # the joints of an absent body do not count
    joint_set = replace(KINECT_V2, centre=tuple(centre))
    prepared = CoordinatePreparation(joint_set, scaling="none").prepare(recorded)
    table = SequenceTable(
        names=["r0"],
        length=[FRAMES],
        bodies=[2],
        label=[0],
        origin=[prepared.origin],
        decision=[prepared.decision],
        columns={},
        benchmarks={"half": [0]},
    )
    facts = replace(FACTS, provenance=CoordinatePreparation(joint_set).description())
    store = write_store(tmp_path / "s.h5", facts, table, [prepared.poses.reshape(-1, 25, 3)])
    assert compute_statistics(store).zero_joints[0] == pytest.approx(30 / (25 * 23))


def test_the_score_is_the_sum_over_statistics_above_their_limits(tmp_path: Path) -> None:
    worse = joints_lost()
    worse[7:, ..., 0] += DIAGONAL / 2
    store = make_store(tmp_path / "s.h5", joints_lost(), still(), worse)
    found = suspicious_sequences(store, compute_statistics(store))
    assert [sequence.name for sequence in found] == ["r2", "r0"]
    assert found[1].score == pytest.approx(0.1 / 0.05)
    assert found[0].score == pytest.approx(
        0.1 / 0.05 + compute_statistics(store).jump[2] / 0.4, abs=0.01
    )
    assert len(found[0].reasons) == 2


def test_the_progress_of_statistics_adds_up(tmp_path: Path) -> None:
    store = make_store(tmp_path / "s.h5", *(faulty() for faulty, _, _ in FAULTS.values()))
    sizes: list[int] = []
    compute_statistics(store, sizes.append)
    assert len(sizes) == len(FAULTS)
    assert sum(sizes) == store.poses.nbytes


def failing(store: Store, shortest: int = 10) -> dict[str, str]:
    """Return the failed checks with their summaries."""
    results = checks(store, compute_statistics(store), shortest)
    return {check.check: check.found for check in results if not check.passed}


def test_a_valid_store_passes(tmp_path: Path) -> None:
    store = make_store(tmp_path / "s.h5", still(), still() * 1.01)
    assert failing(store) == {}
    assert len(checks(store, compute_statistics(store), 10)) >= 9


INVALID: dict[str, tuple[list[Array], str, str]] = {
    "NaN": ([still(), still() * np.nan], "all numbers are finite", "1 of 2 sequences: r1"),
    "nobody": (
        [still(), np.concatenate([still(), 0 * still()], axis=1)],
        "every body is present in some frame",
        "1 of 2 sequences: r1",
    ),
    "short": ([still(), still()[:9]], "sequences have 10 frames or more", "1 of 2 sequences: r1"),
    "giant": (
        [still(), still() * 4],
        "the mean bone length is 0.05 to 0.5 m",
        "1 of 2 sequences: r1",
    ),
    "one class": ([still()], "every class has sequences", "1 of 2 classes: nod"),
    "no test": (
        [still()],
        "every benchmark has train and test sequences",
        "1 of 1 benchmarks: half",
    ),
}


@pytest.mark.parametrize(("recordings", "check", "found"), INVALID.values(), ids=INVALID)
def test_an_invalid_store_fails(
    tmp_path: Path, recordings: list[Array], check: str, found: str
) -> None:
    assert failing(make_store(tmp_path / "s.h5", *recordings))[check] == found


def test_equal_sequences_and_leakage_are_found(tmp_path: Path) -> None:
    # The origin of sequence i is 0.1 (1 + i) to the right: the stored r2 equals r0, and r3 r2.
    shift = np.array([0.1, 0, 0])
    same = [still(), still() * 1.1, still() + 2 * shift]
    found = failing(make_store(tmp_path / "s.h5", *same))
    assert found == {"no two sequences are equal": "2 of 3 sequences: r0, r2"}
    found = failing(make_store(tmp_path / "t.h5", *same, still() + 3 * shift))
    assert found["no two sequences are equal"] == "3 of 4 sequences: r0, r2, r3"
    assert found["no test sequence of half is in train"] == "1 of 4 sequences: r3"


def test_counts_that_do_not_add_up_fail(tmp_path: Path) -> None:
    store = make_store(tmp_path / "s.h5", still(), still() * 1.01)
    counts = {"found": 5, "converted": 2, "rejected": 1, "outside": 1}
    store.provenance["counts"] = counts
    found = failing(store)["counts of recordings add up"]
    assert found == "5 found, 4 accounted for, 2 stored"
    store.provenance["counts"] = counts | {"found": 4}
    assert failing(store) == {}


def test_bone_lengths_are_checked_in_metres_only(tmp_path: Path) -> None:
    store = make_store(tmp_path / "s.h5", still() * 100, still() * 101)
    store.unit = "pixel"
    assert failing(store) == {}


def test_shares(tmp_path: Path) -> None:
    store = make_store(tmp_path / "s.h5", joints_lost(), leaving())
    store.recorded_frames = store.length + np.array([0, 8])
    assert check_results(store, compute_statistics(store), 10)["shares"] == {
        "dropped frames (no body)": 0.25,  # 8 of 32
        "absent bodies (of all bodies and frames)": 0.5,  # 18 of 12 + 24
        "sequences with two or more bodies": 0.5,
        "joints recorded at zero": pytest.approx(30 / (25 * 18), abs=1e-6),
    }


@pytest.mark.parametrize(
    ("share", "text"),
    [(0, "0.00%"), (1e-9, "below 0.01%"), (1e-4, "0.01%"), (0.25, "25.00%"), (1, "100.00%")],
)
def test_a_small_share_is_not_rounded_to_zero(share: float, text: str) -> None:
    assert percent(share) == text
