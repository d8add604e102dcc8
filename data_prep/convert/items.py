"""What a source yields: items that can be read, and what they have in common.

Worker processes import this module and what an item reads; it must not import h5py.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

from action_rec.errors import InputError
from action_rec.skeletons.preparation import Preparation, PreparedSequence

Recorded = TypeVar("Recorded")


@dataclass(frozen=True, slots=True)
class Item(Generic[Recorded]):
    """A recording that can be read; it can be pickled.

    Attributes:
        name: Its name in the store.
        label: Its class, from 0.
        size: In bytes.
        read: Returns what the preparation needs, or raises InputError.
        columns: Those known of subject, camera, setup and replication, in the order in which the
            store is to hold them.
        benchmarks: By name, the split that it belongs to, as a store encodes it; also in order.
        fingerprint: What distinguishes its content from another one of the same name and size.
    """

    name: str
    label: int
    size: int
    read: Callable[[], Recorded]
    columns: Mapping[str, int] = field(default_factory=dict)
    benchmarks: Mapping[str, int] = field(default_factory=dict)
    fingerprint: str = ""


@dataclass(frozen=True)
class Collection(Generic[Recorded]):
    """All recordings of a source; every item has the same columns and benchmarks.

    Attributes:
        sources: The folders or files that hold the recordings.
        dataset: Name of the data set.
        class_names: K names.
        unit: Unit of the recorded coordinates.
        preparation: What makes sequences of the recordings.
        items: What to convert, sorted by name.
        rejected: What cannot be used, each with the reason.
        reading: How the recordings were read, as JSON for the provenance; empty if there is no
            choice.
        outside: The number of files that do not belong to the data set.
        expected: Returns the names of the complete data set; none if they are not known.
    """

    sources: Sequence[Path]
    dataset: str
    class_names: Sequence[str]
    unit: str
    preparation: Preparation[Recorded]
    items: Sequence[Item[Recorded]]
    rejected: Mapping[str, str] = field(default_factory=dict)
    reading: Mapping[str, Any] = field(default_factory=dict)
    outside: int = 0
    expected: Callable[[], frozenset[str]] = frozenset


def prepare_item(
    preparation: Preparation[Recorded], item: Item[Recorded]
) -> PreparedSequence | InputError:
    """Read and prepare a recording; or return why it is rejected."""
    try:
        if not (item.name.isascii() and item.name.isprintable()):
            raise InputError(f"name {item.name!r} is not plain printable ASCII; rename it")
        return preparation.prepare(item.read())
    except InputError as error:
        return error
