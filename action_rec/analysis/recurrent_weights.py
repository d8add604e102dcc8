"""Draw the recurrent weights of a checkpoint, layer by layer.

The histograms are those of figure 5 of Li et al. (CVPR 2018, arXiv 1803.04831). The state of n
steps ago contributes |u|^n of its value to the present state. The *decay* of a neuron is the number
of steps after which this falls below a tenth, ln(0.1) / ln |u|; it is infinite where |u| >= 1.

Of a network whose recurrence is PReLU, the learned slopes of the neurons are drawn as well: 0 drops
what is below zero, as ReLU does, and 1 keeps it.
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

    If the recurrence is PReLU, the slopes of its neurons are drawn and printed as well.

    Args:
        checkpoint: A .ckpt file.
        out: The picture to write, .png, .pdf or .svg.

    Raises:
        InputError: The checkpoint cannot be read or has no IndRNN layer, or the picture cannot be
            written.
    """
    check_picture(out)
    weights, slopes = read_recurrent_weights(checkpoint), read_slopes(checkpoint)
    _print(weights)
    if slopes:
        _print_slopes(slopes)
    write_figure(out, _draw(weights, slopes))
    print(f"picture: {out}")


def read_recurrent_weights(checkpoint: Path) -> dict[str, NDArray[np.float32]]:
    """Return u (D,) of every IndRNN layer by name, from input to output.

    Raises:
        InputError: The checkpoint cannot be read, has no IndRNN layer, or has a weight u that is
            infinite or NaN.
    """
    found = _read(checkpoint, "u")
    if not found:
        raise InputError(
            f"{checkpoint} has no IndRNN layer; give a checkpoint of an IndRNN network"
        )
    return found


def read_slopes(checkpoint: Path) -> dict[str, NDArray[np.float32]]:
    """Return the slopes (D,) of every IndRNN layer with PReLU by name, from input to output.

    Raises:
        InputError: The checkpoint cannot be read, or has a slope that is infinite or NaN.
    """
    return _read(checkpoint, "slope")


def _read(checkpoint: Path, parameter: str) -> dict[str, NDArray[np.float32]]:
    state = load_checkpoint(checkpoint)["state_dict"]
    found = {name: value for name, value in state.items() if name.endswith(f".{parameter}")}
    check_finite_weights(found, checkpoint)
    return {
        name.removeprefix("network.encoder.").removesuffix(f".recurrence.{parameter}"): (
            value.float().numpy()
        )
        for name, value in found.items()
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


def _print_slopes(slopes: dict[str, NDArray[np.float32]]) -> None:
    rows = []
    for name, slope in slopes.items():
        quantiles = np.quantile(slope, (0, 0.25, 0.5, 0.75, 1))
        rows.append([name, str(len(slope)), *(f"{value:.3f}" for value in quantiles)])
    headings = ["layer", "neurons", "min", "quarter", "median", "3 quarters", "max"]
    print_table("slope of PReLU below zero (0: ReLU, 1: identity)", headings, rows)


def _draw(
    weights: dict[str, NDArray[np.float32]], slopes: dict[str, NDArray[np.float32]]
) -> Figure:
    layers = list(weights.values())
    columns = min(_COLUMNS, len(layers))
    height = 1.6 * -(-len(layers) // columns)
    heights = [height, 2.4] if not slopes else [height, height, 2.4]
    figure = Figure(figsize=(max(2.2 * columns, 6), 0.4 + sum(heights)), layout="constrained")
    parts: Any = figure.subfigures(len(heights), 1, height_ratios=heights)
    parts[0].suptitle("Recurrent weights u (dotted: 1, above which the state does not decay)")
    _histograms(parts[0], layers, columns, dotted=1)
    if slopes:
        parts[1].suptitle("Slopes of PReLU below zero (dotted: 0.25, before training)")
        _histograms(parts[1], list(slopes.values()), columns, dotted=0.25)
    _decay_by_layer(parts[-1].subplots(), layers)
    return figure


def _histograms(
    part: Any,  # noqa: ANN401 (a SubFigure)
    layers: list[NDArray[np.float32]],
    columns: int,
    dotted: float,
) -> None:
    """Draw a histogram of each layer, all with the same bins."""
    limit = max(float(np.abs(values).max()) for values in layers)
    lowest = min(0.0, *(float(values.min()) for values in layers))
    bins = np.linspace(lowest, limit, _BINS + 1).tolist()
    panels = part.subplots(-(-len(layers) // columns), columns, squeeze=False, sharex=True)
    for panel in panels.flat[len(layers) :]:
        panel.set_axis_off()
    for index, (panel, values) in enumerate(zip(panels.flat, layers, strict=False)):
        _histogram(panel, index, values, bins, dotted)


def _histogram(
    panel: Axes, index: int, values: NDArray[np.float32], bins: list[float], dotted: float
) -> None:
    panel.hist(values, bins=bins, color="tab:blue")
    panel.axvline(dotted, color="tab:red", linewidth=0.8, linestyle=":")
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
