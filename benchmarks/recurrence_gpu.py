"""Compare the recurrence on a GPU with the copy bandwidth, cuDNN's LSTM and a plain CUDA kernel."""

from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from itertools import product
from typing import Any

import torch
from rich import box
from rich.console import Console
from rich.table import Table
from torch import Tensor

from action_rec.ops import indrnn_recurrence
from action_rec.ops.operator import fast_recurrence, fast_recurrence_backward
from benchmarks.gpu import Budget
from benchmarks.timing import shortest_times

LARGE = (256, 1024, 512)  # 512 MB in float32
SMALL = ((50, 1024, 128), (128, 784, 128))
MIN_BANDWIDTH, MIN_OVER_LSTM = 0.8, 13
CALLS = 20  # consecutive calls in a turn
WARPS, STAGES = (1, 2, 4, 8), (2, 4, 8, 16)  # of the sweep
NOT_MEASURED = "not measured yet"
Row = dict[str, Any]

# A straightforward kernel: one thread per column, which loops over the steps.
COLUMN_KERNELS = r"""
extern "C" __global__ void forward(const float* x, const float* u, float* h, int T, int D, int n) {
    int column = blockIdx.x * blockDim.x + threadIdx.x;
    if (column >= n) return;
    long long at = (long long)(column / D) * T * D + column % D;
    float weight = u[column % D], state = 0;
    for (int t = 0; t < T; ++t, at += D) h[at] = state = fmaxf(x[at] + weight * state, 0);
}
extern "C" __global__ void backward(const float* g, const float* h, const float* u, float* gx,
                                    float* gu, int T, int D, int n) {
    int column = blockIdx.x * blockDim.x + threadIdx.x;
    if (column >= n) return;
    long long at = ((long long)(column / D) * T + T - 1) * D + column % D;
    float weight = u[column % D], carry = 0, total = 0;
    for (int t = T - 1; t >= 0; --t, at -= D) {
        float delta = h[at] > 0 ? g[at] + carry : 0;
        gx[at] = delta;
        if (t > 0) total += delta * h[at - D];
        carry = delta * weight;
    }
    gu[column] = total;
}
"""


def measure_gpu(console: Console) -> Row | str:
    """Print and return the results of the GPU, or `NOT_MEASURED` without CUDA and Triton."""
    if not torch.cuda.is_available() or find_spec("triton") is None:
        console.print(f"GPU: {NOT_MEASURED} (needs CUDA and Triton)")
        return NOT_MEASURED
    large, small = _measure_large(), [_measure_small(shape) for shape in SMALL]
    for title, rows in (
        (f"GPU, {LARGE}, float32: share of the copy bandwidth", [large]),
        ("GPU, float32, forward + backward, ms", small),
    ):
        table = Table(*rows[0], title=title, box=box.SIMPLE)
        for row in rows:
            table.add_row(*(f"{v:.3g}" if isinstance(v, float) else str(v) for v in row.values()))
        console.print(table)
    return {"large": large, "small": small}


def _inputs(shape: tuple[int, int, int]) -> tuple[Tensor, Tensor, Tensor]:
    torch.manual_seed(0)
    x, grad = torch.randn(2, *shape, device="cuda").unbind()
    return x, torch.empty(shape[2], device="cuda").uniform_(-1, 1), grad


def _measure_large() -> Row:
    x, u, grad = _inputs(LARGE)
    options = (None, None, "relu", False, "triton")
    states = fast_recurrence(x, u, *options)
    target = torch.empty_like(x)
    times = shortest_times(
        {
            "copy": lambda: target.copy_(x),
            "forward": lambda: fast_recurrence(x, u, *options),
            "backward": lambda: fast_recurrence_backward(grad, states, u, *options),
        },
        calls=CALLS,
    )
    shares = {
        "forward share": times["copy"] / times["forward"],
        "backward share": times["copy"] * 3 / 2 / times["backward"],
    }
    met = min(shares.values()) >= MIN_BANDWIDTH
    return {**times, **shares, "goal": MIN_BANDWIDTH, "met": met}


