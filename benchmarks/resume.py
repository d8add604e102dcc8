"""``python -m benchmarks.resume``: a conversion killed again and again ends as if undisturbed.

Recordings of 15 to 35 frames are synthesized, a tenth of them with the faults of real ones and a
hundredth cut off, and converted undisturbed. Runs of another conversion are killed (kill -9) at
seeded random moments while they start, convert, and write the store; the last one is left alone.
Every dataset and attribute of the two stores is compared. 20,160 recordings take 2 GB of disk and
two minutes.
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
from benchmarks.goals import Figure, show
from benchmarks.prep_runs import KILLS, convert, kill_and_resume
from data_prep.convert.run_log import log_path
from data_prep.synthesis.command import synthesize

_FEW = 500
_ROWS = 100_000


def make_recordings(folder: Path, subjects: int, seed: int) -> list[Path]:
    """Synthesize 720 recordings of each subject, none like another, and cut some off."""
    with redirect_stdout(StringIO()):
        synthesize(folder, subjects=subjects, frames=25, mess=0.1, seed=seed)
    recordings = sorted(folder.iterdir())
    for path in recordings[::100]:
        path.write_bytes(path.read_bytes()[:5000])
    return recordings


def content(path: Path) -> dict[str, h5py.Dataset]:
    """All datasets of a store by name; the file stays open with them."""
    found: dict[str, h5py.Dataset] = {}
    file = h5py.File(path)
    file.visititems(
        lambda name, item: found.update({name: item}) if isinstance(item, h5py.Dataset) else None
    )
    return found


def differences(one: Path, other: Path) -> Iterator[str]:
    """The datasets and attributes in which two stores differ."""
    mine, others = content(one), content(other)
    for name in sorted(mine.keys() | others.keys()):
        if name not in mine or name not in others or not _equal(mine[name], others[name]):
            yield name
    if dict(mine["poses"].file.attrs) != dict(others["poses"].file.attrs):
        yield "attributes"


def _equal(one: h5py.Dataset, other: h5py.Dataset) -> bool:
    return (one.shape, one.dtype) == (other.shape, other.dtype) and all(
        np.array_equal(one[row : row + _ROWS], other[row : row + _ROWS])
        for row in range(0, len(one), _ROWS)
    )


def measure(folder: Path, subjects: int, seed: int) -> list[Figure]:
    """All figures, of recordings made in a folder; prints what was done to each run."""
    raw, few = folder / "raw", folder / "few"
    recordings = make_recordings(raw, subjects, seed)
    few.mkdir()
    for path in recordings[:_FEW]:
        (few / path.name).hardlink_to(path)
    _, peak_few = convert(few, folder / "few.h5")
    undisturbed, out = folder / "undisturbed.h5", folder / "out.h5"
    seconds, peak = convert(raw, undisturbed)
    print(f"{len(recordings):,} recordings, undisturbed in {seconds:.0f} s")
    for number, done in enumerate(kill_and_resume(raw, out, undisturbed, seed), 1):
        print(f"run {number}: {done}")
    log = log_path(out).read_text(encoding="utf-8")
    print(f"{log_path(out).name}:\n{log}")
    different = list(differences(undisturbed, out))
    same_bytes = undisturbed.read_bytes() == out.read_bytes()
    counts = Store(out).provenance["counts"]
    datasets = len(content(out))
    return [
        Figure(
            "content",
            f"{len(different)} datasets differ",
            "identical",
            not different,
            f"of {datasets}, and all attributes; {counts['converted']:,} sequences, "
            f"{counts['rejected']:,} rejected",
        ),
        Figure("bytes", "the same" if same_bytes else "DIFFERENT", "the same", same_bytes),
        Figure(
            "runs in the log",
            f"{log.count(' starts ')} + {log.count(' continues ')}",
            "1 or more + some",
            log.count(" finished ") == 1 and log.count(" was killed, ") == log.count(" continues "),
            f"kill -9 {len(KILLS)} times; a run killed before it opened its journal leaves no line",
        ),
        Figure("peak memory", f"{peak:.0f} MB", "< 600 MB", peak < 600, "all processes"),
        Figure(
            "growth of memory",
            f"{peak - peak_few:+.0f} MB",
            "the same",
            peak - peak_few < 0.1 * peak_few + 1e-3 * (len(recordings) - _FEW),
            f"{len(recordings):,} recordings against the {peak_few:.0f} MB of {_FEW}: their names",
        ),
    ]


def main() -> None:
    """Measure, print the table and write `results/resume.json`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--subjects", type=int, default=28, help="of 720 recordings each")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=Path, help="where to work; a temporary one if not given")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        show("resume", measure(Path(folder), options.subjects, options.seed))


if __name__ == "__main__":
    main()
