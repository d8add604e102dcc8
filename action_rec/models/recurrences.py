"""The interface of recurrent layers, the IndRNN layer, and a bidirectional wrapper."""

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from action_rec.errors import InputError
from action_rec.models.padding import Padding
from action_rec.ops import Activation, indrnn_recurrence


class Recurrence(nn.Module):
    """Base class of recurrent layers.

    Attributes:
        projects_input: Whether the layer multiplies its input with a weight matrix of its own. A
            layer that does not needs a linear layer before it and as many inputs as neurons.
    """

    projects_input = True

    def forward(self, x: Tensor, state: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Compute the outputs for a sequence.

        Args:
            x: Inputs, (B, T, num_inputs).
            state: State (B, S) returned by the call on the preceding frames; None for zeros.

        Returns:
            Outputs (B, T, size), and the state (B, S) after the last frame.
        """
        raise NotImplementedError

    def backward_in_time(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Compute the outputs from the last frame of `x` to its first; see `forward`."""
        outputs, state = self(x.flip(1))
        return outputs.flip(1), state


RecurrenceCallable = Callable[[int, int], Recurrence]  # (num_inputs, size) -> layer

_FIRST_SLOPE = 0.25  # of PReLU


class IndRNN(Recurrence):
    """The recurrence ``h_t = act(x_t + u * h_{t-1})`` with a bounded recurrent weight u (D,).

    Li et al., "Independently Recurrent Neural Network", CVPR 2018 (arXiv 1803.04831).

    With ``prelu``, a neuron multiplies what is below zero by a learned slope of its own. It starts
    at 0.25 (He et al., arXiv 1502.01852) and is kept in [-1, 1], so that a state below zero grows
    no faster than the bound on u allows.

    Args:
        num_inputs: Number of inputs; must equal `size`, since the linear layer is separate.
        size: Number of neurons D.
        activation: Nonlinearity of the recurrence: ``relu``, ``leaky_relu``, ``prelu``, ``elu``,
            ``tanh`` or ``identity``.
        longest_memory: Largest initial time constant in steps. Each u is initialized to
            exp(-1 / tau), tau log-uniform in [1, longest_memory]; a state decays to 1/e in tau
            steps. None draws u uniformly as in the papers, with which half of the neurons have
            time constants below 2 steps and few reach 100.

    Raises:
        InputError: `num_inputs` and `size` differ, or `longest_memory` is below 1.
    """

    projects_input = False
    slope: nn.Parameter | None

    def __init__(
        self,
        num_inputs: int,
        size: int,
        activation: Activation = "relu",
        longest_memory: float | None = None,
    ) -> None:
        super().__init__()
        if longest_memory is not None and not 1 <= longest_memory < math.inf:
            raise InputError(f"longest_memory must be at least 1 step, got {longest_memory}")
        if num_inputs != size:
            raise InputError(
                f"IndRNN needs as many inputs as neurons, got {num_inputs} inputs for {size} "
                "neurons; put a linear layer before it"
            )
        self.activation: Activation = activation
        self.longest_memory = longest_memory
        self.u = nn.Parameter(torch.empty(size))
        slope = nn.Parameter(torch.empty(size)) if activation == "prelu" else None
        self.register_parameter("slope", slope)
        self.reset_parameters(bound=1.0)

    @torch.no_grad()
    def reset_parameters(self, bound: float, *, near_bound: bool = False) -> None:
        """Set the bound on |u| and initialize u (arXiv 1803.04831, section 4.1).

        Args:
            bound: Upper bound of |u|, gamma^(1/T), with which a state grows at most gamma-fold in
                T steps.
            near_bound: Draw u from (1 / bound, bound), for a last layer of which only the last
                step is read, unless the bound is below 1; otherwise from (0, bound), or as
                `longest_memory` says.
        """
        self.bound = bound
        near_bound = near_bound and bound >= 1
        if self.longest_memory is None or near_bound:
            self.u.uniform_(1 / bound if near_bound else 0.0, bound)
        else:
            time_constant = self.u.uniform_(0, math.log(self.longest_memory)).exp_()
            self.u.copy_(time_constant.reciprocal_().neg_().exp_()).clamp_(max=bound)
        if self.slope is not None:
            self.slope.fill_(_FIRST_SLOPE)

    @torch.no_grad()
    def clamp_recurrent_weight(self) -> None:
        """Clamp u to [-bound, bound], and the slope of PReLU to [-1, 1]."""
        self.u.clamp_(-self.bound, self.bound)
        if self.slope is not None:
            self.slope.clamp_(-1, 1)

    def forward(self, x: Tensor, state: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return all states (B, T, D) and the last state (B, D); see `Recurrence`."""
        states = indrnn_recurrence(x, self.u, state, self.activation, slope=self.slope)
        return states, states[:, -1]

    def backward_in_time(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Compute the states from the last frame of `x` to its first, without a flipped copy."""
        states = indrnn_recurrence(x, self.u, None, self.activation, reverse=True, slope=self.slope)
        return states, states[:, 0]

    def extra_repr(self) -> str:
        """Return the settings shown in the printed network."""
        return f"{self.u.numel()}, bound={self.bound:.4f}, activation={self.activation}"


class Bidirectional(Recurrence):
    """Bidirectional layer: half of the neurons run forward in time, the other half backward.

    Args:
        recurrence: Builds the layer of each direction.
        num_inputs: Number of inputs.
        size: Number of neurons of both directions together, an even number.

    Raises:
        InputError: `size` is odd.
    """

    def __init__(self, recurrence: RecurrenceCallable, num_inputs: int, size: int) -> None:
        super().__init__()
        if size % 2:
            raise InputError(
                f"a bidirectional layer needs an even number of neurons, got {size}; "
                "use an even hidden_size"
            )
        probe = recurrence(size // 2, size // 2)
        self.projects_input = probe.projects_input
        inputs = num_inputs if self.projects_input else num_inputs // 2
        self.ahead = recurrence(inputs, size // 2)
        self.back = recurrence(inputs, size // 2)

    def forward(
        self, x: Tensor, state: Tensor | None = None, padding: Padding | None = None
    ) -> tuple[Tensor, Tensor]:
        """Return the outputs of both directions, concatenated; see `Recurrence`.

        With `padding`, the backward half starts at the last frame of each sequence, and the last
        states are of no meaning.

        Raises:
            InputError: `state` is given, but the backward half starts at the end of the sequence.
        """
        if state is not None:
            raise InputError(
                "a bidirectional network needs the whole sequence and cannot continue from a "
                "state; pass the whole clip or use bidirectional: false"
            )
        first, second = (x, x) if self.projects_input else x.chunk(2, dim=2)
        forward, forward_state = self.ahead(first)
        if padding is None:
            backward, backward_state = self.back.backward_in_time(second)
        else:
            backward, backward_state = self.back(padding.reverse(second))
            backward = padding.reverse(backward)
        outputs = torch.cat((forward, backward), dim=2)
        return outputs, torch.cat((forward_state, backward_state), dim=1)
