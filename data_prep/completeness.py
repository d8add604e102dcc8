"""What a store lacks of NTU RGB+D, or holds beyond it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from typing import get_args

from action_rec.data.ntu import KNOWN_TOTALS, Dataset, all_names, missing_names
from action_rec.data.store import Store


@dataclass(frozen=True)
class Completeness:
    """Names, sorted, held against those of the complete data set.

    Attributes:
        expected: Recordings of the complete set, without those whose skeletons are missing.
        missing: Those of them that are neither stored nor rejected.
        rejected: Those of them that were found and rejected.
        extra: Stored recordings that the data set does not have.
    """

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
    return Completeness(
        expected=len(expected),
        missing=sorted(lacking - rejected.keys()),
        rejected=sorted(lacking & rejected.keys()),
        extra=sorted(set(stored) - expected),
    )


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
