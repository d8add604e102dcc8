"""Generate recordings and stores for the benchmarks of conversion and loading."""

import contextlib
import os
from collections import defaultdict
from itertools import cycle, islice
from pathlib import Path

import numpy as np

from action_rec.skeletons.joint_sets import KINECT_V2
from action_rec.skeletons.ntu import SampleName, action_names, all_names, missing_names
from action_rec.store.reader import COLUMNS, Store
from action_rec.store.writer import SequenceTable, StoreFacts, write_store
from data_prep.synthesis.command import synthesize

_DISTINCT = {"actions": 60, "subjects": 4, "setups": 2, "cameras": 1, "replications": 1}


def make_recordings(folder: Path, count: int) -> list[Path]:
    """Create recordings with names of NTU60, which are hard links to 480 synthesized ones.

    All 60 actions are equally frequent, so that 11/60 of the recordings have two bodies. Most have
    80 frames.
    """
    distinct = folder.parent / "distinct"
    if not distinct.exists():
        # Only the result of the benchmark is printed.
        with open(os.devnull, "w") as null, contextlib.redirect_stdout(null):
            synthesize(distinct, **_DISTINCT)  # type: ignore[arg-type]
    by_action: dict[int, list[Path]] = defaultdict(list)
    for path in sorted(distinct.iterdir()):
        by_action[SampleName.parse(path.stem).action].append(path)
    sources = {action: cycle(paths) for action, paths in by_action.items()}
    folder.mkdir()
    recordings = []
    for name in islice((n for n in all_names("ntu60") if str(n) not in missing_names()), count):
        recordings.append(folder / f"{name}.skeleton")
        recordings[-1].hardlink_to(next(sources[name.action]))
    return recordings


def repeat_store(store: Store, path: Path, times: int) -> Store:
    """Write a store with each sequence of `store` repeated `times` times, with names of NTU120."""
    rows = np.tile(np.arange(len(store.names)), times)
    names = [str(name) for name in islice(all_names("ntu120"), len(rows))]
    table = SequenceTable(
        names=names,
        length=store.length[rows],
        bodies=store.bodies[rows],
        label=store.label[rows],
        origin=store.origin[rows],
        decision=["body 72057594037932185 is actor 1"] * len(rows),
        columns={column: store.columns[column][rows] for column in COLUMNS},
        benchmarks={name: split[rows] for name, split in store.benchmarks.items()},
    )
    facts = StoreFacts("ntu120", KINECT_V2, action_names("ntu120"), {"written_by": "a benchmark"})
    ends = store.start + store.length * store.bodies
    poses = (store.poses[store.start[row] : ends[row]] for row in rows.tolist())
    return write_store(path, facts, table, poses)
