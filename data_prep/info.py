"""``python -m data_prep info FILE.h5``: what a store holds."""

from json import dumps
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from action_rec.data.store import Store
from action_rec.data.store_file import VERSION

_REJECTED_SHOWN = 20


def info(file: Path, *, json: bool = False) -> None:
    """Show what a store holds: its counts by benchmark and class, lengths and provenance.

    Args:
        file: The store.
        json: Print the same as one JSON object, for programs.

    Raises:
        InputError: The file is not a store that can be read.
    """
    content = summary(Store(file))
    if json:
        print(dumps(content, indent=2, ensure_ascii=False))
        return
    # Names and reasons may hold brackets or colons that rich would take for its own.
    console = Console(markup=False, emoji=False, highlight=False)
    console.print(_facts(content), _benchmarks(content), _classes(content))
    rejected = content["rejected"]
    for name, reason in list(rejected.items())[:_REJECTED_SHOWN]:
        console.print(f"rejected {name}: {reason}", soft_wrap=True)
    if len(rejected) > _REJECTED_SHOWN:
        console.print(f"{len(rejected) - _REJECTED_SHOWN:,} more were rejected; --json lists all")


def summary(store: Store) -> dict[str, Any]:
    """What a store holds, as a JSON object; lengths are in frames."""
    bodies, sequences = np.unique(store.bodies, return_counts=True)
    per_class = np.bincount(store.label, minlength=len(store.class_names))
    return {
        "path": str(store.path),
        "version": VERSION,
        "dataset": store.dataset,
        "joint_set": store.joint_set,
        "joints": len(store.joint_names),
        "unit": store.unit,
        "provenance": store.provenance,
        "sequences": len(store.names),
        "frames": {
            "total": int(store.length.sum()),
            "shortest": int(store.length.min()),
            "median": float(np.median(store.length)),
            "longest": int(store.length.max()),
        },
        "bodies": dict(zip(map(str, bodies), sequences.tolist(), strict=True)),
        "benchmarks": {
            name: {"train": len(store.split(name, "train")), "test": len(store.split(name, "test"))}
            for name in store.benchmarks
        },
        "classes": [
            {"class": name, "sequences": number}
            for name, number in zip(store.class_names, per_class.tolist(), strict=True)
        ],
        "rejected": store.rejected(),
    }


def _facts(content: dict[str, Any]) -> Table:
    frames = content["frames"]
    table = Table("store", content["path"])
    for name in ("version", "dataset", "joint_set", "joints", "unit"):
        table.add_row(name, str(content[name]))
    for name, value in content["provenance"].items():
        table.add_row(name, _listed(value) if isinstance(value, dict) else str(value))
    table.add_row("sequences", f"{content['sequences']:,}")
    table.add_row(
        "frames",
        f"{frames['total']:,}: {frames['shortest']} to {frames['longest']} a sequence, "
        f"median {frames['median']:g}",
    )
    for number, sequences in content["bodies"].items():
        table.add_row(
            f"sequences of {number} bod{'y' if number == '1' else 'ies'}", f"{sequences:,}"
        )
    return table


def _listed(values: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in values.items())


def _benchmarks(content: dict[str, Any]) -> Table:
    table = Table("benchmark", "train", "test")
    for name, counts in content["benchmarks"].items():
        table.add_row(name, f"{counts['train']:,}", f"{counts['test']:,}")
    return table


def _classes(content: dict[str, Any]) -> Table:
    table = Table("label", "class", "sequences")
    classes = content["classes"]
    for label, entry in enumerate(classes):
        if entry["sequences"]:
            table.add_row(str(label), entry["class"], f"{entry['sequences']:,}")
    empty = sum(not entry["sequences"] for entry in classes)
    if empty:
        table.caption = f"{empty} of {len(classes)} classes have no sequence"
    return table
