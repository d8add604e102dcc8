"""``python -m benchmarks.step``: what a training step spends beside its linear algebra.

For every network the step (forward, loss, backward, clamped gradients, Adam) at batch 128 and 20
frames is timed beside the limit, the matrix products of its linear layers alone (forward, and
backward to inputs and weights), and beside the peer, two layers of LSTM of the same width. Times
are the best of several rounds, taken in turn, so that a noisy machine disturbs all of them alike.
"""

import json
import platform
import time
from collections.abc import Callable
from pathlib import Path

import torch
from rich.console import Console
from rich.table import Table
from torch import Tensor, nn
from torch.nn import functional

from action_rec.models import LSTM, ResidualIndRNN, StackedIndRNN

BATCH, FRAMES = 128, 20
ROUNDS = 7
RESULTS = Path(__file__).parent / "results"

NETWORKS: dict[str, Callable[[], nn.Module]] = {
    "plain-6": lambda: StackedIndRNN(60),
    "residual-11": lambda: ResidualIndRNN(60, num_blocks=5),
    "residual-21": lambda: ResidualIndRNN(60, num_blocks=10),
    "LSTM-2 (peer)": lambda: StackedIndRNN(60, num_layers=2, recurrence=LSTM),
}


def training_step(network: nn.Module, device: torch.device) -> Callable[[], None]:
    """Return a function that makes one optimizer step as `fit` does with the paper cards."""
    network = network.to(device).train()
    clip = torch.randn(BATCH, FRAMES, 2, 25, 3, device=device)
    label = torch.randint(0, 60, (BATCH,), device=device)
    optimizer = torch.optim.Adam(network.parameters(), lr=2e-4, weight_decay=1e-4)

    def step() -> None:
        loss = functional.cross_entropy(network(clip), label)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_value_(network.parameters(), 10.0)
        optimizer.step()

    return step


def linear_algebra(network: nn.Module, device: torch.device) -> Callable[[], None]:
    """Return a function that does the matrix products of the network's linear layers alone."""
    layers = [module for module in network.modules() if isinstance(module, nn.Linear)]
    products: list[tuple[Tensor, Tensor, Tensor]] = []
    for layer in layers:
        rows = BATCH if layer.out_features == 60 else BATCH * FRAMES
        x = torch.randn(rows, layer.in_features, device=device)
        gradient = torch.randn(rows, layer.out_features, device=device)
        products.append((x, layer.weight.detach().to(device), gradient))

    def multiply() -> None:
        for index, (x, weight, gradient) in enumerate(products):
            torch.mm(x, weight.T)
            torch.mm(gradient.T, x)
            if index > 0:  # nothing is trained before the first layer
                torch.mm(gradient, weight)

    return multiply


def best_times(functions: list[Callable[[], None]], device: torch.device) -> list[float]:
    """Return the best time of each function, in seconds; all of them are run in every round."""
    best = [float("inf")] * len(functions)
    for round_ in range(ROUNDS + 1):
        for index, function in enumerate(functions):
            _wait(device)
            start = time.perf_counter()
            function()
            _wait(device)
            if round_ > 0:  # the first one warms up
                best[index] = min(best[index], time.perf_counter() - start)
    return best


def measure(device: torch.device) -> list[dict[str, float | str]]:
    """Time every network; times in milliseconds."""
    networks = {name: build() for name, build in NETWORKS.items()}
    steps = [training_step(network, device) for network in networks.values()]
    limits = [linear_algebra(network, device) for network in networks.values()]
    times = best_times([*steps, *limits], device)
    rows: list[dict[str, float | str]] = []
    for index, name in enumerate(networks):
        step, limit = times[index], times[len(steps) + index]
        row: dict[str, float | str] = {"network": name, "step_ms": 1e3 * step}
        row["clips_per_s"] = BATCH / step
        if "LSTM" not in name:
            row |= {"linear_ms": 1e3 * limit, "outside_linear": 1 - limit / step}
        rows.append(row)
    return rows


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def _print(rows: list[dict[str, float | str]], device: torch.device) -> None:
    table = Table(title=f"training step, batch {BATCH} x {FRAMES} frames, {device.type}")
    headings = ("network", "step, ms", "clips/s", "against LSTM-2", "linear alone, ms", "outside")
    for heading in headings:
        table.add_column(heading, justify="left" if heading == "network" else "right")
    peer = float(rows[-1]["clips_per_s"])
    for row in rows:
        rate = float(row["clips_per_s"])
        cells = [f"{row['step_ms']:.1f}", f"{rate:.0f}", f"{rate / peer:.2f} x"]
        if "linear_ms" in row:
            cells += [f"{row['linear_ms']:.1f}", f"{row['outside_linear']:.0%}"]
        table.add_row(str(row["network"]), *cells)
    Console().print(table)
    print("goal: plain-6 spends at most 10 % outside its linear layers on the CPU")


def main() -> None:
    """Measure on the CPU and, where there is one, on the GPU; print tables and write JSON."""
    devices = ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]
    for name in devices:
        device = torch.device(name)
        rows = measure(device)
        _print(rows, device)
        machine = {
            "processor": torch.cuda.get_device_name() if name == "cuda" else platform.processor(),
            "threads": torch.get_num_threads(),
            "torch": torch.__version__,
            "python": platform.python_version(),
        }
        RESULTS.mkdir(exist_ok=True)
        path = RESULTS / f"step_{name}.json"
        path.write_text(json.dumps({"machine": machine, "rows": rows}, indent=2) + "\n")
    if "cuda" not in devices:
        print("GPU: not measured yet (goal: residual-11 at 600 optimizer steps a second)")


if __name__ == "__main__":
    main()
