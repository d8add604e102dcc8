"""Draw the recurrent weights of a checkpoint, layer by layer.

The histograms are those of figure 5 of Li et al. (CVPR 2018, arXiv 1803.04831). The state of n
steps ago contributes |u|^n of its value to the present state. The *decay* of a neuron is the number
of steps after which this falls below a tenth, ln(0.1) / ln |u|; it is infinite where |u| >= 1.
"""

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter
from numpy.typing import NDArray

from action_rec.checkpoints.reading import load_checkpoint
from action_rec.console.output_path import check_picture
from action_rec.console.writing import write_figure
from action_rec.errors import InputError
from action_rec.evaluation.finite import check_finite_weights
from action_rec.evaluation.tables import print_table

_COLUMNS = 6
_BINS = 40


def recurrent_weights(checkpoint: Path, out: Path) -> None:
    """Draw the recurrent weights of every layer and print their decay in steps.

    Args:
        checkpoint: A .ckpt file.
        out: The picture to write, .png, .pdf or .svg.

    Raises:
        InputError: The checkpoint cannot be read or has no IndRNN layer, or the picture cannot be
            written.
    """
    check_picture(out)
    weights = read_recurrent_weights(checkpoint)
    _print(weights)
    write_figure(out, _draw(weights))
    print(f"picture: {out}")


def read_recurrent_weights(checkpoint: Path) -> dict[str, NDArray[np.float32]]:
    """Return u (D,) of every IndRNN layer by name, from input to output.

    Raises:
        InputError: The checkpoint cannot be read, has no IndRNN layer, or has a weight u that is
            infinite or NaN.
    """
    state = load_checkpoint(checkpoint)["state_dict"]
    found = {name: u for name, u in state.items() if name.endswith(".u")}
    check_finite_weights(found, checkpoint)
    if not found:
        raise InputError(
            f"{checkpoint} has no IndRNN layer; give a checkpoint of an IndRNN network"
        )
    return {
        name.removeprefix("network.encoder.").removesuffix(".recurrence.u"): u.float().numpy()
        for name, u in found.items()
    }


def decay_steps(u: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the steps n until |u|^n < 0.1, (D,); infinite where |u| >= 1."""
    size = np.abs(u.astype(np.float64))
    steps = np.full(size.shape, np.inf)
    fading = (size > 0) & (size < 1)
    steps[fading] = np.log(0.1) / np.log(size[fading])
    steps[size == 0] = 0
    return steps


def _print(weights: dict[str, NDArray[np.float32]]) -> None:
    rows = []
    for name, u in weights.items():
        quarter, median = np.quantile(decay_steps(u), (0.25, 0.5), method="lower")
        infinite = f"{(np.abs(u) >= 1).mean():.0%}"
        bounds = (f"{u.min():.3f}", f"{u.max():.3f}")
        rows.append([name, str(len(u)), *bounds, f"{quarter:.1f}", f"{median:.1f}", infinite])
    headings = ["layer", "neurons", "min u", "max u", "quarter", "median", "infinite"]
    print_table("decay: steps until |u|^n < 0.1", headings, rows)


def _draw(weights: dict[str, NDArray[np.float32]]) -> Figure:
    layers = list(weights.values())
    columns = min(_COLUMNS, len(layers))
    rows = -(-len(layers) // columns)
    figure = Figure(figsize=(max(2.2 * columns, 6), 2.8 + 1.6 * rows), layout="constrained")
    parts: Any = figure.subfigures(2, 1, height_ratios=(1.6 * rows, 2.4))
    above, below = parts
    above.suptitle("Recurrent weights u (dotted: 1, above which the state does not decay)")
    limit = max(float(np.abs(u).max()) for u in layers)
    lowest = min(0.0, *(float(u.min()) for u in layers))
    bins = np.linspace(lowest, limit, _BINS + 1).tolist()
    panels = above.subplots(rows, columns, squeeze=False, sharex=True)
    for panel in panels.flat[len(layers) :]:
        panel.set_axis_off()
    for index, (panel, u) in enumerate(zip(panels.flat, layers, strict=False)):
        _histogram(panel, index, u, bins)
    _decay_by_layer(below.subplots(), layers)
    return figure


def _histogram(panel: Axes, index: int, u: NDArray[np.float32], bins: list[float]) -> None:
    panel.hist(u, bins=bins, color="tab:blue")
    panel.axvline(1, color="tab:red", linewidth=0.8, linestyle=":")
    panel.set_title(f"layer {index + 1}", fontsize=9)
    panel.tick_params(labelsize=7)
    panel.set_yticks([])


def _decay_by_layer(panel: Axes, weights: list[NDArray[np.float32]]) -> None:
    layers = np.arange(1, len(weights) + 1)
    for share, style in ((0.25, ":"), (0.5, "-"), (0.75, "--")):
        steps = [np.quantile(decay_steps(u), share, method="lower") for u in weights]
        panel.plot(
            layers, steps, style, marker=".", color="tab:blue", label=f"{share:.0%} of neurons"
        )
    panel.set_yscale("log")
    panel.yaxis.set_major_formatter("{x:g}")
    panel.yaxis.set_minor_formatter(NullFormatter())
    panel.set_xticks(layers)
    panel.set_xlabel("layer")
    panel.set_ylabel("steps")
    panel.set_title("Decay: steps until |u|^n < 0.1 (no point: infinite)")
    panel.grid(alpha=0.3)
    panel.legend(fontsize=8)
