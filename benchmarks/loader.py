"""``python -m benchmarks.loader``: clips a second out of a store, in one process.

A store of 20,000 sequences is made of 480 synthesized ones: 0.6 GB, more than a processor's cache.
Clips are of 20 frames and two bodies, in batches of 128, as in training: as they are recorded, and
turned by up to 60 degrees about x and y with all four streams side by side.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from action_rec.batch import ClipBatch
from action_rec.data.augmentation import Augmentation
from action_rec.data.clip_format import ClipFormat
from action_rec.data.clips import ClipDataset
from action_rec.data.loading import BatchSampler
from action_rec.data.resumable import ResumableLoader
from action_rec.data.sampling import name_keys
from action_rec.store.reader import Store
from benchmarks.goals import Figure, show
from benchmarks.memory import own_memory
from benchmarks.prep_data import make_recordings, repeat_store
from benchmarks.prep_runs import convert

_DISTINCT, _COPIES = 480, 42
_BATCH = 128
_PLAIN = ClipFormat(clip_len=20, num_bodies=2)
_TURNED = replace(
    _PLAIN,
    augmentation=Augmentation(rotation=(60.0, 60.0, 0.0)),
    streams=("joint", "bone", "joint_motion", "bone_motion"),
)


def loader_of(
    store: Store,
    sequences: NDArray[np.int64],
    clips: ClipFormat = _PLAIN,
) -> ResumableLoader[ClipBatch]:
    """The loader that training uses, over some sequences."""
    keys = name_keys(store.names[sequences].tolist())
    order = BatchSampler(sequences, keys, _BATCH, shuffle=True, seed=0)
    return ResumableLoader(ClipDataset(store, clips), order)


def clips_per_second(loader: ResumableLoader[ClipBatch], epochs: int) -> float:
    """Clips a second in the fastest of some epochs."""
    best = 0.0
    for _ in range(epochs):
        start, clips = time.perf_counter(), 0
        for batch in loader:
            clips += len(batch.clip)
        best = max(best, clips / (time.perf_counter() - start))
    return best


def growth(run: Callable[[], object]) -> float:
    """By how many MB this process grows while something runs a second time."""
    run()
    before = own_memory()
    run()
    return own_memory() - before


def measure(folder: Path, epochs: int) -> list[Figure]:
    """All figures, with data made in a folder."""
    raw = folder / "raw"
    make_recordings(raw, _DISTINCT)
    convert(raw, folder / "distinct.h5")
    store = repeat_store(Store(folder / "distinct.h5"), folder / "store.h5", _COPIES)
    pairs = np.flatnonzero(store.bodies == 2)
    every = np.arange(len(store.names))
    paired = np.resize(pairs, len(every))
    of_pairs = clips_per_second(loader_of(store, paired), epochs)
    turned = loader_of(store, paired, _TURNED)
    of_turned = clips_per_second(turned, epochs)
    mixed = loader_of(store, every)
    of_all = clips_per_second(mixed, epochs)
    grown = growth(lambda: clips_per_second(mixed, 1) + clips_per_second(turned, 1))
    return [
        Figure(
            "clips of two bodies",
            f"{of_pairs:,.0f} / s",
            ">= 100,000 / s",
            of_pairs >= 100_000,
            f"{len(pairs):,} sequences",
        ),
        Figure(
            "clips of all",
            f"{of_all:,.0f} / s",
            ">= 100,000 / s",
            of_all >= 100_000,
            f"{len(every):,} sequences, two bodies in {(store.bodies == 2).mean():.0%} of them",
        ),
        Figure(
            "with rotation and streams",
            f"{of_turned:,.0f} / s",
            ">= 25,000 / s",
            of_turned >= 25_000,
            "joint, bone and both motions, turned by up to 60 degrees about x and y",
        ),
        Figure("growth in an epoch", f"{grown:+.1f} MB", "none", grown < 1, "own memory"),
    ]


def main() -> None:
    """Measure, print the table and write `results/loader.json`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--folder", type=Path, help="where to work; a temporary one if not given")
    options = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        show("loader", measure(Path(folder), options.epochs))


if __name__ == "__main__":
    main()
