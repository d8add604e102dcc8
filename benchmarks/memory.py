"""Measure the memory of processes, from /proc (Linux only)."""

import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

_PAGE = os.sysconf("SC_PAGE_SIZE")


def resident(process_id: int) -> int:
    """Return the bytes of a process in memory, mapped files included; 0 if it has ended."""
    try:
        return int(Path(f"/proc/{process_id}/statm").read_text(encoding="ascii").split()[1]) * _PAGE
    except (OSError, IndexError):
        return 0


def own_share(process_id: int) -> int:
    """Return the bytes of a process without mapped files; 0 if it has ended.

    Pages that several processes share are divided among them. Pages of a mapped store are left out:
    they count as memory once they are read, although the system can drop them at any time.
    """
    try:
        lines = Path(f"/proc/{process_id}/smaps_rollup").read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0
    kinds = ("Pss_Anon:", "Pss_Shmem:")
    return sum(1024 * int(line.split()[1]) for line in lines if line.startswith(kinds))


def peak_of_tree(
    process: "subprocess.Popen[bytes]",
    seconds: float = 0.05,
    memory: Callable[[int], int] = resident,
) -> float:
    """Wait for a process; return the peak memory of it and its descendants together, in MB.

    Args:
        process: The process.
        seconds: Sampling interval.
        memory: Returns the bytes of one process: `own_share`, or `resident`, an upper bound, since
            shared pages are counted once per process.
    """
    peak = 0
    while process.poll() is None:
        peak = max(peak, sum(map(memory, _tree(process.pid))))
        time.sleep(seconds)
    return peak / 1e6


def own_memory() -> float:
    """Return the anonymous memory of this process, without mapped files, in MB."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon")) / 1e3


def proportional_memory() -> float:
    """Return the proportional set size (PSS) of this process, in MB."""
    lines = Path("/proc/self/smaps_rollup").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1e3


def _tree(process_id: int) -> list[int]:
    tree = [process_id]
    for parent in tree:
        try:
            children = Path(f"/proc/{parent}/task/{parent}/children").read_text(encoding="ascii")
        except OSError:
            continue  # the process has ended
        tree += map(int, children.split())
    return tree
