"""A few dozen variants of a checkpoint and of a store, through all commands that read one."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    "module", ["tests.checkpoints.hostile_checkpoints", "tests.store.hostile_stores"]
)
def test_no_variant_ends_in_a_traceback(module: str) -> None:
    words = [sys.executable, "-m", module, "--variants", "24"]
    # A process of its own, for it forks: that of pytest has threads.
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert "FOUND" not in done.stdout
    assert done.stdout.count(": 2: ") > 3  # that some were refused
