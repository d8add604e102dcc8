"""Divide the sequences of a benchmark into train, val and test."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from action_rec.errors import InputError
from action_rec.store.reader import Store

Split = Literal["train", "val", "test", "all"]
ValFrom = Literal["sequences", "subjects", "cameras"]

_MIN_SUBJECTS = 3  # of two, the one that is held out would be half of train


def split_sequences(
    store: Store, benchmark: str, val_from: ValFrom, val_share: float, seed: int
) -> dict[Split, NDArray[np.int64]]:
    """Divide the sequences of a benchmark.

    A benchmark that defines a validation set keeps it. The NTU benchmarks do not, so val is taken
    from train: a random share of its sequences, as in the IndRNN papers (5 %), or whole subjects or
    cameras, so that val measures unseen people or views, as test does.

    Args:
        store: The data set.
        benchmark: Name of the benchmark.
        val_from: The groups that val is drawn from: ``sequences``, ``subjects`` or ``cameras``.
        val_share: Share of the train sequences (subjects, cameras) that becomes val, in [0, 1); 0
            for no val.
        seed: Seed of the choice.

    Returns:
        Sorted indices into the store, by split; ``all`` is every sequence of the store.

    Raises:
        InputError: The benchmark is unknown, `val_share` is out of range, or the store has no
            column for `val_from`.
    """
    if not 0 <= val_share < 1:
        raise InputError(f"val_share must be from 0 to below 1, got {val_share}; use e.g. 0.05")
    train, val = store.split(benchmark, "train"), store.split(benchmark, "val")
    if len(val) == 0 and val_share > 0:
        groups = _groups(store, train, val_from)
        held_out = np.isin(groups, _choose(np.unique(groups), val_share, seed))
        train, val = train[~held_out], train[held_out]
    return {
        "train": train,
        "val": val,
        "test": store.split(benchmark, "test"),
        "all": np.arange(len(store.names)),
    }


def choose_val_from(store: Store, benchmark: str, val_share: float, seed: int) -> ValFrom:
    """Choose what val is drawn from where a config leaves it open.

    Args:
        store: The data set.
        benchmark: Name of the benchmark.
        val_share: Share of the train subjects that becomes val.
        seed: Seed of the choice of subjects.

    Returns:
        ``subjects`` if train has at least three and the others have every class of train, else
        ``sequences``.
    """
    train = store.split(benchmark, "train")
    subjects = store.columns.get("subject")
    if subjects is None or len(np.unique(subjects[train])) < _MIN_SUBJECTS:
        return "sequences"
    rest = split_sequences(store, benchmark, "subjects", val_share, seed)["train"]
    every_class = np.array_equal(np.unique(store.label[rest]), np.unique(store.label[train]))
    return "subjects" if every_class else "sequences"


def _groups(store: Store, train: NDArray[np.int64], val_from: ValFrom) -> NDArray[np.int64]:
    if val_from == "sequences":
        return train
    column = val_from.removesuffix("s")
    if column not in store.columns:
        raise InputError(
            f"{store.path} has no {val_from} to draw val from; use val_from: sequences"
        )
    return store.columns[column][train]


def _choose(groups: NDArray[np.int64], share: float, seed: int) -> NDArray[np.int64]:
    """Choose at least one group for val and leave at least one for train."""
    count = min(max(1, round(share * len(groups))), max(len(groups) - 1, 0))
    return np.random.default_rng(seed).choice(groups, count, replace=False)
