"""Some variants of a config, of scores and of results, through the commands that read them."""

import os
import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    ("module", "variants"),
    [("tests.console.hostile_configs", "10"), ("tests.analysis.hostile_scores", "40")],
)
def test_no_variant_ends_in_a_traceback(module: str, variants: str) -> None:
    words = [sys.executable, "-m", module, "--variants", variants]
    environment = {**os.environ, "WANDB_MODE": "offline", "OMP_NUM_THREADS": "1"}
    # A process of its own, for it forks: that of pytest has threads.
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert "FOUND" not in done.stdout
    assert ": 2: " in done.stdout  # that some were refused
