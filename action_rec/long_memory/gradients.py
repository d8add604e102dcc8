"""Plot the gradient norm of the last output with respect to the first input, against T.

Untrained networks of two layers of 128 neurons are evaluated on the adding problem, one curve per
layer type. The norm of d output / d x_0 is divided by its value at T = 1: it decreases with T if
gradients vanish and increases if they explode.
"""

import csv
from functools import partial
from pathlib import Path

import numpy as np
import torch
from matplotlib.figure import Figure
from numpy.typing import NDArray
from rich.progress import track
from torch import Tensor

from action_rec.errors import InputError
from action_rec.long_memory.adding import AddingSequences
from action_rec.long_memory.network import SequenceNetwork
from action_rec.models import GRU, IRNN, LSTM, SimpleRNN
from action_rec.models.encoders import StackedEncoder
from action_rec.models.layers import LayerOptions
from action_rec.models.recurrences import IndRNN, RecurrenceCallable

_HIDDEN, _LAYERS, _BATCH = 128, 2, 16
_LENGTHS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)
_SMALLEST = 1e-30  # replaces zeros, which a logarithmic axis cannot show

# By name: the layer, and gamma, which bounds |u| of IndRNN by gamma^(1/T). None: |u| <= 1.05.
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


def gradients(out: Path, seeds: int = 3, longest: int = 1000) -> None:
    """Compute the gradient norms, plot them and write them as CSV.

    Args:
        out: Picture to write; the values are written beside it with the suffix .csv.
        seeds: Number of networks per layer type; their geometric mean is plotted.
        longest: Largest number of steps T.

    Raises:
        InputError: `seeds` is below 1 or `longest` below 2.
    """
    if seeds < 1 or longest < 2:
        raise InputError(f"--seeds must be at least 1 and --longest 2, got {seeds} and {longest}")
    lengths = [length for length in _LENGTHS if length <= longest]
    norms_by_layer = {
        name: np.array([_relative_norms(name, lengths, seed) for seed in range(seeds)])
        for name in track(_TYPES, "gradients", transient=True)
    }
    _plot(norms_by_layer, lengths).savefig(out, dpi=120)
    table = out.with_suffix(".csv")
    with table.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("layer", "seed", "steps", "relative gradient"))
        for name, norms in norms_by_layer.items():
            for (seed, index), value in np.ndenumerate(norms):
                writer.writerow((name, seed, lengths[index], f"{value:.6g}"))
    print(f"picture: {out}\nnumbers: {table}")


def gradient_at_start(network: SequenceNetwork, inputs: Tensor) -> float:
    """Return the root mean square of |d output / d x_0| over B sequences.

    Args:
        network: Network that reads the last step.
        inputs: Input sequences, (B, T, C).
    """
    inputs = inputs.detach().double().requires_grad_()
    outputs, _ = network.double()(inputs)
    (gradient,) = torch.autograd.grad(outputs.sum(), inputs)
    return float(gradient[:, 0].square().sum(dim=1).mean().sqrt())


def _relative_norms(name: str, lengths: list[int], seed: int) -> NDArray[np.float64]:
    """Return the norms (N,) for N lengths, divided by the first."""
    norms = []
    for length in lengths:
        inputs = AddingSequences(max(2, length), "train", seed)[np.arange(_BATCH)].inputs
        norms.append(gradient_at_start(_network(name, length, seed), inputs[:, :length]))
    return np.array(norms) / max(norms[0], _SMALLEST)


def _network(name: str, steps: int, seed: int) -> SequenceNetwork:
    recurrence, gamma = _TYPES[name]
    torch.manual_seed(seed)  # the weights differ between lengths only by the bound

    def encoder(num_inputs: int, options: LayerOptions) -> StackedEncoder:
        return StackedEncoder(num_inputs, options, _HIDDEN, _LAYERS)

    bound = 1.05**steps if gamma is None else gamma
    return SequenceNetwork(2, 1, steps, encoder, recurrence=recurrence, gamma=bound)


def _plot(norms_by_layer: dict[str, NDArray[np.float64]], lengths: list[int]) -> Figure:
    figure = Figure(figsize=(8.4, 4.6), layout="constrained")
    ax = figure.subplots()
    for index, (name, norms) in enumerate(norms_by_layer.items()):
        mean = np.exp(np.log(np.maximum(norms, _SMALLEST)).mean(axis=0))
        style = "-" if name.startswith("IndRNN") else "--"
        ax.plot(lengths, mean, style, marker=".", color=f"C{index}", label=name, linewidth=1.4)
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.set_ylim(1e-15, 1e15)
    ax.axhline(1, color="0.4", linewidth=0.8, linestyle=":")
    ax.set_xlabel("steps T")
    ax.set_ylabel("|d output / d x_0|, relative to T = 1")
    ax.set_title("Gradient norm at the first step of untrained networks", fontsize=10)
    ax.grid(alpha=0.3)
    ax.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="outside right upper", fontsize=8)
    return figure
