"""The sequences of each split: a benchmark gives train and test, few give val too."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from action_rec.errors import InputError
from action_rec.store.reader import Store

Split = Literal["train", "val", "test", "all"]
ValFrom = Literal["sequences", "subjects", "cameras"]


def split_sequences(
    store: Store, benchmark: str, val_from: ValFrom, val_share: float, seed: int
) -> dict[Split, NDArray[np.int64]]:
    """Divide the sequences of a benchmark.

    A benchmark that defines a validation set keeps it. Neither NTU benchmark does, so val is taken
    out of train: a random share of its sequences, as in the IndRNN papers (5 %), or whole subjects
    or cameras, which makes val a question of unseen people or views, as test is.

    Args:
        store: The data set.
        benchmark: Name of the benchmark.
        val_from: What val is drawn from: ``sequences``, ``subjects`` or ``cameras``.
        val_share: Share of the train sequences (subjects, cameras) that becomes val, in [0, 1); 0
            for no val.
        seed: Of the choice.

    Returns:
        Sorted indices into the store, by split; ``all`` is every sequence of the store.

    Raises:
        InputError: The benchmark is unknown, or the store has no such column to draw val from.
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
