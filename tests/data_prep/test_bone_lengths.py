"""Joint sets that do not fit, joints that are never detected, and one file in other units."""

from pathlib import Path

import h5py
import numpy as np
import pytest
from numpy.typing import NDArray

from action_rec.store.reader import Store
from data_prep.inspect.bone_lengths import fit_bones
from data_prep.inspect.checks import Check, checks, suspicious_sequences
from data_prep.inspect.statistics import compute_statistics
from data_prep.synthesis.body import CONTROLS, Proportions, pose
from tests.data_prep.test_checks import make_store

Array = NDArray[np.float64]


def moving(seed: int) -> Array:
    """Thirty frames (T, 1, 25, 3) of a body with all its joints in motion."""
    rng = np.random.default_rng(seed)
    phase, speed = rng.uniform(0, 6, (2, len(CONTROLS), 3))
    angles = 0.5 * np.sin(phase + 0.2 * speed * np.arange(30)[:, None, None])
    joints: Array = pose(angles, Proportions())
    joints += (0, -1, 3)
    return joints[:, None]


def store(folder: Path, *recordings: Array) -> Store:
    return make_store(folder / "s.h5", *(recordings or [moving(seed) for seed in range(4)]))


def result(store: Store, name: str) -> Check:
    (found,) = (one for one in checks(store, compute_statistics(store), 1) if name in one.check)
    return found


def test_the_right_joint_set_fits(tmp_path: Path) -> None:
    fit = fit_bones(store(tmp_path))
    assert fit is not None
    assert fit.fits
    assert fit.variation < 0.6 * fit.permuted
    assert result(Store(tmp_path / "s.h5"), "bones keep their length").passed


@pytest.mark.parametrize("seed", range(4))
def test_permuted_joints_do_not_fit(seed: int, tmp_path: Path) -> None:
    order = np.random.default_rng(seed).permutation(25)
    permuted = store(tmp_path, *(moving(one)[:, :, order] for one in range(4)))
    check = result(permuted, "bones keep their length")
    assert not check.passed
    assert "in another order than their set says" in check.found


def test_a_known_set_that_fits_better_is_named(tmp_path: Path) -> None:
    """The joints are those of Kinect v2, but the store says that they are OpenPose's."""
    from action_rec.skeletons.joint_sets import load_joint_set

    store(tmp_path)
    with h5py.File(tmp_path / "s.h5", "r+") as file:
        file["joints/parent"][...] = load_joint_set("openpose25").parents
    check = result(Store(tmp_path / "s.h5"), "bones keep their length")
    assert not check.passed
    assert "with the joint set kinect_v2, which fits" in check.found


def test_a_body_that_does_not_move_is_not_judged(tmp_path: Path) -> None:
    assert fit_bones(store(tmp_path, np.repeat(moving(0)[:1], 9, axis=0))) is None


def test_joints_that_are_never_detected_are_one_line(tmp_path: Path) -> None:
    recordings = [moving(seed) for seed in range(6)]
    for recording in recordings:
        recording[:, :, 20:23] = 0
    lacking = store(tmp_path, *recordings)
    check = result(lacking, "every joint is detected")
    assert not check.passed
    assert check.found.startswith("3 of 25 joints: ")
    suspects = suspicious_sequences(lacking, compute_statistics(lacking))
    assert not [one for one in suspects if "zero" in " ".join(one.reasons)]


def test_one_file_in_millimetres_is_flagged(tmp_path: Path) -> None:
    recordings = [moving(seed) for seed in range(6)]
    recordings[3] = recordings[3] * 1000
    check = result(store(tmp_path, *recordings), "bodies are alike in size")
    assert not check.passed
    assert check.names == ["r3"]
