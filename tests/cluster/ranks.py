"""Processes that run the command line as ranks of one job; they are forked, to start at once."""

import contextlib
import json
import multiprocessing
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

Run = Callable[[], int]
Rank = multiprocessing.context.ForkProcess


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def run_module(module: str, jobs: list[list[str]]) -> None:
    """Run ``python -m module JOBS`` as two ranks, which do the jobs one after the other."""
    environment = {
        **os.environ,
        **{"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free_port()), "WORLD_SIZE": "2"},
        **{"NODE_RANK": "0", "OMP_NUM_THREADS": "1"},
    }
    ranks = [
        subprocess.Popen(
            [sys.executable, "-m", module, json.dumps(jobs)],
            env={**environment, "LOCAL_RANK": rank},
            cwd=Path(__file__).parents[2],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        for rank in "01"
    ]
    printed = [rank.communicate(timeout=300)[0].decode() for rank in ranks]
    assert [rank.returncode for rank in ranks] == [0, 0], "\n".join(printed)


def start(run: Run, ranks: int, log: Path) -> list[Rank]:
    """Start `run` on some ranks of this machine; what they print goes to the end of a file."""
    port, fork = free_port(), multiprocessing.get_context("fork")
    processes = [
        fork.Process(target=_rank, args=(run, rank, ranks, port, log)) for rank in range(ranks)
    ]
    for process in processes:
        process.start()
    return processes


def wait(processes: Sequence[Rank], seconds: float) -> list[int | None]:
    """Wait for processes; their statuses, None for one that had to be killed after that time."""
    end = time.monotonic() + seconds
    for process in processes:
        process.join(max(0.0, end - time.monotonic()))
    statuses = [process.exitcode for process in processes]
    for process in processes:
        process.kill()
        process.join()
    return statuses


def _rank(run: Run, rank: int, ranks: int, port: int, log: Path) -> None:
    with log.open("a", encoding="utf-8") as file:
        os.dup2(file.fileno(), sys.stdout.fileno())
        os.dup2(file.fileno(), sys.stderr.fileno())
    if ranks > 1:
        os.environ |= {
            **{"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "NODE_RANK": "0"},
            **{"LOCAL_RANK": str(rank), "WORLD_SIZE": str(ranks)},
        }
    status = 1
    with contextlib.suppress(SystemExit):
        status = run()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
