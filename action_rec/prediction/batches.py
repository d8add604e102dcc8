"""The sequences to predict, batch by batch, from stores and raw recordings."""

import sys
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from action_rec.checkpoints.trained import Trained, check_store
from action_rec.data.loading import evaluation_batch_size
from action_rec.errors import InputError
from action_rec.prediction.inputs import Inputs
from action_rec.prediction.raw import preparation_of, read_recordings, truth_of
from action_rec.store.reader import Store
from action_rec.store.sequences import MemorySequences, Sequences
from action_rec.store.splits import Split, split_sequences
from action_rec.store.units import Unit

_PER_BATCH = 240  # sequences, at least: enough to be fast, few enough for little memory


class Batch(NamedTuple):
    """Some sequences of a set, with the file and the true action of each.

    Attributes:
        sequences: The set.
        indices: (N,) which of its sequences.
        files: N files.
        truths: N actions; None if unknown.
    """

    sequences: Sequences
    indices: NDArray[np.int64]
    files: list[str]
    truths: list[str | None]


class Work:
    """All sequences to predict, checked against the network.

    Args:
        trained: The network.
        inputs: The files.
        split: The sequences of the stores, by the benchmark that the network was trained on.
        clips: Clips per sequence.
        unit: Of the coordinates of the recordings; None for that of the training data.

    Attributes:
        count: The number of sequences and recordings.
        rejected: The recordings that were left out so far, each with the reason.
        unscored: File and name of the sequences whose logits are not finite.

    Raises:
        InputError: The network was trained on other data than a store or recording holds, or the
            split is empty or not defined, or the recordings cannot be converted from the unit.
    """

    def __init__(
        self, trained: Trained, inputs: Inputs, split: Split, clips: int, unit: Unit | None = None
    ) -> None:
        self.trained = trained
        self.clips = clips
        self.class_names = trained.recognizer.class_names
        self.rejected: dict[str, str] = dict(inputs.rejected)
        self.unscored: set[tuple[str, str]] = set()
        if inputs.recordings and split != "all":
            raise InputError(
                f"--split {split} selects sequences of a store, but raw recordings were given "
                "too; leave out one of them"
            )
        if unit is not None and not inputs.recordings:
            raise InputError(
                f"--unit {unit} is the unit of recordings, but stores alone were given, which name "
                "theirs; leave it out"
            )
        self._recordings = inputs.recordings
        self._preparation = preparation_of(trained, unit) if inputs.recordings else None
        stores = [Store(path) for path in inputs.stores]
        for store in stores:
            check_store(trained, store, same_dataset=False)
            _print_other_rules(trained, store)
        self._stores = [(store, _select(trained, store, split)) for store in stores]
        self.count = len(inputs.recordings) + sum(len(selected) for _, selected in self._stores)

    def batches(self) -> Iterator[Batch]:
        """Yield all sequences."""
        # Whole batches of evaluation: a recording is scored in the same batch as in a store.
        batch = evaluation_batch_size(self.clips, self.trained.format.sampling)
        size = -(-_PER_BATCH // batch) * batch
        for store, selected in self._stores:
            for start in range(0, len(selected), size):
                part = selected[start : start + size]
                truths: list[str | None] = [store.class_names[k] for k in store.label[part]]
                yield Batch(store, part, [str(store.path)] * len(part), truths)
        if self._preparation is None:
            return
        recordings = read_recordings(self._recordings, self._preparation, self.rejected)
        while part_read := list(islice(recordings, size)):
            recorded, prepared = zip(*part_read, strict=True)
            names = [name for name, _ in recorded]
            files = [str(path) for _, path in recorded]
            sequences = MemorySequences(names, prepared, self._preparation.joint_set)
            truths = [truth_of(name, self.class_names) for name in names]
            yield Batch(sequences, np.arange(len(names)), files, truths)


def _print_other_rules(trained: Trained, store: Store) -> None:
    if (rules := store.provenance.get("rules", {})) != trained.source.get("rules", {}):
        print(
            f"note: {store.path} was prepared by the rules {rules}, but the network was trained on "
            f"{trained.source.get('rules')}",
            file=sys.stderr,
        )


def _select(trained: Trained, store: Store, split: Split) -> NDArray[np.int64]:
    if split == "all":
        return np.arange(len(store.names))
    source = trained.source
    selected = split_sequences(
        store,
        source["benchmark"],
        source["val_from"],
        source["val_share"] if split != "test" else 0.0,
        source["split_seed"],
    )[split]
    if len(selected) == 0:
        raise InputError(
            f"{store.path} has no {split} sequences for benchmark '{source['benchmark']}'; choose "
            "another --split"
        )
    return selected
