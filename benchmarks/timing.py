"""Time functions in turns, and describe the machine."""

import os
import platform
import time
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch


def shortest_times(
    peers: dict[str, Callable[[], object]], seconds: float = 10.0, calls: int = 1
) -> dict[str, float]:
    """Call `peers` in turns and return the shortest time of each, in milliseconds.

    The shortest time is the least affected by other processes.

    Args:
        peers: Functions by name.
        seconds: Total duration; there are at least five turns.
        calls: Number of consecutive calls of a function in a turn. Several calls keep a GPU busy
            while the host prepares the next one.
    """
    for call in peers.values():
        call()  # compiles
    best = dict.fromkeys(peers, float("inf"))
    rounds, end = 0, time.perf_counter() + seconds
    while rounds < 5 or time.perf_counter() < end:
        for name, call in peers.items():
            synchronize()
            start = time.perf_counter()
            for _ in range(calls):
                call()
            synchronize()
            best[name] = min(best[name], 1e3 * (time.perf_counter() - start) / calls)
        rounds += 1
    return best


def synchronize() -> None:
    """Wait for the GPU, if there is one."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def machine_facts() -> dict[str, Any]:
    """Return the processors, threads and versions of this machine."""
    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else None
    facts: dict[str, Any] = {
        "cpu": _cpu_model(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "load": os.getloadavg()[0],  # above the number of threads if other processes ran
        "gpu": gpu,
        "python": platform.python_version(),
        "cuda": torch.version.cuda,
    }
    for package in ("torch", "numba", "numpy", "triton", "cupy-cuda12x"):
        try:
            facts[package] = version(package)
        except PackageNotFoundError:
            facts[package] = None
    return facts


def _cpu_model() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    models = (line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    return next(models, platform.processor())
