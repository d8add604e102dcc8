"""How much memory processes take, from what Linux says of them."""

import os
import subprocess
import time
from pathlib import Path

_PAGE = os.sysconf("SC_PAGE_SIZE")


def peak_of_tree(process: "subprocess.Popen[bytes]", seconds: float = 0.05) -> float:
    """Wait for a process to end; the largest sum of its memory and that of its children, in MB.

    Pages that several of them share are counted in each, so that this is an upper bound.
    """
    peak = 0
    while process.poll() is None:
        peak = max(peak, sum(map(_resident, _tree(process.pid))))
        time.sleep(seconds)
    return peak / 1e6


def own_memory() -> float:
    """Memory of this process that is its own, without mapped files, in MB."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon")) / 1e3


def proportional_memory() -> float:
    """Memory of this process, with its share of the pages that others have, too, in MB."""
    lines = Path("/proc/self/smaps_rollup").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1e3


def _tree(process_id: int) -> list[int]:
    found = [process_id]
    for parent in found:
        try:
            children = Path(f"/proc/{parent}/task/{parent}/children").read_text(encoding="ascii")
        except OSError:
            continue  # it has just ended
        found += map(int, children.split())
    return found


def _resident(process_id: int) -> int:
    try:
        return int(Path(f"/proc/{process_id}/statm").read_text(encoding="ascii").split()[1]) * _PAGE
    except (OSError, IndexError):
        return 0  # it has just ended
