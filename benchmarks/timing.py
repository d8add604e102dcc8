"""How the benchmarks take times, and what they say of the machine."""

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
    """Let `peers` take turns for so long, five times at least; return the shortest of each in ms.

    The shortest is what the machine can do: whatever else runs on it can only add to a time. With
    several `calls` in a row to a turn, a GPU works on one while the host prepares the next.
    """
    for call in peers.values():
        call()  # compiles
    best = dict.fromkeys(peers, float("inf"))
    rounds, end = 0, time.perf_counter() + seconds
    while rounds < 5 or time.perf_counter() < end:
        for name, call in peers.items():
            _wait_for_gpu()
            start = time.perf_counter()
            for _ in range(calls):
                call()
            _wait_for_gpu()
            best[name] = min(best[name], 1e3 * (time.perf_counter() - start) / calls)
        rounds += 1
    return best


def _wait_for_gpu() -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def machine_facts() -> dict[str, Any]:
    """Processors, threads and versions."""
    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else None
    facts: dict[str, Any] = {
        "cpu": _cpu_model(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "load": os.getloadavg()[0],  # more than this command's own threads: others ran beside it
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
