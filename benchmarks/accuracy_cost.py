"""``python -m benchmarks.accuracy_cost cost.png``: accuracy on NW-UCLA against the cost of it.

Draws the accuracies of docs/recipe.md, which this command does not measure, against what it counts:
the parameters, and the multiply-accumulates that the label of one test recording costs, with all
clips that its accuracy is the mean of. CTR-GCN stands beside them as its paper and its users report
it. Prints the table.
"""

import argparse
import importlib
import sys
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from action_rec.console.writing import write_figure
from action_rec.evaluation.cost import macs_per_clip, parameters
from action_rec.models import (
    GRU,
    LSTM,
    JointEmbedding,
    MovingJoints,
    ResidualIndRNN,
    StackedIndRNN,
)

CLASSES, JOINTS, FRAMES, CLIPS = 10, 20, 32, 20  # of the config nw_ucla
MEAN_FRAMES = 31.0  # of a test recording, which nw_ucla_live reads once

_LABELLED_LEFT = ("IndRNN, joints", "IndRNN, all streams", "GRU, joints")

# arXiv 2107.12213, one clip in test. Counted by `count_ctr_gcn` on commit e13d758 of its code.
CTR_GCN_PARAMETERS, CTR_GCN_MACS = 1_426_892, 617.7e6


class Point(NamedTuple):
    """One way to label a recording.

    Attributes:
        name: For the picture.
        parameters: Of all its networks.
        macs: Multiply-accumulates for one recording.
        top1: Smallest and largest reported accuracy in percent; both the same for one figure.
        seeds: Runs behind the figure; 0 for those of others.
    """

    name: str
    parameters: float
    macs: float
    top1: tuple[float, float]
    seeds: int


def points() -> list[Point]:
    """Count the networks of docs/recipe.md; the accuracies are those of its tables."""
    window = partial(JointEmbedding, channels=16, frames=3)
    shared: dict[str, Any] = {"bidirectional": True, "readout": "mean"}
    both = partial(ResidualIndRNN, CLASSES, hidden_size=256, num_blocks=3, **shared)
    joints = both((1, JOINTS, 3), FRAMES, features=window)
    streams = both((1, JOINTS, 12), FRAMES, features=partial(window, frames=1))
    stack = partial(StackedIndRNN, CLASSES, (1, JOINTS, 3), FRAMES, 256, 2, **shared)
    live = ResidualIndRNN(
        *(CLASSES, (1, JOINTS, 6)),
        hidden_size=256,
        num_blocks=3,
        readout="running_mean",
        features=partial(MovingJoints, channels=16),
    )
    of_live = macs(live, (1, 1, JOINTS, 6)) * MEAN_FRAMES
    one, four = of_clips("IndRNN, joints", joints, 92.39, 3), of_clips("", joints, 94.83, 1)
    return [
        Point("IndRNN, joints, read once", parameters(live), of_live, (92.03, 92.03), 5),
        one,
        of_clips("IndRNN, all streams", streams, 93.89, 3),
        four._replace(
            name="IndRNN, four networks", parameters=4 * four.parameters, macs=4 * four.macs
        ),
        of_clips("GRU, joints", stack(recurrence=GRU, features=window), 93.53, 1),
        of_clips("LSTM, joints", stack(recurrence=LSTM, features=window), 92.46, 1),
        Point("CTR-GCN, joints", CTR_GCN_PARAMETERS, CTR_GCN_MACS, (93.5, 93.5), 0),
        Point(
            "CTR-GCN, four networks",
            *(4 * CTR_GCN_PARAMETERS, 4 * CTR_GCN_MACS),
            (95.0, 96.5),
            0,
        ),
    ]


def of_clips(name: str, network: nn.Module, top1: float, seeds: int) -> Point:
    """Return the point of a network that is tested with the mean over `CLIPS` clips."""
    channels = 12 if "streams" in name else 3
    for_clip = macs(network, (FRAMES, 1, JOINTS, channels))
    return Point(name, parameters(network), CLIPS * for_clip, (top1, top1), seeds)


def macs(network: nn.Module, shape: tuple[int, int, int, int]) -> int:
    """Count the multiply-accumulates of a clip (T, M, V, C)."""
    counted = macs_per_clip(network, shape)
    assert counted is not None
    return counted


def count_ctr_gcn(repository: str) -> None:
    """Print parameters and multiply-accumulates of CTR-GCN as its config for NW-UCLA builds it."""
    sys.path.insert(0, repository)
    np.int = int  # type: ignore[attr-defined]  # which NumPy 2 does not have
    model = importlib.import_module("model.ctrgcn")
    spatial = {"labeling_mode": "spatial"}
    shape = {"num_class": CLASSES, "num_point": JOINTS, "num_person": 1}
    network = model.Model(graph="graph.ucla.Graph", graph_args=spatial, **shape).eval()
    with FlopCounterMode(display=False) as counter:
        network(torch.randn(1, 3, 52, JOINTS, 1))
    print(f"{parameters(network):,} parameters, {counter.get_total_flops() / 2e6:.1f} M")


def draw(axes: Axes, all_points: list[Point], cost: str) -> None:
    """Draw accuracy against a cost, ``parameters`` or ``macs``."""
    for point in all_points:
        at = getattr(point, cost) / 1e6
        colour = "tab:blue" if point.seeds else "tab:orange"
        filled = colour if point.seeds != 1 else "white"
        axes.plot([at, at], point.top1, color=colour, marker="o", markerfacecolor=filled)
        left = point.name in _LABELLED_LEFT
        axes.annotate(
            point.name,
            (at, sum(point.top1) / 2),
            xytext=(-7 if left else 7, 0),
            textcoords="offset points",
            horizontalalignment="right" if left else "left",
            verticalalignment="center",
            fontsize=7.5,
        )
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter("{x:,g}")
    axes.grid(alpha=0.3)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def key(axes: Axes) -> None:
    """Explain the marks."""
    for colour, filled, name in (
        ("tab:blue", "tab:blue", "this project, 3 seeds or more"),
        ("tab:blue", "white", "this project, 1 seed"),
        ("tab:orange", "tab:orange", "CTR-GCN, printed and reproduced"),
    ):
        axes.plot([], [], "o", color=colour, markerfacecolor=filled, label=name)
    axes.legend(loc="upper left", fontsize=7.5)


def main() -> None:
    """Draw and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path, help="the picture")
    parser.add_argument("--ctr_gcn", help="a clone of github.com/Uason-Chen/CTR-GCN, to count it")
    options = parser.parse_args()
    if options.ctr_gcn:
        count_ctr_gcn(options.ctr_gcn)
    all_points = points()
    figure = Figure(figsize=(9.6, 3.8), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    draw(left, all_points, "macs")
    draw(right, all_points, "parameters")
    left.set(
        xlabel="million multiply-accumulates for a recording",
        ylabel="NW-UCLA, view 3, top-1 %",
        ylim=(91, 97),
        xlim=(4, 20_000),
    )
    right.set(xlabel="million parameters", xlim=(0.1, 40))
    key(left)
    write_figure(options.out, figure)
    for point in all_points:
        low, high = point.top1
        accuracy = f"{low:.2f}" if low == high else f"{low:.1f} to {high:.1f}"
        print(
            f"| {point.name} | {point.parameters / 1e6:.2f} M | {point.macs / 1e6:,.0f} M | "
            f"{accuracy} | {point.seeds or '-'} |"
        )


if __name__ == "__main__":
    main()
