"""The log of a store as a table: what became of every recording, and why."""

import csv
from collections.abc import Iterator
from pathlib import Path

from action_rec.errors import InputError
from action_rec.store.reader import Store
from data_prep.inspect.completeness import completeness

_COLUMNS = ("recording", "state", "frames", "recorded_frames", "bodies", "decision")


def write_listing(store: Store, path: Path) -> None:
    """Write a CSV file of all recordings, sorted by name.

    Its state is `stored`; `extra`, stored although the data set has no such recording; `rejected`;
    or `missing`, never found. The decision is what the rules did with the bodies, or the reason.

    Raises:
        InputError: The file cannot be written.
    """
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(_COLUMNS)
            writer.writerows(sorted(_rows(store)))
    except OSError as error:
        raise InputError(
            f"--log '{path}' cannot be written ({error.strerror}); name another file"
        ) from None


def _rows(store: Store) -> Iterator[tuple[str, ...]]:
    against = completeness(store)
    extra = set(against.extra) if against else set()
    columns = (store.length, store.recorded_frames, store.bodies)
    numbers = zip(*(map(str, column.tolist()) for column in columns), strict=True)
    for name, row, decision in zip(store.names.tolist(), numbers, store.decisions(), strict=True):
        yield (name, "extra" if name in extra else "stored", *row, decision)
    for name, reason in store.rejected().items():
        yield (name, "rejected", "", "", "", reason)
    for name in against.missing if against else ():
        yield (name, "missing", "", "", "", "")
