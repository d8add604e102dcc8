"""Prepared recordings in memory give what the store of them gives."""

from pathlib import Path

import numpy as np
import pytest

from action_rec.skeletons.people_preparation import PeoplePreparation, View
from action_rec.skeletons.people_simple import FirstRules
from action_rec.skeletons.recording import Body, Recording
from action_rec.store.sequences import MemorySequences
from action_rec.store.writer import SequenceTable, StoreFacts, write_store
from tests.synthetic import standing


@pytest.mark.parametrize("view", ["recorded", "normalized"])
def test_memory_gives_what_a_store_gives(view: View, tmp_path: Path) -> None:
    preparation = PeoplePreparation(FirstRules(), view)
    alone, first, second = (Body(k, np.arange(4 + k), standing(k, 4 + k)) for k in range(3))
    recordings = [Recording(4, (alone,)), Recording(6, (first, second))]
    prepared = [preparation.prepare(recording) for recording in recordings]
    memory = MemorySequences(["a", "b"], prepared, preparation.joint_set)
    table = SequenceTable(
        names=["a", "b"],
        length=[4, 6],
        bodies=[1, 2],
        label=[0, 0],
        origin=[one.origin for one in prepared],
        decision=["", ""],
        columns={},
        benchmarks={},
        rotation=None if view == "recorded" else np.array([one.rotation for one in prepared]),
    )
    poses = [one.poses.reshape(-1, 25, 3) for one in prepared]
    facts = StoreFacts("own", preparation.joint_set, ("walk",), {})
    store = write_store(tmp_path / "s.h5", facts, table, poses)
    for name in ("names", "start", "length", "bodies", "label", "origin", "scale", "poses"):
        np.testing.assert_array_equal(getattr(memory, name), getattr(store, name), err_msg=name)
    for name in ("joint_names", "joint_parents", "joint_mirror"):
        np.testing.assert_array_equal(getattr(memory, name), getattr(store, name), err_msg=name)
    for index in range(2):
        np.testing.assert_array_equal(memory.sequence(index), store.sequence(index))
        np.testing.assert_array_equal(memory.recorded(index), store.recorded(index))
