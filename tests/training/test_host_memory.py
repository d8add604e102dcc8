"""What is freed stays with the process where it was asked for."""

import subprocess
import sys

import pytest

_RESIDENT = """
import sys
import torch
from action_rec.training.host_memory import keep_freed_memory

def resident():
    return int(open("/proc/self/statm").read().split()[1]) * 4096 / 2**20

if sys.argv[1] == "kept":
    assert keep_freed_memory()
before = resident()
block = torch.ones(64 * 2**20)
assert resident() - before > 250
del block
print(resident() - before)
"""


def _megabytes_left(how: str) -> float:
    done = subprocess.run(
        [sys.executable, "-c", _RESIDENT, how], capture_output=True, text=True, check=True
    )
    return float(done.stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc and glibc")
def test_freed_memory_stays_with_the_process_only_where_it_was_asked_for() -> None:
    """256 MiB that a tensor leaves behind."""
    assert _megabytes_left("kept") > 250
    assert _megabytes_left("given back") < 50
