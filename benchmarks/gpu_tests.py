"""Part of ``benchmarks.gpu``: the tests of the kernels and of training on the device."""

import re
import subprocess
import sys

from benchmarks.gpu import Budget, Results

# The kernels against the float64 loop, and a network, DDP and autocast on a GPU.
_FILES = ("tests/ops/test_backends.py", "tests/ops/test_operator.py", "tests/test_gpu.py")
_DRY = ("tests/ops/test_backends.py", "-k", "triton and one_number or triton and odd")


def tests(budget: Budget) -> Results:
    """Run them; the counts of pytest, and the names of those that failed."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    command += _DRY if budget.dry else _FILES
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=max(budget.seconds, 1)
    )
    last = done.stdout.strip().splitlines()[-1] if done.stdout.strip() else done.stderr[-500:]
    print(last)
    counts = {kind: int(n) for n, kind in re.findall(r"(\d+) (passed|failed|skipped)", last)}
    names = re.findall(r"^FAILED (\S+)", done.stdout, re.MULTILINE)
    result: Results = {**counts, "names": names}
    return result if done.returncode == 0 else {**result, "failed": last}
