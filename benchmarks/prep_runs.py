"""Conversions in processes of their own: timed, watched, or killed on the way."""

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
# Where the runs are killed, one after the other: `starting` is also done by one that continues.
KILLS = ("starting", "converting", "starting", "converting", "converting", "writing")


def command(raw: Path, out: Path, workers: int) -> list[str]:
    """The command line of a conversion."""
    paths = [str(raw), str(out)]
    return [sys.executable, "-m", "data_prep", "ntu", *paths, f"--workers={workers}"]


def convert(raw: Path, out: Path, workers: int = 2) -> tuple[float, float]:
    """Convert in a process of its own; seconds from start to end, and its peak memory in MB."""
    start = time.perf_counter()
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command(raw, out, workers), stdout=quiet, stderr=quiet) as process:
        peak = peak_of_tree(process)
    if process.returncode:
        raise SystemExit(f"the conversion failed with status {process.returncode}")
    return time.perf_counter() - start, peak


def kill_and_resume(raw: Path, out: Path, like: Path, seed: int) -> Iterator[str]:
    """Run a conversion, kill it (kill -9) at random moments of each phase, and let it end at last.

    Args:
        raw: The recordings.
        out: The store to write.
        like: The store of an undisturbed run, which tells how much there is to do.
        seed: Another seed gives other moments.

    Yields:
        What was done to each run.
    """
    rng = random.Random(seed)
    with h5py.File(like) as file:
        size = file["poses"].nbytes
    thirds = iter(range(KILLS.count("converting")))
    for phase in KILLS:
        share = rng.random()
        if phase == "converting":  # each continues, and so is killed farther on
            share = (next(thirds) + share) / KILLS.count("converting")
        with subprocess.Popen(
            command(raw, out, 2), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as process:
            start = time.monotonic()
            while _progress(phase, out, size, time.monotonic() - start) < share:
                if process.poll() is not None:
                    raise SystemExit(f"it ended before it was {share:.0%} through {phase}")
                time.sleep(0.001)
            process.send_signal(signal.SIGKILL)
        yield f"killed {time.monotonic() - start:.1f} s after its start, {share:.0%} of {phase}"
    convert(raw, out)
    yield "left alone"


def _progress(phase: str, out: Path, size: int, seconds: float) -> float:
    """How much of a phase is done: of its time, or of the bytes that it writes."""
    if phase == "starting":
        return seconds / _STARTING
    partial = out.with_name(f"{out.name}.partial")
    growing = partial / ("data.bin" if phase == "converting" else "store.h5")
    try:
        return growing.stat().st_size / size
    except FileNotFoundError:
        return 0.0
