"""``python -m benchmarks.prep``: conversion of .skeleton files to a store, compared with its goals.

It needs about 2 GB of disk and half a minute per 2,000 recordings. The speed of CTR-GCN was
measured on another machine with 2 cores.
"""

import argparse
import tempfile
import time
from pathlib import Path

from action_rec.store.reader import Store
from benchmarks.measurements import Measurement, report
from benchmarks.prep_data import make_recordings, repeat_store
from benchmarks.prep_runs import KILLS, convert, kill_and_resume

_CTR_GCN = 12  # MB/s, for its three scripts together
_SEQUENCES_NTU60, _SEQUENCES_NTU120 = 56_578, 113_945
_FEW = 500


def opening_time(path: Path) -> float:
    """Return the shortest of ten times to open a store, in seconds."""
    times = []
    for _ in range(10):
        start = time.perf_counter()
        Store(path)
        times.append(time.perf_counter() - start)
    return min(times)


def measure(folder: Path, count: int) -> list[Measurement]:
    """Generate `count` recordings in `folder` and return all measurements."""
    few, many = folder / "few", folder / "many"
    make_recordings(few, _FEW)
    size = sum(path.stat().st_size for path in make_recordings(many, count)) / 1e6
    out = folder / "out.h5"
    _, peak_few = convert(few, folder / "few.h5")
    seconds, peak = convert(many, out)
    expected = out.read_bytes()
    speed = size / seconds

    orders = [folder / f"{workers}.h5" for workers in (1, 3)]
    for path, workers in zip(orders, (1, 3), strict=True):
        convert(many, path, workers)
    same_order = all(path.read_bytes() == expected for path in orders)
    for _ in kill_and_resume(many, folder / "killed.h5", out, seed=0):
        pass
    same = (folder / "killed.h5").read_bytes() == expected

    extrapolated = len(expected) / count * _SEQUENCES_NTU60 / 1e9
    large = repeat_store(Store(folder / "few.h5"), folder / "large.h5", _SEQUENCES_NTU120 // _FEW)
    opening = opening_time(large.path)
    what = f"{count:,} recordings"
    return [
        Measurement(
            "end to end", f"{speed:.0f} MB/s", ">= 100 MB/s", speed >= 100, f"{what}, cached"
        ),
        Measurement(
            "against CTR-GCN",
            f"{speed / _CTR_GCN:.1f} x",
            ">= 8 x",
            speed >= 8 * _CTR_GCN,
            f"its {_CTR_GCN} MB/s were measured on another machine with 2 cores",
        ),
        Measurement(
            "peak memory", f"{peak:.0f} MB", "< 600 MB", peak < 600, f"all processes, {what}"
        ),
        Measurement(
            "growth of memory",
            f"{peak - peak_few:+.0f} MB",
            "the same",
            peak - peak_few < 0.1 * peak_few + 1e-3 * (count - _FEW),
            f"compared with {peak_few:.0f} MB for {_FEW} recordings",
        ),
        Measurement(
            "store of NTU60",
            f"{extrapolated:.2f} GB",
            "< 2.5 GB",
            extrapolated < 2.5,
            f"extrapolated to {_SEQUENCES_NTU60:,} sequences",
        ),
        Measurement(
            "opening",
            f"{opening:.3f} s",
            "< 0.1 s",
            opening < 0.1,
            f"{len(large.names):,} sequences, {large.path.stat().st_size / 1e9:.1f} GB",
        ),
        Measurement(
            "resume",
            "same bytes" if same else "DIFFERENT",
            "same content",
            same,
            f"kill -9 {len(KILLS)} times at random",
        ),
        Measurement(
            "order",
            "same bytes" if same_order else "DIFFERENT",
            "same content",
            same_order,
            "1, 2 and 3 workers",
        ),
    ]


def main() -> None:
    """Measure, print the table and write `results/prep.json`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recordings", type=int, default=4000, help="500 to 56,578")
    parser.add_argument("--folder", type=Path, help="folder of temporary files")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        report("prep", measure(Path(folder), options.recordings))


if __name__ == "__main__":
    main()
