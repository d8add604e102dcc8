"""CSV log of all recordings of a store with their states and reasons."""

import csv
from collections.abc import Iterator
from pathlib import Path

from action_rec.errors import InputError
from action_rec.store.reader import Store
from data_prep.inspect.completeness import completeness

_COLUMNS = ("recording", "state", "frames", "recorded_frames", "bodies", "decision")


def write_listing(store: Store, path: Path) -> None:
    """Write a CSV file of all recordings, sorted by name.

    The state of a recording is `stored`; `extra` (stored, but not in the data set); `rejected`; or
    `missing` (not found). The decision is that of the rules about its bodies, or the reason of the
    rejection.

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
    comparison = completeness(store)
    extra = set(comparison.extra) if comparison else set()
    columns = (store.length, store.recorded_frames, store.bodies)
    numbers = zip(*(map(str, column.tolist()) for column in columns), strict=True)
    for name, row, decision in zip(store.names.tolist(), numbers, store.decisions(), strict=True):
        yield (name, "extra" if name in extra else "stored", *row, decision)
    for name, reason in store.rejected().items():
        yield (name, "rejected", "", "", "", reason)
    for name in comparison.missing if comparison else ():
        yield (name, "missing", "", "", "", "")
