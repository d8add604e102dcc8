"""``python -m benchmarks.loader``: clips per second loaded from a store by one process.

The store has 20,000 sequences, copies of 480 synthesized ones, and 0.6 GB, more than the cache of
a processor. Clips have 20 frames and two bodies, in batches of 128, as in training: once without
augmentation, and once with rotations by up to 60 degrees about x and y and all four streams.
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
from benchmarks.measurements import Measurement, report
from benchmarks.memory import own_memory
from benchmarks.prep_data import make_recordings, repeat_store
from benchmarks.prep_runs import convert

_DISTINCT, _COPIES = 480, 42
_BATCH = 128
_PLAIN = ClipFormat(clip_len=20, num_bodies=2)
_AUGMENTED = replace(
    _PLAIN,
    augmentation=Augmentation(rotation=(60.0, 60.0, 0.0)),
    streams=("joint", "bone", "joint_motion", "bone_motion"),
)


def loader_of(
    store: Store,
    sequences: NDArray[np.int64],
    clips: ClipFormat = _PLAIN,
) -> ResumableLoader[ClipBatch]:
    """Return a training loader of the given sequences, (N,)."""
    keys = name_keys(store.names[sequences].tolist())
    order = BatchSampler(sequences, keys, _BATCH, shuffle=True, seed=0)
    return ResumableLoader(ClipDataset(store, clips), order)


def clips_per_second(loader: ResumableLoader[ClipBatch], epochs: int) -> float:
    """Return the clips per second of the fastest of `epochs` epochs."""
    best = 0.0
    for _ in range(epochs):
        start, clips = time.perf_counter(), 0
        for batch in loader:
            clips += len(batch.clip)
        best = max(best, clips / (time.perf_counter() - start))
    return best


def growth(run: Callable[[], object]) -> float:
    """Return by how many MB this process grows in a second call of `run`."""
    run()
    before = own_memory()
    run()
    return own_memory() - before


def measure(folder: Path, epochs: int) -> list[Measurement]:
    """Generate the data in `folder` and return all measurements."""
    raw = folder / "raw"
    make_recordings(raw, _DISTINCT)
    convert(raw, folder / "distinct.h5")
    store = repeat_store(Store(folder / "distinct.h5"), folder / "store.h5", _COPIES)
    pairs = np.flatnonzero(store.bodies == 2)
    every = np.arange(len(store.names))
    paired = np.resize(pairs, len(every))
    pair_rate = clips_per_second(loader_of(store, paired), epochs)
    augmented = loader_of(store, paired, _AUGMENTED)
    augmented_rate = clips_per_second(augmented, epochs)
    mixed = loader_of(store, every)
    mixed_rate = clips_per_second(mixed, epochs)
    grown = growth(lambda: clips_per_second(mixed, 1) + clips_per_second(augmented, 1))
    return [
        Measurement(
            "clips of two bodies",
            f"{pair_rate:,.0f} / s",
            ">= 100,000 / s",
            pair_rate >= 100_000,
            f"{len(pairs):,} sequences",
        ),
        Measurement(
            "clips of all sequences",
            f"{mixed_rate:,.0f} / s",
            ">= 100,000 / s",
            mixed_rate >= 100_000,
            f"{len(every):,} sequences, {(store.bodies == 2).mean():.0%} with two bodies",
        ),
        Measurement(
            "with rotation and streams",
            f"{augmented_rate:,.0f} / s",
            ">= 25,000 / s",
            augmented_rate >= 25_000,
            "joint, bone and both motions, rotated by up to 60 degrees about x and y",
        ),
        Measurement("growth in an epoch", f"{grown:+.1f} MB", "none", grown < 1, "own memory"),
    ]


def main() -> None:
    """Measure, print the table and write `results/loader.json`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--folder", type=Path, help="folder of temporary files")
    options = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        report("loader", measure(Path(folder), options.epochs))


if __name__ == "__main__":
    main()
