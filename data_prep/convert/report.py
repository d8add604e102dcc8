"""The report at the end of a conversion: counts, compared with the known totals."""

from collections.abc import Iterator, Mapping
from typing import Literal

import numpy as np
from rich.console import Console
from rich.table import Table
from rich.text import Text

from action_rec.console.text import printable
from action_rec.store.reader import Store
from data_prep.inspect.completeness import Completeness, completeness, known_totals

_REASONS_SHOWN = 5
_NAMES_SHOWN = 3


def report(store: Store) -> None:
    """Print the counts of an NTU RGB+D store, compared with the complete set."""
    against = completeness(store)
    if against is None or against.complete:
        print_conversion(store, known_totals(store))
    elif against.part:
        print_conversion(store, remark=against.part)
    else:
        print_conversion(store, known_totals(store), "\n".join(_differences(store, against)))


def _differences(store: Store, against: Completeness) -> Iterator[str]:
    yield f"{against.stored:,} of the {against.expected:,} recordings of {store.dataset}"
    for what, names in (("missing", against.missing), ("extra", against.extra)):
        if names:
            shown = ", ".join(names[:_NAMES_SHOWN])
            more = ", ..." if len(names) > _NAMES_SHOWN else ""
            yield f"{what}: {len(names):,} recordings ({shown}{more})"
    yield f"every name: python -m data_prep info {store.path} --log LOG.csv"


def print_conversion(
    store: Store, totals: Mapping[str, tuple[int, int]] | None = None, remark: str = ""
) -> None:
    """Print the counts of recordings, of bodies, and of every benchmark.

    Args:
        store: The store that was written.
        totals: The known train and test counts of every benchmark, for comparison.
        remark: Text below the counts.
    """
    # File names may contain brackets or colons, which rich would interpret as markup.
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
        console.print(printable(remark), soft_wrap=True)
    _print_reasons(console, store)
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
        table.add_row(
            printable(name), *row, *([_verdict(store, name, totals[name])] if totals else [])
        )
    return table


def _verdict(store: Store, benchmark: str, known: tuple[int, int]) -> Text:
    counts = len(store.split(benchmark, "train")), len(store.split(benchmark, "test"))
    if counts == known:
        return Text("match")
    return Text(f"differ: {known[0]:,} / {known[1]:,}", "bold red")


def _print_reasons(console: Console, store: Store) -> None:
    rejected = store.rejected()
    for name, reason in list(rejected.items())[:_REASONS_SHOWN]:
        console.print(printable(f"rejected {name}: {reason}"), soft_wrap=True)
    if len(rejected) > _REASONS_SHOWN:
        more = len(rejected) - _REASONS_SHOWN
        console.print(
            f"{more:,} more were rejected: python -m data_prep info {store.path} --log LOG.csv",
            soft_wrap=True,
        )
