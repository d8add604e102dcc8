"""From recordings of any source to a store: resumable, and written in one step."""

import hashlib
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from action_rec import __version__
from action_rec.errors import InputError
from action_rec.skeletons.joint_sets import JointSet
from action_rec.store.format import VERSION
from action_rec.store.reader import Store
from action_rec.store.writer import SequenceTable, StoreFacts, write_store
from data_prep.convert.journal import Journal, remove_left_over
from data_prep.convert.output import check_out, partial_folder
from data_prep.convert.placement import PlacedPoses, PlacementRules, place
from data_prep.convert.progress import progress
from data_prep.convert.run_log import logged


@dataclass(frozen=True)
class Item:
    """A recording that can be read.

    Attributes:
        name: Its name in the store.
        label: Its class, from 0.
        size: In bytes.
        read: Gives the recorded coordinates (T, M, V, C), zero or not a number where there are
            none, or raises InputError.
        columns: Those known of subject, camera, setup and replication.
        benchmarks: By name, the split that it belongs to, as a store has it.
    """

    name: str
    label: int
    size: int
    read: Callable[[], NDArray[np.float64]]
    columns: Mapping[str, int] = field(default_factory=dict)
    benchmarks: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Collection:
    """All recordings of a source; every item has the same columns and benchmarks.

    Attributes:
        dataset: Name of the data set.
        class_names: K names.
        unit: Unit of the recorded coordinates.
        items: What to convert, sorted by name.
        rejected: What cannot be used, each with the reason.
        outside: The number of files that do not belong to the data set.
        fingerprint: What tells these items from others of the same names and sizes.
    """

    dataset: str
    class_names: Sequence[str]
    unit: str
    items: Sequence[Item]
    rejected: Mapping[str, str] = field(default_factory=dict)
    outside: int = 0
    fingerprint: str = ""


def convert(
    collection: Collection, rules: PlacementRules, out: Path, *, overwrite: bool = False
) -> Store:
    """Write the store of a collection; continue where an interrupted run of the same one stopped.

    OUT.log says what each run did.

    Raises:
        InputError: Nothing can be converted, the store exists and is not to be replaced, or another
            process writes it.
    """
    header = _header(collection, rules)
    if remove_left_over(partial_folder(out), header) and out.exists():
        return Store(out)
    check_out(out, overwrite)
    with Journal(partial_folder(out), header) as journal:
        if journal.restarted:
            print(f"{journal.folder}: other recordings or rules, starting again", file=sys.stderr)
        what = f"{collection.dataset}, joint set {rules.joint_set.name}"
        with logged(out, journal, len(collection.items), what):
            _convert_all(collection.items, rules, journal)
            _assemble(collection, rules, journal, out)
    return Store(out)


def _header(collection: Collection, rules: PlacementRules) -> dict[str, Any]:
    """What must be the same for an interrupted conversion to be continued."""
    recordings = hashlib.sha256(collection.fingerprint.encode())
    for item in collection.items:
        facts = [item.name, item.label, item.size, dict(item.columns), dict(item.benchmarks)]
        recordings.update(json.dumps(facts).encode())
    for name, reason in sorted(collection.rejected.items()):
        recordings.update(json.dumps([name, reason]).encode())
    return {
        "dataset": collection.dataset,
        "classes": list(collection.class_names),
        "unit": collection.unit,
        "recordings": recordings.hexdigest(),
        "rules": rules.described(),
        "joint_set": repr(rules.joint_set),
        "store_version": VERSION,
        "written_by": f"action_rec {__version__}",
    }


def _convert_all(items: Sequence[Item], rules: PlacementRules, journal: Journal) -> None:
    accepted = (len(row["origin"]) for row in journal.rows() if "rejected" not in row)
    num_coordinates = next(accepted, None)
    with progress(len(items), journal.done) as advance:
        for item in items[journal.done :]:
            try:
                placed = _placed(item, rules, num_coordinates)
            except InputError as error:
                journal.append({"name": item.name, "rejected": str(error)}, b"")
            else:
                num_coordinates = placed.poses.shape[-1]
                journal.append(*_entry(item, placed))
            advance(item.size)


