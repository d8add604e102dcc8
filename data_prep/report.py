"""What a conversion prints at its end: counts, held against the known totals."""

from collections.abc import Mapping
from typing import Literal

import numpy as np
from rich.console import Console
from rich.table import Table

from action_rec.data.ntu import KNOWN_TOTALS, all_names, missing_names
from action_rec.data.store import Store
from data_prep.finding import Found

_REASONS_SHOWN = 5


def report(store: Store, found: Found) -> None:
    """Print what became of the recordings of NTU RGB+D."""
    needed = {str(name) for name in all_names(found.dataset)} - missing_names()
    present = len(needed & {str(file.name) for file in found.files})
    if present == len(needed):
        totals = {name: KNOWN_TOTALS[found.dataset, name] for name in store.benchmarks}
        print_conversion(store, totals)
        return
    part = f"a part of {store.dataset} ({present:,} of {len(needed):,} recordings)"
    print_conversion(store, remark=f"{part}: totals not compared")


def print_conversion(
    store: Store, totals: Mapping[str, tuple[int, int]] | None = None, remark: str = ""
) -> None:
    """Print what became of the recordings, their bodies, and the counts of every benchmark.

    Args:
        store: What was written.
        totals: The known train and test counts of every benchmark, to be compared.
        remark: What to say below the counts.
    """
    # File names may hold brackets or colons that rich would take for its own.
    console = Console(markup=False, emoji=False, highlight=False)
    counts = store.provenance["counts"]
    recordings = Table("recordings", "number")
    for what in ("found", "converted", "rejected"):
        recordings.add_row(what, f"{counts[what]:,}")
    if counts["outside"]:
        recordings.add_row(f"not in {store.dataset}", f"{counts['outside']:,}")
    bodies = Table("bodies", "recordings")
    for number, recorded in zip(*np.unique(store.bodies, return_counts=True), strict=True):
        bodies.add_row(str(number), f"{recorded:,}")
    console.print(recordings, bodies, _benchmarks(store, totals or {}))
    if remark:
        console.print(remark, soft_wrap=True)
    _print_reasons(console, store.rejected())
    console.print(
        f"{store.path}: {len(store.names):,} sequences of {store.dataset}", soft_wrap=True
    )


def _benchmarks(store: Store, totals: Mapping[str, tuple[int, int]]) -> Table:
    splits: list[Literal["train", "val", "test"]] = ["train", "val", "test"]
    if not any(len(store.split(name, "val")) for name in store.benchmarks):
        splits.remove("val")
    table = Table("benchmark", *splits, *["known totals"] * bool(totals))
    for name in store.benchmarks:
        row = [f"{len(store.split(name, split)):,}" for split in splits]
        table.add_row(name, *row, *([_verdict(store, name, totals[name])] if totals else []))
    return table


def _verdict(store: Store, benchmark: str, known: tuple[int, int]) -> str:
    counts = len(store.split(benchmark, "train")), len(store.split(benchmark, "test"))
    return "match" if counts == known else f"differ: {known[0]:,} / {known[1]:,}"


def _print_reasons(console: Console, rejected: dict[str, str]) -> None:
    for name, reason in list(rejected.items())[:_REASONS_SHOWN]:
        console.print(f"rejected {name}: {reason}", soft_wrap=True)
    if len(rejected) > _REASONS_SHOWN:
        more = len(rejected) - _REASONS_SHOWN
        console.print(
            f"{more:,} more were rejected; their reasons are in the store", soft_wrap=True
        )
