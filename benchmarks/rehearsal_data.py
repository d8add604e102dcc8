"""Synthetic recordings with the names and about the lengths of NTU RGB+D 60, one zip per setup.

``python -m benchmarks.rehearsal_data FOLDER --share 0.1`` writes them.
"""

import argparse
import math
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import groupby
from multiprocessing import get_context
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import numpy as np

from action_rec.skeletons.ntu import BENCHMARKS, SampleName, all_names, missing_names
from data_prep.synthesis.recording import Conditions, recording_text

_TYPICAL, _SPREAD = 75, 0.3  # frames, and standard deviation of their logarithm: 79 in the mean
# Those of `Conditions.frames`; a performance has 0.6 to 1.4 times as many: 300 at most, as in NTU.
_FEWEST, _MOST = 25, 214
_MESS = 0.1


def chosen_names(share: float) -> list[SampleName]:
    """Return a random share of the 56,880 names, sorted; a smaller share is a subset."""
    names = list(all_names("ntu60"))
    order = np.random.default_rng(0).permutation(len(names))
    return [names[index] for index in sorted(order[: max(1, round(share * len(names)))])]


def expected_counts(names: Sequence[SampleName]) -> dict[str, tuple[int, int]]:
    """Return the (train, test) sequences of each benchmark, without those listed as missing."""
    kept = [name for name in names if str(name) not in missing_names()]
    counts = {}
    for benchmark in BENCHMARKS["ntu60"]:
        train = sum(name.is_train("ntu60", benchmark) for name in kept)
        counts[benchmark] = (train, len(kept) - train)
    return counts


def make_zips(folder: Path, names: Sequence[SampleName], workers: int) -> int:
    """Write the recordings of every setup into a zip, unless it is there; return bytes of text.

    One setup after the other, and never a file of text: the whole set has 12 GB of it. The zips
    are converted as downloaded ones are, without unpacking.

    Args:
        folder: Folder of the zips.
        names: What to synthesize, sorted.
        workers: Number of processes that synthesize; this one packs.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        for setup, group in groupby(names, key=lambda name: name.setup):
            path = folder / f"S{setup:03}.zip"
            if not path.exists():
                # The cameras of a performance one after the other: it is simulated once.
                order = sorted(group, key=lambda n: (n.subject, n.replication, n.action, n.camera))
                recordings = zip(order, pool.map(_text, order, chunksize=24), strict=True)
                _pack(path, recordings)
    return sum(_size_of_text(path) for path in folder.glob("*.zip"))


def _pack(path: Path, recordings: Iterator[tuple[SampleName, bytes]]) -> None:
    partial = path.with_suffix(".partial")
    with ZipFile(partial, "w", ZIP_DEFLATED, compresslevel=1) as archive:
        for name, text in recordings:
            archive.writestr(f"nturgb+d_skeletons/{name}.skeleton", text)
    partial.replace(path)


def _text(name: SampleName) -> bytes:
    return recording_text(name, Conditions(frames=_typical_frames(name), mess=_MESS))


def _typical_frames(name: SampleName) -> int:
    """Draw the length of a performance, the same for its three cameras."""
    key = (name.setup, name.subject, name.replication, name.action)
    rng = np.random.default_rng(np.random.SeedSequence(0, spawn_key=key))
    return int(np.clip(rng.lognormal(math.log(_TYPICAL), _SPREAD), _FEWEST, _MOST))


def _size_of_text(path: Path) -> int:
    with ZipFile(path) as archive:
        return sum(info.file_size for info in archive.infolist())


def main() -> None:
    """Write the zips and print the megabytes of text in them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--share", type=float, default=1.0, help="share of the 56,880 recordings")
    options = parser.parse_args()
    size = make_zips(options.folder, chosen_names(options.share), os.cpu_count() or 1)
    print(f"{size / 1e6:.1f}")


if __name__ == "__main__":
    main()
