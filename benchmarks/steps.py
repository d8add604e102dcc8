"""``python -m benchmarks.steps``: clips per second of all networks on a CPU, beside their limit.

A training step (forward, loss, backward, Adam) and inference, for the clips of NTU RGB+D, in
batches of 1, 32 and 128. The limit of a network is the time of its linear layers alone, on inputs
of the shapes that they get in the network; what a step takes beside them is all else. Networks with
less than half of their parameters in linear layers have no limit: GraphIndRNN, and LSTM and GRU of
two layers of 512, which are PyTorch's own modules. The networks run in turns, and ratios are those
of the shortest times.
"""

import argparse
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from rich import box
from rich.console import Console
from rich.table import Table
from torch import Tensor, nn
from torch.nn import functional

from action_rec.evaluation.cost import parameters
from action_rec.models import (
    GraphIndRNN,
    JointEmbedding,
    JointGraph,
    ResidualIndRNN,
    StackedIndRNN,
)
from benchmarks.measurements import write_results
from benchmarks.timing import shortest_times

BATCHES = (1, 32, 128)
CLASSES, FRAMES, SHAPE = 60, 20, (2, 25, 3)
GOAL = 1.15  # of the limit
Row = dict[str, Any]

_SMALL = partial(ResidualIndRNN, hidden_size=256, num_blocks=3, bidirectional=True, readout="mean")


class TorchRecurrent(nn.Module):
    """Two recurrent layers of PyTorch and a linear classifier of the last step.

    Args:
        layers: `torch.nn.LSTM` or `torch.nn.GRU`.
        size: Outputs of a layer.
    """

    def __init__(self, layers: type[nn.LSTM | nn.GRU], size: int = 512) -> None:
        super().__init__()
        inputs = SHAPE[0] * SHAPE[1] * SHAPE[2]
        self.layers = layers(inputs, size, num_layers=2, batch_first=True)
        self.classifier = nn.Linear(size, CLASSES)

    def forward(self, clip: Tensor) -> Tensor:
        """Return the logits (B, num_classes) of `clip` (B, T, M, V, C)."""
        states, _ = self.layers(clip.flatten(2))
        logits: Tensor = self.classifier(states[:, -1])
        return logits


NETWORKS: dict[str, Callable[[], nn.Module]] = {
    "plain-6": partial(StackedIndRNN, CLASSES),
    "residual-21": partial(ResidualIndRNN, CLASSES, num_blocks=10),
    "recipe": partial(_SMALL, CLASSES, features=partial(JointEmbedding, channels=16, frames=3)),
    "graph": partial(
        _SMALL,
        CLASSES,
        norm="before",
        features=partial(
            JointGraph, channels=64, num_layers=3, pool="projection", pool_size=16, graph="both"
        ),
    ),
    "GraphIndRNN": partial(GraphIndRNN, CLASSES, bidirectional=True, readout="mean"),
    "LSTM-2 (torch)": partial(TorchRecurrent, nn.LSTM),
    "GRU-2 (torch)": partial(TorchRecurrent, nn.GRU),
}


class LinearLayers:
    """The linear layers of a network, and the shapes of their inputs for one clip.

    Args:
        network: The network, which is run once.
        clip: What it is run on.
    """

    def __init__(self, network: nn.Module, clip: Tensor) -> None:
        self.calls: list[tuple[nn.Linear, Tensor]] = []
        layers = [module for module in network.modules() if isinstance(module, nn.Linear)]
        hooks = [layer.register_forward_pre_hook(self._note) for layer in layers]
        network.eval()
        with torch.no_grad():
            network(clip)
        for hook in hooks:
            hook.remove()
        self.modules = nn.ModuleList(dict.fromkeys(layer for layer, _ in self.calls))

    def _note(self, layer: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        assert isinstance(layer, nn.Linear)
        self.calls.append((layer, torch.randn_like(inputs[0])))

    def infer(self) -> None:
        """Run all of them."""
        with torch.inference_mode():
            for layer, x in self.calls:
                layer(x)

    def step(self, optimizer: torch.optim.Optimizer) -> None:
        """Run all forward and backward, also to their inputs, and take an optimizer step."""
        optimizer.zero_grad()
        outputs = [layer(x.requires_grad_()) for layer, x in self.calls]
        torch.autograd.backward(outputs, [output.detach() for output in outputs])
        for _, x in self.calls:
            x.grad = None
        optimizer.step()


def calls_of(network: nn.Module, batch: int) -> dict[str, Callable[[], object]]:
    """Return a training step and inference on `batch` clips, and both limits."""
    clip, label = torch.randn(batch, FRAMES, *SHAPE), torch.randint(CLASSES, (batch,))
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-4)

    def step() -> None:
        network.train()
        optimizer.zero_grad()
        functional.cross_entropy(network(clip), label).backward()  # type: ignore[no-untyped-call]
        optimizer.step()

    def infer() -> None:
        network.eval()
        with torch.inference_mode():
            network(clip)

    calls: dict[str, Callable[[], object]] = {"training": step, "inference": infer}
    linears = LinearLayers(network, clip)
    if parameters(linears.modules) > parameters(network) / 2:
        alone = torch.optim.Adam(linears.modules.parameters(), lr=1e-4)
        calls |= {
            "training, limit": partial(linears.step, alone),
            "inference, limit": linears.infer,
        }
    return calls


def measure(batch: int, seconds: float) -> list[Row]:
    """Time all networks in batches of `batch` clips."""
    torch.manual_seed(0)
    peers = {
        (name, what): call
        for name, build in NETWORKS.items()
        for what, call in calls_of(build(), batch).items()
    }
    labels = {f"{name}/{what}": call for (name, what), call in peers.items()}
    times = shortest_times(labels, seconds)
    rows = []
    for name in NETWORKS:
        row: Row = {"network": name, "batch": batch}
        for part in ("training", "inference"):
            taken, limit = times[f"{name}/{part}"], times.get(f"{name}/{part}, limit")
            row[f"{part}_clips_per_s"] = 1e3 * batch / taken
            row[f"{part}_by_limit"] = None if limit is None else taken / limit
        rows.append(row)
    return rows


def show(rows: list[Row]) -> None:
    """Print the results of one batch size."""
    table = Table(title=f"batch {rows[0]['batch']} x {FRAMES} frames", box=box.SIMPLE)
    for heading in ("network", "training, clips/s", "x limit", "inference, clips/s", "x limit"):
        table.add_column(heading, justify="left" if heading == "network" else "right")
    for row in rows:
        cells = [row["network"]]
        for part in ("training", "inference"):
            ratio = row[f"{part}_by_limit"]
            cells += [f"{row[f'{part}_clips_per_s']:,.0f}", f"{ratio:.2f}" if ratio else "-"]
        table.add_row(*cells)
    Console(width=None if sys.stdout.isatty() else 100).print(table)


def main() -> None:
    """Measure, print tables and write JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="for each batch size")
    parser.add_argument("--batches", type=int, nargs="+", default=list(BATCHES))
    options = parser.parse_args()
    rows = []
    for batch in options.batches:
        rows += (measured := measure(batch, options.seconds))
        show(measured)
    machine = write_results("steps", frames=FRAMES, goal=GOAL, rows=rows)
    above = sorted({row["network"] for row in rows if (row["training_by_limit"] or 0) > GOAL})
    print(f"training above {GOAL} x its limit: {', '.join(above) or 'none'}")
    print(f"{machine['cpu']}, {machine['threads']} threads, load {machine['load']:.1f}")


if __name__ == "__main__":
    main()
