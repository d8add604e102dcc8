"""The assembly of a store from a finished journal."""

from collections.abc import Iterator, Sequence, Set
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from action_rec import __version__
from action_rec.errors import InputError
from action_rec.store.writer import SequenceTable, StoreFacts, write_store
from data_prep.convert.items import Collection, Item
from data_prep.convert.journal import Journal


def assemble(collection: Collection[Any], journal: Journal, out: Path) -> None:
    """Write the store beside the journal, and move it to its place in one step.

    Raises:
        InputError: Nothing was converted.
    """
    items: list[Item[Any]] = []
    rows: list[dict[str, Any]] = []
    rejected = dict(collection.rejected)
    for item, row in zip(collection.items, journal.rows(), strict=True):
        if "rejected" in row:
            rejected[item.name] = row["rejected"]
        else:
            items.append(item)
            rows.append(row)
    rejected = dict(sorted(rejected.items()))
    if not rows:
        journal.remove()
        name, reason = next(iter(rejected.items()))
        raise InputError(
            f"none of the {len(rejected):,} recordings can be converted, the first one, {name}, "
            f"because: {reason}"
        )
    preparation = collection.preparation
    facts = StoreFacts(
        dataset=collection.dataset,
        joint_set=preparation.joint_set,
        class_names=collection.class_names,
        provenance={
            "written_by": f"action_rec {__version__}",
            **preparation.description(),
            **({"reading": dict(collection.reading)} if collection.reading else {}),
            "counts": _counts(collection, [item.name for item in items], rejected.keys()),
        },
        unit=collection.unit if rows[0]["scale"] is None else "body size",
    )
    shape = (len(preparation.joint_set.joints), len(rows[0]["origin"]))
    write_store(journal.result, facts, _table(items, rows), _poses(journal, shape), rejected)
    journal.publish(out)


def _counts(
    collection: Collection[Any], converted: Sequence[str], rejected: Set[str]
) -> dict[str, int]:
    counts = {
        "found": len(converted) + len(rejected) + collection.outside,
        "converted": len(converted),
        "rejected": len(rejected),
        "outside": collection.outside,
    }
    if expected := collection.expected():
        counts["missing"] = len(expected.difference(converted, rejected))
        counts["extra"] = len(set(converted) - expected)
    return counts


def _poses(journal: Journal, shape: tuple[int, int]) -> Iterator[NDArray[np.float32]]:
    for block in journal.data(multiple=4 * shape[0] * shape[1]):
        yield np.frombuffer(block, "<f4").reshape(-1, *shape)


def _table(items: Sequence[Item[Any]], rows: Sequence[dict[str, Any]]) -> SequenceTable:
    first = items[0]

    def values(key: str) -> list[Any]:
        return [row[key] for row in rows]

    return SequenceTable(
        names=[item.name for item in items],
        length=values("length"),
        bodies=values("bodies"),
        label=[item.label for item in items],
        origin=values("origin"),
        decision=values("decision"),
        columns={name: [item.columns[name] for item in items] for name in first.columns},
        benchmarks={name: [item.benchmarks[name] for item in items] for name in first.benchmarks},
        rotation=None if rows[0]["rotation"] is None else values("rotation"),
        scale=None if rows[0]["scale"] is None else values("scale"),
        recorded_frames=values("recorded_frames"),
    )
