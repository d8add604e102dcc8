"""Small made-up recordings and stores for the tests."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from action_rec.skeletons.joint_sets import KINECT_V2
from action_rec.skeletons.ntu import BENCHMARKS, SampleName
from action_rec.store.reader import Store
from action_rec.store.writer import SequenceTable, StoreFacts, write_store

Body = tuple[int, NDArray[np.float64]]  # bodyID and (25, 3) joints in metres


def skeleton_text(frames: Sequence[Sequence[Body]], newline: str = "\n") -> bytes:
    """The text of a .skeleton file; every number reads back exactly."""
    lines = [str(len(frames))]
    for bodies in frames:
        lines.append(str(len(bodies)))
        for body_id, joints in bodies:
            lines += [f"{body_id} 0 1 1 1 1 0 0.05 -0.3 2", "25"]
            lines += [
                f"{x!r} {y!r} {z!r} 256.5 212.1 960.2 540.7 0.1 0.2 0.3 0.4 2"
                for x, y, z in joints.tolist()
            ]
    return newline.join([*lines, ""]).encode("ascii")


def standing(seed: int, frames: int, scale: float = 1.0) -> NDArray[np.float64]:
    """(frames, 25, 3) an upright body that jitters around its place, in metres."""
    rng = np.random.default_rng(seed)
    rest = rng.uniform((-0.2, -0.9, 2.9), (0.2, 0.9, 3.1), (25, 3))
    return rest + scale * rng.normal(0, 0.02, (frames, 25, 3))


def recording(frames: int, seed: int = 0, body_id: int = 72057594037932185) -> bytes:
    """The text of a .skeleton file of one standing body."""
    return skeleton_text([[(body_id, joints)] for joints in standing(seed, frames)])


def tiny_store(path: Path, seed: int = 0) -> Store:
    """A store of 12 sequences: 3 classes by 4 subjects, 5 to 60 frames, the third class in pairs.

    Subjects 1 and 2 belong to xsub's train split, 3 and 6 to its test split; cameras are 1 to 3. In
    class k every joint swings along coordinate k, so that the classes can be learned.
    """
    names = sorted(
        SampleName(1, 1 + (subject + action) % 3, subject, 1, action)
        for subject in (1, 2, 3, 6)
        for action in (1, 2, 3)
    )
    rng = np.random.default_rng(seed)
    length = np.linspace(5, 60, len(names), dtype=np.int64)
    bodies = [2 if name.action == 3 else 1 for name in names]
    poses = []
    for name, frames, people in zip(names, length, bodies, strict=True):
        sequence = rng.normal(0, 0.05, (frames, people, 25, 3))
        swing = np.sin(np.arange(frames) / 4 + rng.uniform(0, 2 * np.pi))
        sequence[..., name.action - 1] += swing[:, None, None]
        poses.append(sequence.reshape(-1, 25, 3).astype(np.float32))
    columns = ("subject", "camera", "setup", "replication")
    table = SequenceTable(
        names=[str(name) for name in names],
        length=length,
        bodies=bodies,
        label=[name.action - 1 for name in names],
        origin=rng.normal(0, 1, (len(names), 3)),
        decision=["kept both" if people == 2 else "" for people in bodies],
        columns={column: [getattr(name, column) for name in names] for column in columns},
        benchmarks={
            benchmark: [0 if name.is_train("ntu60", benchmark) else 1 for name in names]
            for benchmark in BENCHMARKS["ntu60"]
        },
    )
    provenance = {"written_by": "tests", "rules": {"name": "none"}, "counts": {"found": 13}}
    facts = StoreFacts("ntu60", KINECT_V2, ("drink", "eat", "hug"), provenance)
    return write_store(path, facts, table, poses, {"S001C001P001R001A004": "made up"})
