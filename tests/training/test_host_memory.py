"""Test that freed memory stays with the process if `keep_freed_memory` is called."""

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


def _megabytes_left(mode: str) -> float:
    result = subprocess.run(
        [sys.executable, "-c", _RESIDENT, mode], capture_output=True, text=True, check=True
    )
    return float(result.stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc and glibc")
def test_256_mib_of_a_freed_tensor_stay_with_the_process_only_on_request() -> None:
    assert _megabytes_left("kept") > 250
    assert _megabytes_left("returned") < 50
