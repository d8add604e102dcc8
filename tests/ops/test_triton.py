"""Test the triton backend without a GPU: under the interpreter, and compiled to PTX."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]

pytest.importorskip("triton", reason="triton is not installed: pip install 'triton>=3.9'")


def test_interpreted_kernels_equal_the_loop() -> None:
    # A subprocess, because Triton reads TRITON_INTERPRET when it is imported.
    command = [sys.executable, "-m", "pytest", "-q", "-k", "triton", "tests/ops/test_backends.py"]
    command += ["-W", "ignore::RuntimeWarning"]  # of NumPy, on intended overflows
    environment = os.environ | {"TRITON_INTERPRET": "1", "CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "skipped" not in done.stdout


@pytest.mark.parametrize("activation", ["relu", "prelu", "elu", "tanh"])
@pytest.mark.parametrize("dtype", ["fp32", "bf16"])
@pytest.mark.parametrize("kernel", ["forward_kernel", "backward_kernel"])
def test_a_compiled_kernel_prefetches(kernel: str, dtype: str, activation: str) -> None:
    ptx = compile_for_hopper(kernel, dtype, activation)
    # 8 copies, in the prologue and the loop of a pipeline of 8 stages, for each tensor read.
    tensors = {"forward_kernel": 1, "backward_kernel": 3 if activation == "prelu" else 2}[kernel]
    assert ptx.count("cp.async.ca") == 8 * tensors


def compile_for_hopper(kernel: str, dtype: str, activation: str) -> str:
    import triton
    import triton.language as tl
    from triton.backends.compiler import GPUTarget
    from triton.compiler import ASTSource

    from action_rec.ops import gpu_kernels

    function: Any = getattr(gpu_kernels, kernel)
    names: list[str] = function.arg_names
    streams = dict.fromkeys(("x", "grad", "states", "grad_x"), f"*{dtype}")
    small = {"u": "*fp32", "h0": "*fp32", "lengths": "*i64", "grad_u": "*fp32", "grad_h0": "*fp32"}
    small |= {"slope": "*fp32", "grad_slope": "*fp32"}
    constants: dict[str, Any] = {"ACTIVATION": activation, "REVERSE": False, "WIDE": tl.float32}
    if activation != "prelu":
        absent = {"slope", "grad_slope", *(["x"] if kernel == "backward_kernel" else [])}
        constants |= dict.fromkeys(absent)
    constants |= {"BLOCK": 32 if dtype == "fp32" else 64, "STAGES": 8}
    constants |= {"x_column": 1, "grad_column": 1}
    types = streams | small | dict.fromkeys(constants, "constexpr")
    source = ASTSource(
        fn=function,
        signature={name: types.get(name, "i32") for name in names},
        constexprs={(i,): constants[name] for i, name in enumerate(names) if name in constants},
        # Sizes and strides are multiples of 16, as they are for 512 neurons.
        attrs={(i,): [["tt.divisibility", 16]] for i, n in enumerate(names) if n not in constants},
    )
    target = GPUTarget("cuda", 90, 32)
    options = {"num_warps": 1, "enable_fp_fusion": True}
    ptx: str = triton.compile(source, target=target, options=options).asm["ptx"]
    return ptx
