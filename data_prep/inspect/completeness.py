"""Comparison of the recordings of a store with the complete NTU RGB+D."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import get_args

from action_rec.skeletons.ntu import KNOWN_TOTALS, Dataset, all_names, missing_names
from action_rec.store.reader import Store

_TITLES: dict[Dataset, str] = {"ntu60": "NTU RGB+D 60", "ntu120": "NTU RGB+D 120"}


@dataclass(frozen=True)
class Completeness:
    """Differences between a store and the complete data set; all lists are sorted.

    Attributes:
        dataset: The data set.
        covers_all: Whether every setup, camera, subject, replication and action occurs, or more
            recordings are stored than the set has. Any other store is a subset by intention, in
            which missing recordings are not an error.
        expected: Number of recordings of the complete set, without `missing_names`.
        missing: Expected recordings that are neither stored nor rejected.
        rejected: Expected recordings that were found and rejected.
        extra: Stored recordings that are not in the data set.
    """

    dataset: Dataset
    covers_all: bool
    expected: int
    missing: list[str]
    rejected: list[str]
    extra: list[str]

    @property
    def stored(self) -> int:
        """The number of expected recordings that are stored."""
        return self.expected - len(self.missing) - len(self.rejected)

    @property
    def complete(self) -> bool:
        """Whether exactly the expected recordings are stored."""
        return not (self.missing or self.rejected or self.extra)

    @property
    def part(self) -> str:
        """A description of the subset that is stored; empty if `covers_all`."""
        if self.covers_all:
            return ""
        others = f", with {len(self.extra):,} of other names" if self.extra else ""
        return (
            f"{self.stored:,} of {self.expected:,} sequences: a part of {_TITLES[self.dataset]}"
            f"{others}; known totals are compared for complete sets only"
        )


@cache
def expected_names(dataset: Dataset) -> frozenset[str]:
    """Return the recordings of the complete set, without `missing_names`."""
    return frozenset(map(str, all_names(dataset))) - missing_names()


def compare_names(
    dataset: Dataset, stored: Collection[str], rejected: Mapping[str, str]
) -> Completeness:
    """Compare the names of stored and rejected recordings with the complete data set."""
    expected = expected_names(dataset)
    not_stored = expected - set(stored)
    missing = not_stored - rejected.keys()
    all_parts = _parts(expected - missing) == _parts(expected)
    return Completeness(
        dataset=dataset,
        covers_all=all_parts or len(stored) > len(expected),
        expected=len(expected),
        missing=sorted(missing),
        rejected=sorted(not_stored & rejected.keys()),
        extra=sorted(set(stored) - expected),
    )


def _parts(names: Iterable[str]) -> set[str]:
    """Return all parts of names, such as S001, C002, P003, R002 and A013."""
    return {name[start : start + 4] for name in names for start in range(0, 20, 4)}


def completeness(store: Store) -> Completeness | None:
    """Compare a store with its data set; return None if that is not NTU RGB+D."""
    for dataset in get_args(Dataset):
        if store.dataset == dataset:
            return compare_names(dataset, store.names.tolist(), store.rejected())
    return None


def known_totals(store: Store) -> dict[str, tuple[int, int]]:
    """Return the numbers of train and test sequences of the complete set, by benchmark."""
    return {
        benchmark: totals
        for (dataset, benchmark), totals in KNOWN_TOTALS.items()
        if dataset == store.dataset
    }
