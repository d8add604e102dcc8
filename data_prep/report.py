"""What a conversion prints at its end: counts, held against the known totals."""

import numpy as np
from rich.console import Console
from rich.table import Table

from action_rec.data.ntu import KNOWN_TOTALS, all_names, missing_names
from action_rec.data.store import Store
from data_prep.finding import Found

_REASONS_SHOWN = 5


def report(store: Store, found: Found) -> None:
    """Print what became of the recordings, their bodies, and the counts of every benchmark."""
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
    console.print(recordings, bodies)
    _print_benchmarks(console, store, found)
    _print_reasons(console, store.rejected())
    console.print(
        f"{store.path}: {len(store.names):,} sequences of {store.dataset}", soft_wrap=True
    )


def _print_benchmarks(console: Console, store: Store, found: Found) -> None:
    needed = {str(name) for name in all_names(found.dataset)} - missing_names()
    present = len(needed & {str(file.name) for file in found.files})
    complete = present == len(needed)
    table = Table("benchmark", "train", "test", *["known totals"] * complete)
    for benchmark in store.benchmarks:
        train, test = len(store.split(benchmark, "train")), len(store.split(benchmark, "test"))
        row = [benchmark, f"{train:,}", f"{test:,}"]
        table.add_row(*row, *[_verdict(train, test, found, benchmark)] * complete)
    console.print(table)
    if not complete:
        part = f"a part of {store.dataset} ({present:,} of {len(needed):,} recordings)"
        console.print(f"{part}: totals not compared", soft_wrap=True)


def _verdict(train: int, test: int, found: Found, benchmark: str) -> str:
    known = KNOWN_TOTALS[found.dataset, benchmark]
    return "match" if (train, test) == known else f"differ: {known[0]:,} / {known[1]:,}"


def _print_reasons(console: Console, rejected: dict[str, str]) -> None:
    for name, reason in list(rejected.items())[:_REASONS_SHOWN]:
        console.print(f"rejected {name}: {reason}", soft_wrap=True)
    if len(rejected) > _REASONS_SHOWN:
        more = len(rejected) - _REASONS_SHOWN
        console.print(
            f"{more:,} more were rejected; their reasons are in the store", soft_wrap=True
        )