def _placed(item: Item, rules: PlacementRules, num_coordinates: int | None) -> PlacedPoses:
    if not (item.name.isascii() and item.name.isprintable()):
        raise InputError(f"name {item.name!r} is not plain printable ASCII; rename it")
    recorded = item.read()
    _check_shape(recorded.shape, rules.joint_set, num_coordinates)
    return place(recorded, rules)


def _check_shape(shape: tuple[int, ...], joint_set: JointSet, num_coordinates: int | None) -> None:
    joints, coordinates = shape[2:]
    if joints != len(joint_set.joints):
        raise InputError(
            f"it has {joints} joints, but joint set '{joint_set.name}' has "
            f"{len(joint_set.joints)}; name the joint set that it was recorded with"
        )
    if coordinates not in (2, 3):
        raise InputError(f"it has {coordinates} coordinates a joint; 2 or 3 are needed")
    if coordinates != (num_coordinates or coordinates):
        raise InputError(
            f"it has {coordinates} coordinates a joint, but those before it have "
            f"{num_coordinates}; convert the two kinds into two stores"
        )


def _entry(item: Item, placed: PlacedPoses) -> tuple[dict[str, Any], bytes]:
    row = {
        "name": item.name,
        "length": placed.poses.shape[0],
        "recorded_frames": placed.num_frames,
        "bodies": placed.poses.shape[1],
        "label": item.label,
        "origin": placed.origin.tolist(),
        "scale": placed.scale,
        "decision": placed.decision,
        "columns": dict(item.columns),
        "benchmarks": dict(item.benchmarks),
    }
    return row, placed.poses.astype("<f4", copy=False).tobytes()


def _assemble(collection: Collection, rules: PlacementRules, journal: Journal, out: Path) -> None:
    rows = list(journal.rows())
    converted = [row for row in rows if "rejected" not in row]
    rejected = {row["name"]: row["rejected"] for row in rows if "rejected" in row}
    rejected = dict(sorted((rejected | dict(collection.rejected)).items()))
    if not converted:
        journal.remove()
        name, reason = next(iter(rejected.items()))
        raise InputError(
            f"none of the {len(rejected):,} recordings can be converted, the first one, {name}, "
            f"because: {reason}"
        )
    scaled = rules.scales(len(converted[0]["origin"]))
    counts = {
        "found": len(converted) + len(rejected) + collection.outside,
        "converted": len(converted),
        "rejected": len(rejected),
        "outside": collection.outside,
    }
    facts = StoreFacts(
        dataset=collection.dataset,
        joint_set=rules.joint_set,
        class_names=collection.class_names,
        provenance={
            "written_by": f"action_rec {__version__}",
            "rules": rules.described(),
            "counts": counts,
        },
        unit="body size" if scaled else collection.unit,
    )
    shape = (len(rules.joint_set.joints), len(converted[0]["origin"]))
    table, poses = _table(converted, scaled), _poses(journal, shape)
    write_store(journal.result, facts, table, poses, rejected)
    journal.publish(out)


def _poses(journal: Journal, shape: tuple[int, int]) -> Iterator[NDArray[np.float32]]:
    for block in journal.data(multiple=4 * shape[0] * shape[1]):
        yield np.frombuffer(block, "<f4").reshape(-1, *shape)


def _table(rows: list[dict[str, Any]], scaled: bool) -> SequenceTable:
    return SequenceTable(
        names=[row["name"] for row in rows],
        length=[row["length"] for row in rows],
        bodies=[row["bodies"] for row in rows],
        label=[row["label"] for row in rows],
        origin=[row["origin"] for row in rows],
        decision=[row["decision"] for row in rows],
        columns={name: [row["columns"][name] for row in rows] for name in rows[0]["columns"]},
        benchmarks={
            name: [row["benchmarks"][name] for row in rows] for name in rows[0]["benchmarks"]
        },
        scale=[row["scale"] for row in rows] if scaled else None,
        recorded_frames=[row["recorded_frames"] for row in rows],
    )
