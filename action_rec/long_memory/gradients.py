"""What of the gradient of the last output arrives at step 0, against T, per layer type.

Networks as they start, of two layers of 128 neurons, see sequences of the adding problem. Drawn is
the norm of d output / d x_0, relative to that at T = 1 of the same network: it falls where
gradients vanish and rises where they explode.
"""

from functools import partial
from pathlib import Path

import numpy as np
import torch
from matplotlib.figure import Figure
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from torch import Tensor

from action_rec.console.output_path import check_picture
from action_rec.console.writing import write_csv, write_figure
from action_rec.errors import InputError
from action_rec.long_memory.adding import AddingSequences
from action_rec.long_memory.network import SequenceNetwork
from action_rec.models import GRU, IRNN, LSTM, SimpleRNN
from action_rec.models.encoders import StackedEncoder
from action_rec.models.layers import LayerOptions
from action_rec.models.recurrences import IndRNN, RecurrenceCallable

_HIDDEN, _LAYERS, _BATCH = 128, 2, 16
_LENGTHS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)
_SMALLEST = 1e-30  # what is drawn for an exact zero

# By name: the layer, and gamma, which for IndRNN alone bounds |u| by gamma^(1/T).
_TYPES: dict[str, tuple[RecurrenceCallable, float | None]] = {
    "IndRNN, |u| <= 2^(1/T)": (IndRNN, 2.0),
    "IndRNN, |u| <= 1.05": (IndRNN, None),
    "LSTM": (LSTM, 1.0),
    "GRU": (GRU, 1.0),
    "tanh RNN, orthogonal": (SimpleRNN, 1.0),
    "ReLU RNN, orthogonal": (partial(SimpleRNN, nonlinearity="relu"), 1.0),
    "IRNN, identity": (IRNN, 1.0),
    "IRNN, 0.01 identity": (partial(IRNN, scale=0.01), 1.0),
    "ReLU RNN, random, too large": (partial(IRNN, start="random", scale=2.0), 1.0),
}


def gradients(out: Path, *, seeds: int = 3, longest: int = 1000) -> None:
    """Draw the share of the gradient that arrives at the first step, per layer: gradients OUT.png.

    Args:
        out: The picture to write; all numbers go beside it, with the ending .csv.
        seeds: Networks per layer type; the line is their geometric mean.
        longest: Most steps T.

    Raises:
        InputError: There is nothing to measure, or the picture cannot be written.
    """
    check_picture(out, numbers=True)
    if seeds < 1 or longest < 2:
        raise InputError(f"--seeds must be at least 1 and --longest 2, got {seeds} and {longest}")
    lengths = [length for length in _LENGTHS if length <= longest]
    measured = {
        name: np.array([_relative(name, lengths, seed) for seed in range(seeds)])
        for name in track(_TYPES, "gradients", transient=True, console=Console(stderr=True))
    }
    rows = [
        (name, seed, lengths[place], f"{value:.6g}")
        for name, norms in measured.items()
        for (seed, place), value in np.ndenumerate(norms)
    ]
    table = out.with_suffix(".csv")
    write_figure(out, _draw(measured, lengths))
    write_csv(table, ("layer", "seed", "steps", "relative gradient"), rows)
    print(f"picture: {out}\nnumbers: {table}")


def gradient_at_start(network: SequenceNetwork, inputs: Tensor) -> float:
    """Return the root of the mean over B sequences of |d output / d x_0|^2.

    Args:
        network: One that reads the last step.
        inputs: (B, T, C).
    """
    inputs = inputs.detach().double().requires_grad_()
    outputs, _ = network.double()(inputs)
    (gradient,) = torch.autograd.grad(outputs.sum(), inputs)
    return float(gradient[:, 0].square().sum(dim=1).mean().sqrt())


def _relative(name: str, lengths: list[int], seed: int) -> NDArray[np.float64]:
    """Norms (N,) for N lengths, relative to the first."""
    norms = []
    for length in lengths:
        inputs = AddingSequences(max(2, length), "train", seed)[np.arange(_BATCH)].inputs
        norms.append(gradient_at_start(_network(name, length, seed), inputs[:, :length]))
    return np.array(norms) / max(norms[0], _SMALLEST)


def _network(name: str, steps: int, seed: int) -> SequenceNetwork:
    recurrence, gamma = _TYPES[name]
    torch.manual_seed(seed)  # the same weights for every length, but for the bound

    def encoder(num_inputs: int, options: LayerOptions) -> StackedEncoder:
        return StackedEncoder(num_inputs, options, _HIDDEN, _LAYERS)

    bound = 1.05**steps if gamma is None else gamma
    return SequenceNetwork(2, 1, steps, encoder, recurrence=recurrence, gamma=bound)


def _draw(measured: dict[str, NDArray[np.float64]], lengths: list[int]) -> Figure:
    figure = Figure(figsize=(8.4, 4.6), layout="constrained")
    panel = figure.subplots()
    for index, (name, norms) in enumerate(measured.items()):
        mean = np.exp(np.log(np.maximum(norms, _SMALLEST)).mean(axis=0))
        style = "-" if name.startswith("IndRNN") else "--"
        colour = f"C{index}"
        panel.plot(lengths, mean, style, marker=".", color=colour, label=name, linewidth=1.4)
    panel.set_xscale("log")
    panel.set_yscale("log")
    panel.set_ylim(1e-15, 1e15)
    panel.axhline(1, color="0.4", linewidth=0.8, linestyle=":")
    panel.set_xlabel("steps T")
    panel.set_ylabel("|d output / d x_0|, relative to T = 1")
    panel.set_title(
        "What of the gradient arrives at step 0, in networks as they start", fontsize=10
    )
    panel.grid(alpha=0.3)
    panel.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="outside right upper", fontsize=8)
    return figure
