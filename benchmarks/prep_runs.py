"""Run conversions in subprocesses, measure their time and memory, and kill and resume them."""

import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import h5py

from benchmarks.memory import peak_of_tree

_STARTING = 1.5  # seconds in which a run imports, lists the files and reads its journal
# The phases in which consecutive runs are killed. A resumed run has the phase `starting` too.
KILLS = ("starting", "converting", "starting", "converting", "converting", "writing")


def command(raw: Path, out: Path, workers: int) -> list[str]:
    """Return the command line of a conversion."""
    paths = [str(raw), str(out)]
    return [sys.executable, "-m", "data_prep", "ntu", *paths, f"--workers={workers}"]


def convert(raw: Path, out: Path, workers: int = 2) -> tuple[float, float]:
    """Convert in a subprocess; return its duration in seconds and its peak memory in MB."""
    start = time.perf_counter()
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command(raw, out, workers), stdout=quiet, stderr=quiet) as process:
        peak = peak_of_tree(process)
    if process.returncode:
        raise SystemExit(f"the conversion failed with status {process.returncode}")
    return time.perf_counter() - start, peak


def kill_and_resume(raw: Path, out: Path, expected: Path, seed: int) -> Iterator[str]:
    """Kill (kill -9) and resume a conversion at random times of each phase, then complete it.

    Args:
        raw: The recordings.
        out: The store to write.
        expected: The store of an uninterrupted run, whose size is used to measure progress.
        seed: Seed of the random times.

    Yields:
        A description of each run.
    """
    rng = random.Random(seed)
    with h5py.File(expected) as file:
        size = file["poses"].nbytes
    thirds = iter(range(KILLS.count("converting")))
    for phase in KILLS:
        share = rng.random()
        if phase == "converting":  # each run starts where the previous one was killed
            share = (next(thirds) + share) / KILLS.count("converting")
        with subprocess.Popen(
            command(raw, out, 2), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as process:
            start = time.monotonic()
            while _progress(phase, out, size, time.monotonic() - start) < share:
                if process.poll() is not None:
                    raise SystemExit(f"the run ended before {share:.0%} of {phase}")
                time.sleep(0.001)
            process.send_signal(signal.SIGKILL)
        yield f"killed {time.monotonic() - start:.1f} s after its start, {share:.0%} of {phase}"
    convert(raw, out)
    yield "completed"


def _progress(phase: str, out: Path, size: int, seconds: float) -> float:
    """Return the completed fraction of a phase, of its time or of the bytes that it writes."""
    if phase == "starting":
        return seconds / _STARTING
    partial = out.with_name(f"{out.name}.partial")
    growing = partial / ("data.bin" if phase == "converting" else "store.h5")
    try:
        return growing.stat().st_size / size
    except FileNotFoundError:
        return 0.0
