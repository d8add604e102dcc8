"""Compare the recurrence with the loop, the memory bandwidth and, on a GPU, cuDNN.

``python -m benchmarks.recurrence`` prints tables and writes ``benchmarks/results/recurrence.json``.
Functions are called in turns, and ratios are those of their shortest times.
"""

import argparse
from collections.abc import Callable
from typing import Any

import torch
from rich import box
from rich.console import Console
from rich.table import Table
from torch import Tensor, nn

from action_rec.models import StackedIndRNN
from action_rec.ops import Backend, indrnn_recurrence
from benchmarks.measurements import write_results
from benchmarks.recurrence_gpu import measure_gpu
from benchmarks.timing import shortest_times

# (B, T, D): the smallest ratio loop / cpu and the largest ratio cpu / bytes.
CPU_GOALS: dict[tuple[int, int, int], tuple[float, float | None]] = {
    (128, 20, 512): (1, None),
    (32, 1024, 256): (4, 4),
    (50, 5000, 128): (4, 4),
}
MAX_SHARE_OUTSIDE_LINEAR = 0.1
Row = dict[str, Any]


def forward_and_backward(shape: tuple[int, int, int], backend: Backend) -> Callable[[], object]:
    """Return a call of the recurrence on random inputs of `shape` and its backward pass."""
    torch.manual_seed(0)
    leaves = (torch.randn(shape), torch.empty(shape[2]).uniform_(-1, 1))
    x, u = (leaf.requires_grad_() for leaf in leaves)
    grad = torch.randn(shape)
    return lambda: torch.autograd.grad(indrnn_recurrence(x, u, backend=backend), (x, u), grad)


def measure_cpu(shape: tuple[int, int, int]) -> Row:
    """Time the loop, the CPU backend and a copy between allocated buffers, in milliseconds."""
    source, target = torch.randn(shape), torch.empty(shape)
    times = shortest_times(
        {
            "loop": forward_and_backward(shape, "reference"),
            "cpu": forward_and_backward(shape, "cpu"),
            "copy": lambda: target.copy_(source),
        }
    )
    # Memory traffic: x, states; gradient of the states, states, gradient of x.
    moved = times["copy"] * 5 / 2
    ratios = {"loop/cpu": times["loop"] / times["cpu"], "cpu/bytes": times["cpu"] / moved}
    least, most = CPU_GOALS.get(shape, (0, None))
    met = ratios["loop/cpu"] >= least and (most is None or ratios["cpu/bytes"] <= most)
    goal = f">={least}" + (f", <={most}" if most else "")
    return {"shape": shape, **times, "bytes": moved, **ratios, "goal": goal, "met": met}


def measure_step() -> Row:
    """Time a training step of plain-6 at batch size 128, and one of its linear layers alone."""
    torch.manual_seed(0)
    clip, label = torch.randn(128, 20, 2, 25, 3), torch.randint(60, (128,))
    network = StackedIndRNN(60)
    sizes = [(150, 512), *[(512, 512)] * 5]
    linears = nn.Sequential(*(nn.Linear(*size) for size in sizes))
    classifier = nn.Linear(512, 60)

    def stepper(model: nn.Module, loss: Callable[[], Tensor]) -> Callable[[], object]:
        optimizer = torch.optim.Adam(model.parameters(), lr=2e-4)

        def step() -> None:
            optimizer.zero_grad()
            loss().backward()  # type: ignore[no-untyped-call]
            optimizer.step()

        return step

    def linear_loss() -> Tensor:
        return nn.functional.cross_entropy(classifier(linears(clip.flatten(2))[:, -1]), label)

    times = shortest_times(
        {
            "step": stepper(network, lambda: nn.functional.cross_entropy(network(clip), label)),
            "linear": stepper(nn.ModuleList([linears, classifier]), linear_loss),
            "recurrence": forward_and_backward((128, 20, 512), "cpu"),
        }
    )
    outside = 1 - times["linear"] / times["step"]
    share = 6 * times["recurrence"] / times["step"]
    met = outside <= MAX_SHARE_OUTSIDE_LINEAR
    return {**times, "share outside linear": outside, "share of recurrence": share, "met": met}


def show_cpu(console: Console, rows: list[Row], step: Row) -> None:
    """Print the results of the CPU."""
    table = Table(title="CPU, float32, forward + backward, ms", box=box.SIMPLE)
    columns = ("B,T,D", "loop", "cpu", "bytes", "loop/cpu", "cpu/bytes", "goal", "met")
    for column in columns:
        table.add_column(column, justify="right", no_wrap=True)
    for row in rows:
        numbers = (f"{row[name]:.3g}" for name in columns[1:6])
        table.add_row(
            "{},{},{}".format(*row["shape"]), *numbers, row["goal"], "yes" if row["met"] else "no"
        )
    console.print(table)
    console.print(
        f"plain-6, batch 128: a step takes {step['step']:.1f} ms, its linear layers alone "
        f"{step['linear']:.1f}; outside them {step['share outside linear']:.0%} "
        f"(goal {MAX_SHARE_OUTSIDE_LINEAR:.0%}), "
        f"in the recurrence {step['share of recurrence']:.0%}"
    )


def main() -> None:
    """Measure, print tables and write JSON."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    console = Console()
    rows = [measure_cpu(shape) for shape in CPU_GOALS]
    overhead = measure_cpu((1, 1, 8))
    step = measure_step()
    show_cpu(console, rows, step)
    console.print(f"one call on (1, 1, 8): {overhead['cpu']:.2f} ms, loop {overhead['loop']:.2f}")
    results = {"cpu": rows, "call": overhead, "plain-6": step, "gpu": measure_gpu(console)}
    write_results("recurrence", **results)


if __name__ == "__main__":
    main()
