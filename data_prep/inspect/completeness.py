"""What a store lacks of NTU RGB+D, or holds beyond it."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import get_args

from action_rec.skeletons.ntu import KNOWN_TOTALS, Dataset, all_names, missing_names
from action_rec.store.reader import Store

_TITLES: dict[Dataset, str] = {"ntu60": "NTU RGB+D 60", "ntu120": "NTU RGB+D 120"}


@dataclass(frozen=True)
class Completeness:
    """Names, sorted, held against those of the complete data set.

    A store *claims* to be the complete set where every setup, camera, subject, replication and
    action was found, or more is stored than the set has. Any other is a part, which is no fault.

    Attributes:
        dataset: The data set.
        claimed: Whether the store claims to be complete.
        expected: Recordings of the complete set, without those whose skeletons are missing.
        missing: Those of them that are neither stored nor rejected.
        rejected: Those of them that were found and rejected.
        extra: Stored recordings that the data set does not have.
    """

    dataset: Dataset
    claimed: bool
    expected: int
    missing: list[str]
    rejected: list[str]
    extra: list[str]

    @property
    def stored(self) -> int:
        """How many of the expected recordings are stored."""
        return self.expected - len(self.missing) - len(self.rejected)

    @property
    def complete(self) -> bool:
        """Whether exactly what is expected is stored."""
        return not (self.missing or self.rejected or self.extra)

    @property
    def part(self) -> str:
        """How much of the complete set is there; empty for a store that claims to be complete."""
        if self.claimed:
            return ""
        others = f", with {len(self.extra):,} of other names" if self.extra else ""
        return (
            f"{self.stored:,} of {self.expected:,} sequences: a part of {_TITLES[self.dataset]}"
            f"{others}; known totals are held against complete sets only"
        )


@cache
def expected_names(dataset: Dataset) -> frozenset[str]:
    """The recordings of the complete set, without those whose skeletons are missing."""
    return frozenset(map(str, all_names(dataset))) - missing_names()


def held_against(
    dataset: Dataset, stored: Collection[str], rejected: Mapping[str, str]
) -> Completeness:
    """Hold the names of what is stored, and of what was rejected, against the data set."""
    expected = expected_names(dataset)
    lacking = expected - set(stored)
    missing = lacking - rejected.keys()
    all_there = _parts(expected - missing) == _parts(expected)
    return Completeness(
        dataset=dataset,
        claimed=all_there or len(stored) > len(expected),
        expected=len(expected),
        missing=sorted(missing),
        rejected=sorted(lacking & rejected.keys()),
        extra=sorted(set(stored) - expected),
    )


def _parts(names: Iterable[str]) -> set[str]:
    """What occurs in names: S001, C002, P003, R002 and A013 of S001C002P003R002A013."""
    return {name[start : start + 4] for name in names for start in range(0, 20, 4)}


def completeness(store: Store) -> Completeness | None:
    """Hold a store against its data set; None if that is not NTU RGB+D."""
    for dataset in get_args(Dataset):
        if store.dataset == dataset:
            return held_against(dataset, store.names.tolist(), store.rejected())
    return None


def known_totals(store: Store) -> dict[str, tuple[int, int]]:
    """Train and test counts of the complete set, by benchmark."""
    return {
        benchmark: totals
        for (dataset, benchmark), totals in KNOWN_TOTALS.items()
        if dataset == store.dataset
    }
