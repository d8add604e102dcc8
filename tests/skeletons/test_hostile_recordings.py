"""Hostile variants of recordings end as a sequence or as one sentence, whatever was mutated."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from action_rec.errors import InputError
from action_rec.skeletons.coordinate_preparation import CoordinatePreparation
from action_rec.skeletons.formats.kinect import recording_of_joints
from action_rec.skeletons.formats.reading import Reading, read_recording
from action_rec.skeletons.joint_sets import load_joint_set
from action_rec.skeletons.people_preparation import PeoplePreparation
from action_rec.skeletons.people_sgn import SgnRules
from tests.skeletons.hostile_recordings import Variant, variants

SEEDS = range(2)


def prepared(folder: Path, variant: Variant, number: int) -> bool:
    """Read and prepare a variant; whether it can be used, or one sentence says why not."""
    what, suffix, data = variant
    kinect = suffix == ".skeleton"
    landmarks = what.startswith(("mediapipe", "landmarks"))
    name = "kinect_v2" if kinect else "mediapipe33" if landmarks else "coco17"
    joint_set = load_joint_set(name)
    path = folder / f"{number}{suffix}"
    if suffix == "_keypoints.json":
        folder = folder / str(number)
        folder.mkdir()
        path = folder / "video_000_keypoints.json"
    path.write_bytes(data)
    try:
        recorded = read_recording(path.parent if suffix[0] == "_" else path, Reading(joint_set))
        assert recorded.ndim == 4
        assert recorded.dtype == np.float64
        sequence = CoordinatePreparation(joint_set, "zero").prepare(recorded)
        if kinect:
            PeoplePreparation(SgnRules()).prepare(recording_of_joints(recorded))
    except InputError as error:
        if len(str(error).splitlines()) != 1:
            raise RuntimeError(f"not one line: {error}") from error
        return False
    assert np.isfinite(sequence.poses).all()
    return True


@pytest.mark.parametrize("seed", SEEDS)
def test_a_variant_ends_as_a_sequence_or_as_a_sentence(seed: int, tmp_path: Path) -> None:
    outcomes: Counter[bool] = Counter()
    for number, variant in enumerate(variants(seed)):
        try:
            outcomes[prepared(tmp_path, variant, number)] += 1
        except Exception as error:
            pytest.fail(f"{variant[0]}: {type(error).__name__}: {error}")
    assert outcomes[True] > 50  # a mutation of what is not read changes nothing
    assert outcomes[False] > 300
