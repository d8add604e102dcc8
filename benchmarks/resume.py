"""``python -m benchmarks.resume``: check that killed and resumed conversions write the same store.

Recordings of 15 to 35 frames are synthesized, 10 % of them with the faults of real ones and 1 %
truncated, and converted without interruption. A second conversion is killed (kill -9) at seeded
random times of each phase and resumed, and the last run completes it. All datasets and attributes
of the two stores are compared. 20,160 recordings take 2 GB of disk and two minutes.
"""

import argparse
import tempfile
from collections.abc import Iterator
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import h5py
import numpy as np

from action_rec.store.reader import Store
from benchmarks.measurements import Measurement, report
from benchmarks.prep_runs import KILLS, convert, kill_and_resume
from data_prep.convert.run_log import log_path
from data_prep.synthesis.command import synthesize

_FEW = 500
_ROWS = 100_000


def make_recordings(folder: Path, subjects: int, seed: int) -> list[Path]:
    """Synthesize 720 different recordings of each subject, and truncate one in 100."""
    with redirect_stdout(StringIO()):
        synthesize(folder, subjects=subjects, frames=25, mess=0.1, seed=seed)
    recordings = sorted(folder.iterdir())
    for path in recordings[::100]:
        path.write_bytes(path.read_bytes()[:5000])
    return recordings


def content(path: Path) -> dict[str, h5py.Dataset]:
    """Return all datasets of a store by name; the file stays open."""
    datasets: dict[str, h5py.Dataset] = {}
    h5py.File(path).visititems(
        lambda name, item: datasets.update({name: item}) if isinstance(item, h5py.Dataset) else None
    )
    return datasets


def differences(one: Path, other: Path) -> Iterator[str]:
    """Yield the names of the datasets and attributes in which two stores differ."""
    first, second = content(one), content(other)
    for name in sorted(first.keys() | second.keys()):
        if name not in first or name not in second or not _equal(first[name], second[name]):
            yield name
    if dict(first["poses"].file.attrs) != dict(second["poses"].file.attrs):
        yield "attributes"


def _equal(one: h5py.Dataset, other: h5py.Dataset) -> bool:
    return (one.shape, one.dtype) == (other.shape, other.dtype) and all(
        np.array_equal(one[row : row + _ROWS], other[row : row + _ROWS])
        for row in range(0, len(one), _ROWS)
    )


def measure(folder: Path, subjects: int, seed: int) -> list[Measurement]:
    """Generate recordings in `folder`, print each run, and return all measurements."""
    raw, few = folder / "raw", folder / "few"
    recordings = make_recordings(raw, subjects, seed)
    few.mkdir()
    for path in recordings[:_FEW]:
        (few / path.name).hardlink_to(path)
    _, peak_few = convert(few, folder / "few.h5")
    expected, out = folder / "expected.h5", folder / "out.h5"
    seconds, peak = convert(raw, expected)
    print(f"{len(recordings):,} recordings, converted without interruption in {seconds:.0f} s")
    for number, run in enumerate(kill_and_resume(raw, out, expected, seed), 1):
        print(f"run {number}: {run}")
    log = log_path(out).read_text(encoding="utf-8")
    print(f"{log_path(out).name}:\n{log}")
    different = list(differences(expected, out))
    same_bytes = expected.read_bytes() == out.read_bytes()
    counts = Store(out).provenance["counts"]
    datasets = len(content(out))
    return [
        Measurement(
            "content",
            f"{len(different)} datasets differ",
            "identical",
            not different,
            f"of {datasets}, and all attributes; {counts['converted']:,} sequences, "
            f"{counts['rejected']:,} rejected",
        ),
        Measurement("bytes", "the same" if same_bytes else "DIFFERENT", "the same", same_bytes),
        Measurement(
            "runs in the log",
            f"{log.count(' starts ')} + {log.count(' continues ')}",
            "1 or more + some",
            log.count(" finished ") == 1 and log.count(" was killed, ") == log.count(" continues "),
            f"kill -9 {len(KILLS)} times; a run killed before it opens its journal logs no line",
        ),
        Measurement("peak memory", f"{peak:.0f} MB", "< 600 MB", peak < 600, "all processes"),
        Measurement(
            "growth of memory",
            f"{peak - peak_few:+.0f} MB",
            "the same",
            peak - peak_few < 0.1 * peak_few + 1e-3 * (len(recordings) - _FEW),
            f"{len(recordings):,} recordings, compared with {peak_few:.0f} MB for {_FEW}",
        ),
    ]


def main() -> None:
    """Measure, print the table and write `results/resume.json`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--subjects", type=int, default=28, help="with 720 recordings each")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=Path, help="folder of temporary files")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        report("resume", measure(Path(folder), options.subjects, options.seed))


if __name__ == "__main__":
    main()
