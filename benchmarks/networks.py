"""``python -m benchmarks.networks``: cost of networks beside the recipe's flat one.

Each network makes training steps (forward, loss, backward, AdamW) and inference on batches of 32
clips, with one thread, for the clips of NW-UCLA and of NTU RGB+D. The networks run in turns. Times
are processor times, medians over the turns, and ratios are medians of the ratios within a turn, so
that other processes on the machine matter little. The share of the front end is the time of its own
forward and backward pass by the time of a step.

The baselines have about as many parameters as the recipe's IndRNN on the clips of NW-UCLA. Of these
layers, a network of one direction with about as many parameters again is read frame by frame: one
sequence, one frame a call, by the network alone, without the engine and the one-frame modules that
the commands for live streams use.
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
from torch.nn import functional

from action_rec.evaluation.cost import macs_per_clip, parameters
from action_rec.models import (
    GraphIndRNN,
    JointEmbedding,
    JointGraph,
    MovingJoints,
    ResidualIndRNN,
)
from action_rec.models.classifiers import RecurrentClassifier
from benchmarks.measurements import write_results
from benchmarks.peers import PEERS

BATCH = 32
# Classes, frames T, and (M, V, C) of the clips.
SETS: dict[str, tuple[int, int, tuple[int, int, int]]] = {
    "NW-UCLA": (10, 32, (1, 20, 3)),
    "NTU": (60, 20, (2, 25, 3)),
}
WINDOW = partial(JointEmbedding, frames=3)  # the recipe's
RECIPE = partial(ResidualIndRNN, hidden_size=256, num_blocks=3, bidirectional=True, readout="mean")
NETWORKS: dict[str, Callable[..., RecurrentClassifier]] = {
    "flat": RECIPE,
    "JointEmbedding": partial(RECIPE, features=WINDOW),
    "MovingJoints": partial(RECIPE, features=MovingJoints),
    "JointGraph": partial(RECIPE, features=JointGraph),
    "JointGraph, 32 channels": partial(RECIPE, features=partial(JointGraph, channels=32)),
    "GraphIndRNN": partial(GraphIndRNN, bidirectional=True, readout="mean"),
}
NETWORKS |= {
    name: peer.both_directions(peer.wide) for name, peer in PEERS.items() if name != "IndRNN"
}
# By network of two directions: the one that is read at every frame.
STREAMED = {"JointEmbedding": PEERS["IndRNN"].one_direction()}
STREAMED |= {name: peer.one_direction() for name, peer in PEERS.items() if name != "IndRNN"}
STREAMED_FRAMES = 20  # consecutive ones of a turn
PARTS = ("training", "inference", "front end")
Row = dict[str, Any]


def calls(
    network: RecurrentClassifier, clip: torch.Tensor, classes: int
) -> list[Callable[[], Any]]:
    """Return a training step, inference, and both passes of the front end."""
    label = torch.randint(0, classes, (BATCH,))
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-3)
    inputs = [p for p in network.features.parameters() if p.requires_grad]

    def step() -> None:
        network.train()
        loss = functional.cross_entropy(network(clip), label)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()

    def infer() -> None:
        network.eval()
        with torch.inference_mode():
            network(clip)

    def front_end() -> None:
        network.train()
        features = network.features(clip)
        if inputs:
            torch.autograd.grad(features, inputs, torch.ones_like(features))

    return [step, infer, front_end]


def streamed(build: Callable[..., RecurrentClassifier], name: str) -> Callable[[], Any]:
    """Return a function that processes `STREAMED_FRAMES` frames of one sequence, one a call."""
    classes, frames, shape = SETS[name]
    network = build(classes, frame_shape=shape, clip_len=frames).eval()
    frame = torch.randn(1, 1, *shape)

    def stream() -> None:
        states = None
        with torch.inference_mode():
            for _ in range(STREAMED_FRAMES):
                _, states = network.stream(frame, states)

    return stream


def seconds_of(call: Callable[[], Any]) -> float:
    """Return the processor time of a call."""
    start = time.process_time()
    call()
    return time.process_time() - start


def measure(name: str, rounds: int) -> list[Row]:
    """Measure all networks on the clips of one data set."""
    torch.manual_seed(0)
    classes, frames, shape = SETS[name]
    clip = torch.randn(BATCH, frames, *shape)
    networks = {
        one: build(classes, frame_shape=shape, clip_len=frames) for one, build in NETWORKS.items()
    }
    timed = {one: calls(network, clip, classes) for one, network in networks.items()}
    for one, build in STREAMED.items():
        timed[one].append(streamed(build, name))
    times: dict[str, list[list[float]]] = {one: [] for one in networks}
    for turn in range(rounds + 1):
        for one, functions in timed.items():
            taken = [seconds_of(call) for call in functions]
            if turn > 0:  # the first one compiles
                times[one].append(taken)
    return [
        {
            "data": name,
            "network": one,
            "parameters": parameters(network),
            "macs": macs_per_clip(network, clip.shape[1:]),
            **summary(times[one], times["flat"]),
        }
        for one, network in networks.items()
    ]


def summary(turns: list[list[float]], flat: list[list[float]]) -> Row:
    """Return clips per second, the ratios to the flat network, and the share of the front end."""
    row: Row = {}
    for place, part in enumerate(PARTS[:2]):
        row[f"{part}_clips_per_s"] = BATCH / median(turn[place] for turn in turns)
        ratios = [mine[place] / its[place] for mine, its in zip(turns, flat, strict=True)]
        row[f"{part}_time"] = median(ratios)
    row["front_end_share"] = median(turn[2] / turn[0] for turn in turns)
    if len(turns[0]) > len(PARTS):
        row["frame_ms"] = 1e3 * median(turn[3] for turn in turns) / STREAMED_FRAMES
    return row


def show(rows: list[Row]) -> None:
    """Print the results of one data set."""
    title = f"{rows[0]['data']}: time of {BATCH} clips beside the flat network's, one thread"
    table = Table(title=title, box=box.SIMPLE)
    headings = ("network", "parameters", "MACs", "training", "clips/s", "inference", "clips/s")
    for heading in (*headings, "front end", "a frame"):
        table.add_column(heading, justify="left" if heading == "network" else "right")
    for row in rows:
        cells = [row["network"], f"{row['parameters']:,}", f"{row['macs'] / 1e6:.1f} M"]
        for part in PARTS[:2]:
            cells += [f"{row[f'{part}_time']:.2f} x", f"{row[f'{part}_clips_per_s']:,.0f}"]
        frame = f"{row['frame_ms']:.2f} ms" if "frame_ms" in row else ""
        table.add_row(*cells, f"{row['front_end_share']:.0%}", frame)
    Console(width=None if sys.stdout.isatty() else 120).print(table)


def main() -> None:
    """Measure, print tables and write JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=30)
    rounds = parser.parse_args().rounds
    torch.set_num_threads(1)
    rows = []
    for name in SETS:
        rows += (measured := measure(name, rounds))
        show(measured)
    write_results("networks", batch=BATCH, rounds=rounds, rows=rows)


if __name__ == "__main__":
    main()
