"""The sequences that `predict` is asked about, batch by batch, whatever file they are in."""

import sys
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from action_rec.checkpoints.trained import Trained, check_joint_set
from action_rec.data.loading import evaluation_batch_size
from action_rec.errors import InputError
from action_rec.prediction.inputs import Inputs
from action_rec.prediction.raw import Preparation, read_recordings, stores_of, truth_of
from action_rec.store.reader import Store
from action_rec.store.splits import Split, split_sequences

_AT_ONCE = 240  # sequences: enough to be quick, few enough for little memory


class Batch(NamedTuple):
    """Sequences (N,) of a store, with the file and the truth of each."""

    store: Store
    sequences: NDArray[np.int64]
    sources: list[str]
    truths: list[str | None]


class Work:
    """What is to be predicted, checked against the network.

    Args:
        trained: The network.
        inputs: The files.
        split: The sequences of the stores, by the benchmark that the network was trained on.
        clips: Clips of each sequence.

    Attributes:
        count: How many sequences and recordings there are.
        rejected: The recordings that were left out so far, each with the reason.
        unscored: File and name of the sequences whose logits are not finite.

    Raises:
        InputError: The network was trained on other data than a store or recording holds, or a
            split is asked for that is empty or not defined.
    """

    def __init__(self, trained: Trained, inputs: Inputs, split: Split, clips: int) -> None:
        self.trained = trained
        self.clips = clips
        self.class_names = trained.recognizer.class_names
        self.rejected: dict[str, str] = {}
        self.unscored: set[tuple[str, str]] = set()
        if inputs.recordings and split != "all":
            raise InputError(
                f"--split {split} chooses sequences of a store, but .skeleton files were given, "
                "too; leave out one of them"
            )
        self._recordings = inputs.recordings
        self._preparation = Preparation.of(trained) if inputs.recordings else None
        stores = [Store(path) for path in inputs.stores]
        for store in stores:
            _check_alike(trained, store)
        self._stores = [(store, _sequences(trained, store, split)) for store in stores]
        self.count = len(inputs.recordings) + sum(len(chosen) for _, chosen in self._stores)

    def batches(self) -> Iterator[Batch]:
        """Yield all sequences; a batch of raw recordings is good until the next one."""
        # Whole batches of evaluation: a recording is scored beside the same others as in a store.
        batch = evaluation_batch_size(self.clips)
        size = -(-_AT_ONCE // batch) * batch
        for store, chosen in self._stores:
            for start in range(0, len(chosen), size):
                part = chosen[start : start + size]
                truths: list[str | None] = [store.class_names[k] for k in store.label[part]]
                yield Batch(store, part, [str(store.path)] * len(part), truths)
        if self._preparation is not None:
            good = read_recordings(self._recordings, self._preparation, self.rejected)
            for store, files in stores_of(good, self.trained, size):
                truths = [truth_of(file.stem, self.class_names) for file in files]
                yield Batch(store, np.arange(len(files)), [str(file) for file in files], truths)


def _check_alike(trained: Trained, store: Store) -> None:
    """Check that a store holds what the network was trained on; say where its rules differ.

    Raises:
        InputError: Joint set, coordinates, view or classes are others.
    """
    check_joint_set(trained, store)
    source, classes = trained.source, trained.recognizer.class_names
    view = store.provenance.get("view", "recorded")
    compared = {
        "coordinates per joint": (
            trained.frame_shape[2] // len(trained.format.streams),
            store.origin.shape[1],
        ),
        "view": (source.get("view", "recorded"), view),
        "number of classes": (len(classes), len(store.class_names)),
    }
    pairs = enumerate(zip(classes, store.class_names, strict=False))
    compared |= {f"class {label}": names for label, names in pairs}
    for what, (theirs, here) in compared.items():
        if theirs != here:
            raise InputError(
                f"the checkpoint was trained on dataset '{source.get('dataset')}', {what} "
                f"{theirs!r}, but {store.path} holds '{store.dataset}' with {here!r}; use a "
                "checkpoint trained on such data, or another store"
            )
    if (rules := store.provenance.get("rules", {})) != source.get("rules", {}):
        print(
            f"note: {store.path} was prepared by the rules {rules}, but the network was trained on "
            f"{source.get('rules')}",
            file=sys.stderr,
        )


def _sequences(trained: Trained, store: Store, split: Split) -> NDArray[np.int64]:
    if split == "all":
        return np.arange(len(store.names))
    source = trained.source
    chosen = split_sequences(
        store,
        source["benchmark"],
        source["val_from"],
        source["val_share"] if split != "test" else 0.0,
        source["split_seed"],
    )[split]
    if len(chosen) == 0:
        raise InputError(
            f"{store.path} has no {split} sequences for benchmark '{source['benchmark']}'; choose "
            "another --split"
        )
    return chosen
