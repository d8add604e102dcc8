"""What the neurons of a checkpoint remember: their recurrent weights, layer by layer.

The histograms are those of figure 5 of Li et al. (CVPR 2018, arXiv 1803.04831). A neuron with
recurrent weight u keeps |u|^n of what it knew n steps ago: its *memory* is the number of steps
after which that falls below a tenth, ln(0.1) / ln |u|, and endless where |u| >= 1.
"""

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from action_rec.checkpoints.reading import load_checkpoint
from action_rec.console.output_path import check_picture
from action_rec.errors import InputError

_COLUMNS = 6
_BINS = 40


def memory(checkpoint: Path, out: Path) -> None:
    """Print the memory of every recurrent layer of a checkpoint, and draw its recurrent weights.

    Args:
        checkpoint: A .ckpt file.
        out: The picture to write, .png, .pdf or .svg.

    Raises:
        InputError: The checkpoint cannot be read or has no IndRNN layer, or the picture cannot be
            written.
    """
    check_picture(out)
    weights = recurrent_weights(checkpoint)
    _print_table(weights)
    _draw(weights).savefig(out, dpi=120)
    print(f"picture: {out}")


def recurrent_weights(checkpoint: Path) -> dict[str, NDArray[np.float32]]:
    """Return u (D,) of every IndRNN layer, by name, the layer nearest to the input first.

    Raises:
        InputError: The checkpoint cannot be read, or has no IndRNN layer.
    """
    state = load_checkpoint(checkpoint)["state_dict"]
    weights = {
        name.removeprefix("network.encoder.").removesuffix(".recurrence.u"): u.float().numpy()
        for name, u in state.items()
        if name.endswith(".u")
    }
    if not weights:
        raise InputError(
            f"{checkpoint} has no IndRNN layer, so there are no recurrent weights to draw; give a "
            "checkpoint of an IndRNN network"
        )
    return weights


def memory_steps(u: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the steps n until |u|^n < 0.1, (D,); infinite where |u| >= 1."""
    size = np.abs(u.astype(np.float64))
    steps = np.full(size.shape, np.inf)
    fading = (size > 0) & (size < 1)
    steps[fading] = np.log(0.1) / np.log(size[fading])
    steps[size == 0] = 0
    return steps


def _print_table(weights: dict[str, NDArray[np.float32]]) -> None:
    table = Table(title="steps until |u|^n < 0.1")
    for heading in ("layer", "neurons", "min u", "max u", "quarter", "median", "endless"):
        table.add_column(heading, justify="left" if heading == "layer" else "right")
    for name, u in weights.items():
        quarter, median = np.quantile(memory_steps(u), (0.25, 0.5), method="lower")
        endless = f"{(np.abs(u) >= 1).mean():.0%}"
        bounds = (f"{u.min():.3f}", f"{u.max():.3f}")
        table.add_row(name, str(len(u)), *bounds, f"{quarter:.1f}", f"{median:.1f}", endless)
    Console().print(table)


def _draw(weights: dict[str, NDArray[np.float32]]) -> Figure:
    layers = list(weights.values())
    columns = min(_COLUMNS, len(layers))
    rows = -(-len(layers) // columns)
    figure = Figure(figsize=(max(2.2 * columns, 6), 2.8 + 1.6 * rows), layout="constrained")
    parts: Any = figure.subfigures(2, 1, height_ratios=(1.6 * rows, 2.4))
    above, below = parts
    above.suptitle("Recurrent weights u (dotted: 1, above which memory is endless)")
    limit = max(float(np.abs(u).max()) for u in layers)
    lowest = min(0.0, *(float(u.min()) for u in layers))
    bins = np.linspace(lowest, limit, _BINS + 1).tolist()
    panels = above.subplots(rows, columns, squeeze=False, sharex=True)
    for panel in panels.flat[len(layers) :]:
        panel.set_axis_off()
    for index, (panel, u) in enumerate(zip(panels.flat, layers, strict=False)):
        _histogram(panel, index, u, bins)
    _memory_by_layer(below.subplots(), layers)
    return figure


def _histogram(panel: Axes, index: int, u: NDArray[np.float32], bins: list[float]) -> None:
    panel.hist(u, bins=bins, color="tab:blue")
    panel.axvline(1, color="tab:red", linewidth=0.8, linestyle=":")
    panel.set_title(f"layer {index + 1}", fontsize=9)
    panel.tick_params(labelsize=7)
    panel.set_yticks([])


def _memory_by_layer(panel: Axes, weights: list[NDArray[np.float32]]) -> None:
    layers = np.arange(1, len(weights) + 1)
    for share, style in ((0.25, ":"), (0.5, "-"), (0.75, "--")):
        steps = [np.quantile(memory_steps(u), share, method="lower") for u in weights]
        panel.plot(
            layers, steps, style, marker=".", color="tab:blue", label=f"{share:.0%} of neurons"
        )
    panel.set_yscale("log")
    panel.yaxis.set_major_formatter("{x:g}")
    panel.yaxis.set_minor_formatter(NullFormatter())
    panel.set_xticks(layers)
    panel.set_xlabel("layer")
    panel.set_ylabel("steps")
    panel.set_title("Memory: steps until |u|^n < 0.1 (no point: endless)")
    panel.grid(alpha=0.3)
    panel.legend(fontsize=8)
