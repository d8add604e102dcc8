"""Recurrent layers that IndRNN is compared with; they can replace it in every network."""

import math
from typing import Literal

import torch
from torch import Tensor, nn

from action_rec.errors import InputError
from action_rec.models.recurrences import Recurrence

RecurrentInit = Literal["identity", "orthogonal", "random", "random_walk"]
Nonlinearity = Literal["tanh", "relu"]

_TANH_GAIN = 1.1  # the smallest of those that Sussillo and Abbott found good, 1.1 to 1.3


class _TorchRecurrence(Recurrence):
    """Wrap a recurrent layer of PyTorch (cuDNN on a GPU) in the interface of `Recurrence`."""

    def __init__(self, layer: nn.RNNBase) -> None:
        super().__init__()
        self.layer: nn.RNNBase = layer
        for name, parameter in layer.named_parameters():
            if name.startswith("weight_hh"):
                for gate in torch.split(parameter.detach(), layer.hidden_size):
                    nn.init.orthogonal_(gate)
            elif name.startswith("weight_ih"):
                nn.init.xavier_uniform_(parameter)
            else:
                nn.init.zeros_(parameter)

    def forward(self, x: Tensor, state: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return outputs (B, T, size) and last state (B, size); see `Recurrence`."""
        outputs, last = self.layer(x, None if state is None else state[None].contiguous())
        return outputs, last[0]


class SimpleRNN(_TorchRecurrence):
    """Simple RNN, ``h_t = act(W x_t + U h_{t-1} + b)``, with an orthogonally initialized U.

    Args:
        num_inputs: Number of inputs.
        size: Number of neurons.
        nonlinearity: ``tanh`` or ``relu``. Its name differs from IndRNN's `activation` because a
            command line that replaces IndRNN by this layer would otherwise keep IndRNN's ReLU.
        start: Initial U; see `initial_matrix`.

    Raises:
        InputError: `start` is unknown.
    """

    def __init__(
        self,
        num_inputs: int,
        size: int,
        nonlinearity: Nonlinearity = "tanh",
        start: RecurrentInit = "orthogonal",
    ) -> None:
        layer = nn.RNN(num_inputs, size, nonlinearity=nonlinearity, batch_first=True)
        super().__init__(layer)
        if start != "orthogonal":  # as the base class has drawn it
            with torch.no_grad():
                weights = dict(layer.named_parameters())
                weights["weight_hh_l0"].copy_(initial_matrix(start, size, nonlinearity))


class IRNN(_TorchRecurrence):
    """ReLU RNN with identity initialization (Le, Jaitly, Hinton, arXiv 1504.00941).

    Initially U = scale * identity, the input weights follow N(0, 0.001^2), and biases are 0.

    Args:
        num_inputs: Number of inputs.
        size: Number of neurons.
        scale: Factor of the initial U: 1, or 0.01 for tasks without long-term dependencies.
        start: Initial U before scaling: ``identity``, or for ablations another one of
            `initial_matrix`.

    Raises:
        InputError: `start` is unknown.
    """

    def __init__(
        self, num_inputs: int, size: int, scale: float = 1.0, start: RecurrentInit = "identity"
    ) -> None:
        layer = nn.RNN(num_inputs, size, nonlinearity="relu", batch_first=True)
        super().__init__(layer)
        weights = dict(layer.named_parameters())
        nn.init.normal_(weights["weight_ih_l0"], std=0.001)
        with torch.no_grad():
            weights["weight_hh_l0"].copy_(scale * initial_matrix(start, size, "relu"))


def initial_matrix(start: RecurrentInit, size: int, nonlinearity: Nonlinearity) -> Tensor:
    """Return an initial recurrent matrix U (size, size) of N = size neurons.

    Args:
        start: ``identity``; ``orthogonal``; ``random``, drawn from N(0, 1 / N); or
            ``random_walk``, which is ``random`` times the factor g of Sussillo and Abbott (arXiv
            1412.6558, section 2.3): sqrt(2) exp(1.2 / (max(N, 6) - 2.4)) for ReLU and 1.1 for
            tanh. With it, the logarithm of a gradient's norm has a mean change of 0 from layer to
            layer of a deep network, that is, a random walk without drift. In a recurrent network
            all steps share one matrix, for which the papers do not prove it.
        size: Number of neurons.
        nonlinearity: Of the layer, ``tanh`` or ``relu``.

    Raises:
        InputError: `start` is unknown.
    """
    match start:
        case "identity":
            return torch.eye(size)
        case "orthogonal":
            return nn.init.orthogonal_(torch.empty(size, size))
        case "random":
            return torch.randn(size, size) / math.sqrt(size)
        case "random_walk":
            gain = math.sqrt(2) * math.exp(1.2 / (max(size, 6) - 2.4))
            gain = _TANH_GAIN if nonlinearity == "tanh" else gain
            return gain * torch.randn(size, size) / math.sqrt(size)
    raise InputError(
        f"start must be 'identity', 'orthogonal', 'random' or 'random_walk', got '{start}'"
    )


class GRU(_TorchRecurrence):
    """Gated recurrent unit (Cho et al., EMNLP 2014).

    Args:
        num_inputs: Number of inputs.
        size: Number of neurons.
    """

    def __init__(self, num_inputs: int, size: int) -> None:
        super().__init__(nn.GRU(num_inputs, size, batch_first=True))


class LSTM(_TorchRecurrence):
    """Long short-term memory (Hochreiter and Schmidhuber, 1997; forget gate of Gers et al., 2000).

    The state (B, 2 * size) is the output and the cell, concatenated.

    Args:
        num_inputs: Number of inputs.
        size: Number of neurons.
        forget_bias: Initial bias of the forget gate; larger values help with long sequences.
    """

    def __init__(self, num_inputs: int, size: int, forget_bias: float = 1.0) -> None:
        layer = nn.LSTM(num_inputs, size, batch_first=True)
        super().__init__(layer)
        with torch.no_grad():
            dict(layer.named_parameters())["bias_ih_l0"][size : 2 * size] = forget_bias

    def forward(self, x: Tensor, state: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return outputs (B, T, size) and last state (B, 2 * size); see `Recurrence`."""
        if state is None:
            outputs, (hidden, cell) = self.layer(x)
        else:
            initial = tuple(part[None].contiguous() for part in state.chunk(2, dim=1))
            outputs, (hidden, cell) = self.layer(x, initial)
        return outputs, torch.cat((hidden[0], cell[0]), dim=1)


class LSTMVariant(Recurrence):
    """LSTM with peepholes or coupled gates, computed by a loop over time.

    With peepholes (Gers and Schmidhuber, 2000) the gates depend on the cell; with coupled gates
    (Greff et al., arXiv 1503.04069) the input gate is i = 1 - f. State as in `LSTM`.

    Args:
        num_inputs: Number of inputs.
        size: Number of neurons.
        peephole: Whether the gates depend on the cell.
        coupled: Whether the input gate is one minus the forget gate.
        forget_bias: Initial bias of the forget gate.
    """

    def __init__(
        self,
        num_inputs: int,
        size: int,
        peephole: bool = False,
        coupled: bool = False,
        forget_bias: float = 1.0,
    ) -> None:
        super().__init__()
        self.size = size
        self.coupled = coupled
        gates = 3 if coupled else 4  # order: forget, output, candidate, input (unless coupled)
        self.project = nn.Linear(num_inputs, gates * size)
        self.recur = nn.Linear(size, gates * size, bias=False)
        nn.init.xavier_uniform_(self.project.weight)
        nn.init.zeros_(self.project.bias)
        for gate in torch.split(self.recur.weight.detach(), size):
            nn.init.orthogonal_(gate)
        with torch.no_grad():
            self.project.bias[:size] = forget_bias
        # One weight per neuron for the forget, output and input gates, in this order.
        self.peepholes = nn.Parameter(torch.zeros(3, size)) if peephole else None

    def forward(self, x: Tensor, state: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return outputs (B, T, size) and last state (B, 2 * size); see `Recurrence`."""
        if state is None:
            state = x.new_zeros(x.shape[0], 2 * self.size)
        hidden, cell = state.chunk(2, dim=1)
        outputs = []
        for projected in self.project(x).unbind(dim=1):
            hidden, cell = self._step(projected + self.recur(hidden), cell)
            outputs.append(hidden)
        return torch.stack(outputs, dim=1), torch.cat((hidden, cell), dim=1)

    def _step(self, gates: Tensor, cell: Tensor) -> tuple[Tensor, Tensor]:
        forget, output, candidate, *rest = torch.split(gates, self.size, dim=1)
        if self.peepholes is not None:
            forget = forget + self.peepholes[0] * cell
            rest = [gate + self.peepholes[2] * cell for gate in rest]
        forget = forget.sigmoid()
        input_gate = 1 - forget if self.coupled else rest[0].sigmoid()
        cell = forget * cell + input_gate * candidate.tanh()
        if self.peepholes is not None:
            output = output + self.peepholes[1] * cell
        return output.sigmoid() * cell.tanh(), cell
