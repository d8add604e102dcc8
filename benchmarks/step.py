"""``python -m benchmarks.step``: profile of a training step.

For every network, a step (forward, loss, backward, gradient clipping, Adam) at batch size 128 and
20 frames runs under the PyTorch profiler. Printed are the shares of the parts of a step, as medians
over several steps. The networks run in turns and are compared with two LSTM layers of the same
width and with a lower limit: the time of the memory traffic of recurrence, norm and dropout if they
were one operator.
"""

import argparse
import sys
import time
from collections.abc import Callable
from functools import partial
from statistics import median
from typing import Any

import torch
from rich import box
from rich.console import Console
from rich.table import Table
from torch import nn
from torch.nn import functional
from torch.profiler import ProfilerActivity, profile, record_function

from action_rec.models import LSTM, ResidualIndRNN, StackedIndRNN
from benchmarks.measurements import write_results
from benchmarks.timing import synchronize

BATCH, FRAMES = 128, 20
ROUNDS = 7
# Accesses to (B, T, D) per layer. Forward: read x, write the states and their sums; read them,
# write y. Backward: read the gradient and the states for the sums, and again to write the gradient
# of x.
FEWEST_MOVES = 9
GPU_CALLS = 50
GPU_GOAL = 600  # steps of residual-11 per second
GOAL = 0.1  # share of plain-6 on the CPU outside the linear layers

NETWORKS: dict[str, Callable[[], nn.Module]] = {
    "plain-6": lambda: StackedIndRNN(60),
    "residual-11": lambda: ResidualIndRNN(60, num_blocks=5),
    "residual-21": lambda: ResidualIndRNN(60, num_blocks=10),
    "LSTM-2 (peer)": lambda: StackedIndRNN(60, num_layers=2, recurrence=LSTM),
}
LAYERS = {"plain-6": 6, "residual-11": 11, "residual-21": 21}
# Names of the operators of each part in the profiler, forward and backward.
PARTS = {
    "linear": ("aten::linear", "AddmmBackward"),
    "recurrence": ("indrnn_recurrence",),
    "norm": ("aten::batch_norm", "BatchNormBackward"),
    "dropout": ("aten::rand", "aten::floor_", "aten::div_", "aten::mul", "MulBackward"),
    "optimizer": ("Optimizer", "clip"),
}
Shares = dict[str, float]


def training_step(network: nn.Module, device: torch.device) -> Callable[[], None]:
    """Return a function that makes one optimizer step as `fit` does with the configs of papers."""
    network = network.to(device).train()
    clip = torch.randn(BATCH, FRAMES, 2, 25, 3, device=device)
    label = torch.randint(0, 60, (BATCH,), device=device)
    optimizer = torch.optim.Adam(network.parameters(), lr=2e-4, weight_decay=1e-4)

    def step() -> None:
        loss = functional.cross_entropy(network(clip), label)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        with record_function("clip"):
            nn.utils.clip_grad_value_(network.parameters(), 10.0)
        optimizer.step()

    return step


def shares_of(step: Callable[[], None]) -> Shares:
    """Run one step on the CPU under the profiler and return the share of each part."""
    with profile(activities=[ProfilerActivity.CPU]) as profiler:
        start = time.perf_counter()
        step()
        seconds = time.perf_counter() - start
    shares = dict.fromkeys(PARTS, 0.0)
    for event in profiler.events():
        if event.cpu_parent is None:
            for part, names in PARTS.items():
                if any(name in event.name for name in names):
                    shares[part] += 1e-6 * event.cpu_time_total / seconds
                    break
    return shares | {"rest": 1 - sum(shares.values())}


def seconds_of(step: Callable[[], object], device: torch.device) -> float:
    """Return the time of one step in seconds, on a GPU as the mean of consecutive steps."""
    calls = 1 if device.type == "cpu" else GPU_CALLS
    synchronize()
    start = time.perf_counter()
    for _ in range(calls):
        step()
    synchronize()
    return (time.perf_counter() - start) / calls


def seconds_of_a_move(device: torch.device) -> float:
    """Return the time to read or write features (B, T, 512), half of that of a copy."""
    sources = [torch.ones(BATCH, FRAMES, 512, device=device) for _ in range(12)]
    target = torch.empty_like(sources[0])
    copies = [seconds_of(partial(target.copy_, source), device) for source in 3 * sources]
    return min(copies) / 2


def measure(device: torch.device) -> list[dict[str, Any]]:
    """Return the shortest step of every network and, on the CPU, its median shares."""
    steps = {name: training_step(build(), device) for name, build in NETWORKS.items()}
    seconds: dict[str, list[float]] = {name: [] for name in steps}
    shares: dict[str, list[Shares]] = {name: [] for name in steps}
    for step in steps.values():
        step()  # compiles
    one_move = seconds_of_a_move(device)
    for _ in range(ROUNDS):
        for name, step in steps.items():
            seconds[name].append(seconds_of(step, device))
            if device.type == "cpu" and "LSTM" not in name:
                shares[name].append(shares_of(step))
    rows = []
    for name, times in seconds.items():
        row: dict[str, Any] = {"network": name, "step_ms": 1e3 * min(times)}
        row["clips_per_s"] = BATCH / min(times)
        if shares[name]:
            row["shares"] = {
                part: median(s[part] for s in shares[name]) for part in shares[name][0]
            }
            row["outside_linear"] = 1 - row["shares"]["linear"]
            row["limit"] = LAYERS[name] * FEWEST_MOVES * one_move / min(times)
        rows.append(row)
    return rows


def _print(rows: list[dict[str, Any]], device: torch.device) -> None:
    title = f"training step, batch {BATCH} x {FRAMES} frames, {device.type}"
    table = Table(title=title, box=box.SIMPLE)
    for heading in ("network", "ms", "vs LSTM", "outside", "limit", *list(PARTS)[1:], "rest"):
        table.add_column(heading, justify="left" if heading == "network" else "right")
    peer = rows[-1]["clips_per_s"]
    for row in rows:
        cells = [f"{row['step_ms']:.3g}", f"{row['clips_per_s'] / peer:.2f} x"]
        if "shares" in row:
            cells += [f"{row['outside_linear']:.1%}", f"{row['limit']:.1%}"]
            inner = list(row["shares"].items())[1:]
            cells += [f"{share:.1%}" if share else "-" for _, share in inner]
        table.add_row(row["network"], *cells)
    Console(width=None if sys.stdout.isatty() else 120).print(table)
    if device.type == "cpu":
        met = "met" if rows[0]["outside_linear"] <= GOAL else "not met"
        print(f"goal: plain-6 spends at most {GOAL:.0%} outside its linear layers: {met}")
    else:
        rate = next(1e3 / row["step_ms"] for row in rows if row["network"] == "residual-11")
        print(
            f"residual-11: {rate:.0f} steps per second without a loader, logging and val; the goal "
            f"is {GPU_GOAL} with fit"
        )


def main() -> None:
    """Measure on the CPU and, if there is one, on the GPU; print tables and write JSON."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    devices = ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]
    for name in devices:
        device = torch.device(name)
        rows = measure(device)
        _print(rows, device)
        write_results(f"step_{name}", rows=rows)
    if "cuda" not in devices:
        print(f"GPU: not measured yet (goal: residual-11, {GPU_GOAL} optimizer steps per second)")


if __name__ == "__main__":
    main()