def _measure_small(shape: tuple[int, int, int]) -> Row:
    x, u, grad = _inputs(shape)
    lstm = torch.nn.LSTM(shape[2], shape[2], batch_first=True, device="cuda")
    parameters = [x.requires_grad_(), *lstm.parameters()]
    u.requires_grad_()
    peers: dict[str, Callable[[], object]] = {
        "triton": lambda: torch.autograd.grad(
            indrnn_recurrence(x, u, backend="triton"), (x, u), grad
        ),
        "cuDNN LSTM": lambda: torch.autograd.grad(lstm(x)[0], parameters, grad),
    }
    options = (None, None, "relu", False, "triton")
    plain_x, plain_u = x.detach(), u.detach()

    def kernels() -> None:
        states = fast_recurrence(plain_x, plain_u, *options)
        fast_recurrence_backward(grad, states, plain_u, *options)

    peers["its kernels"] = kernels  # without autograd, as for the column kernel
    if find_spec("cupy") is not None:
        peers["column kernel"] = _column_kernels(plain_x, plain_u, grad)
    times = shortest_times(peers, calls=CALLS)
    over_lstm = times["cuDNN LSTM"] / times["triton"]
    column = times.setdefault("column kernel", float("nan"))
    met = over_lstm >= MIN_OVER_LSTM and not column < times["its kernels"]
    return {"shape": shape, **times, "LSTM / triton": over_lstm, "goal": MIN_OVER_LSTM, "met": met}


def _column_kernels(x: Tensor, u: Tensor, grad: Tensor) -> Callable[[], object]:
    import cupy

    module = cupy.RawModule(code=COLUMN_KERNELS)
    forward, backward = module.get_function("forward"), module.get_function("backward")
    batch, steps, size = x.shape
    columns, threads = batch * size, 64
    blocks = ((columns + threads - 1) // threads,)
    states, grad_x, grad_u = torch.empty_like(x), torch.empty_like(x), x.new_empty(batch, size)
    numbers = tuple(map(cupy.int32, (steps, size, columns)))
    views = {t: cupy.asarray(t) for t in (x, u, grad, states, grad_x, grad_u)}

    def call() -> None:
        with cupy.cuda.ExternalStream(torch.cuda.current_stream().cuda_stream):
            forward(blocks, (threads,), (views[x], views[u], views[states], *numbers))
            inputs = (views[grad], views[states], views[u])
            backward(blocks, (threads,), (*inputs, views[grad_x], views[grad_u], *numbers))
            grad_u.sum(dim=0)

    return call


def recurrence(budget: Budget) -> Row:
    """Part of ``benchmarks.gpu``: the tables of `measure_gpu`, and the sweep of the constants."""
    console = Console(width=120)
    if budget.dry:
        shapes = {"small": (2, 3, 4)}
        return {"tables": NOT_MEASURED, "sweep": _sweep(shapes, "cpu", seconds=0.0)}
    tables = measure_gpu(console)
    shapes = {"large": LARGE, **{str(shape): shape for shape in SMALL}}
    return {"tables": tables, "sweep": _sweep(shapes, "cuda", min(2.0, budget.seconds / 200))}


def _sweep(shapes: dict[str, tuple[int, int, int]], device: str, seconds: float) -> Row:
    """Milliseconds of forward and backward kernels for every number of warps and stages."""
    from action_rec.ops import gpu

    kept, rows = gpu.constants, {}
    try:
        for name, shape in shapes.items():
            torch.manual_seed(0)
            x, grad = torch.randn(2, *shape, device=device).unbind()
            u = torch.empty(shape[2], device=device).uniform_(-1, 1)
            calls: dict[str, Callable[[], object]] = {
                "forward": partial(gpu.forward, x, u, None, None, "relu", False),
                "backward": partial(gpu.backward, grad, x, u, None, None, "relu", False),
            }
            for warps, stages in product(WARPS, STAGES):
                gpu.constants = partial(_constants, warps, stages)
                times = shortest_times(calls, seconds, calls=1 if device == "cpu" else CALLS)
                rows[f"{name}, {warps} warps, {stages} stages"] = times
            own = {key: sum(ms.values()) for key, ms in rows.items() if key.startswith(f"{name},")}
            print(f"fastest: {min(own, key=lambda key: own[key])}", flush=True)
    finally:
        gpu.constants = kept
    return rows


def _constants(warps: int, stages: int, columns: int) -> tuple[int, int]:
    """Take the place of `action_rec.ops.gpu.constants`."""
    return warps, stages
