"""Recurrent layers that a stack can be built of: IndRNN, and both directions of any."""

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from action_rec.errors import InputError
from action_rec.ops import Activation, indrnn_recurrence


class Recurrence(nn.Module):
    """What a stack asks of a recurrent layer.

    Attributes:
        projects_input: Whether it multiplies its input with a matrix of its own. One that does
            takes the place of a linear layer and a recurrence; one that does not needs a linear
            layer before it, and as many inputs as it has neurons.
    """

    projects_input = True

    def forward(self, x: Tensor, state: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Run over a sequence.

        Args:
            x: Inputs, (B, T, num_inputs).
            state: What the call on the preceding frames returned, (B, S); None for zeros.

        Returns:
            Outputs (B, T, size), and the state (B, S) after the last frame.
        """
        raise NotImplementedError

    def backward_in_time(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Run over `x` from its last frame to its first; see `forward`."""
        outputs, state = self(x.flip(1))
        return outputs.flip(1), state


RecurrenceCallable = Callable[[int, int], Recurrence]  # (num_inputs, size) -> layer


class IndRNN(Recurrence):
    """The recurrence ``h_t = act(x_t + u * h_{t-1})`` with its bounded weight u (D,).

    Li et al., "Independently Recurrent Neural Network", CVPR 2018 (arXiv 1803.04831).

    Args:
        num_inputs: Number of inputs, the same as `size`: the linear layer stands before it.
        size: Number of neurons D.
        activation: The nonlinearity of the recurrence.
        longest_memory: Steps; u then starts at exp(-1 / m) with log-uniform m from 1 to so many,
            after which a state has fallen to 1/e. None draws u uniformly, as the papers do: half
            of the neurons then forget within two steps, and hardly any remembers a hundred.

    Raises:
        InputError: The numbers of inputs and neurons differ, or the memory is below 1.
    """

    projects_input = False

    def __init__(
        self,
        num_inputs: int,
        size: int,
        activation: Activation = "relu",
        longest_memory: float | None = None,
    ) -> None:
        super().__init__()
        if longest_memory is not None and not longest_memory >= 1:
            raise InputError(f"longest_memory must be at least 1 step, got {longest_memory}")
        if num_inputs != size:
            raise InputError(
                f"an IndRNN recurrence has as many inputs as neurons, got {num_inputs} inputs for "
                f"{size} neurons; put a linear layer before it"
            )
        self.activation: Activation = activation
        self.longest_memory = longest_memory
        self.u = nn.Parameter(torch.empty(size))
        self.start(bound=1.0)

    @torch.no_grad()
    def start(self, bound: float, *, long_memory: bool = False) -> None:
        """Set the bound on |u| and draw u anew (arXiv 1803.04831, section 4.1).

        Args:
            bound: Largest |u| allowed, gamma^(1/T): a state grows gamma-fold in T steps at most.
            long_memory: Draw u from (1 / bound, bound), where only the last step is read and every
                neuron must remember the whole clip; otherwise from (0, bound), or as
                `longest_memory` says.
        """
        self.bound = bound
        if self.longest_memory is None or long_memory:
            self.u.uniform_(1 / bound if long_memory else 0.0, bound)
        else:
            memory = self.u.uniform_(0, math.log(self.longest_memory)).exp_()
            self.u.copy_(memory.reciprocal_().neg_().exp_()).clamp_(max=bound)

    @torch.no_grad()
    def clamp_recurrent_weight(self) -> None:
        """Bring u back into [-bound, bound]."""
        self.u.clamp_(-self.bound, self.bound)

    def forward(self, x: Tensor, state: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return all states (B, T, D) and the last one; see `Recurrence`."""
        states = indrnn_recurrence(x, self.u, state, self.activation)
        return states, states[:, -1]

    def backward_in_time(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Run over `x` from its last frame to its first, without turning it round in memory."""
        states = indrnn_recurrence(x, self.u, None, self.activation, reverse=True)
        return states, states[:, 0]

    def extra_repr(self) -> str:
        """Show the settings in the printed network."""
        return f"{self.u.numel()}, bound={self.bound:.4f}, activation={self.activation}"


class Bidirectional(Recurrence):
    """Half of the neurons run forward in time, the other half backward.

    Args:
        recurrence: Builds the layer of each direction.
        num_inputs: Number of inputs.
        size: Number of neurons of both directions together, an even number.
    """

    def __init__(self, recurrence: RecurrenceCallable, num_inputs: int, size: int) -> None:
        super().__init__()
        if size % 2:
            raise InputError(
                f"a bidirectional layer divides its neurons between two directions, got {size}; "
                "use an even hidden_size"
            )
        probe = recurrence(size // 2, size // 2)
        self.projects_input = probe.projects_input
        inputs = num_inputs if self.projects_input else num_inputs // 2
        self.ahead = recurrence(inputs, size // 2)
        self.back = recurrence(inputs, size // 2)

    def forward(self, x: Tensor, state: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return the outputs of both directions side by side; see `Recurrence`.

        Raises:
            InputError: A state is given: the backward half starts from the end of the sequence.
        """
        if state is not None:
            raise InputError(
                "a bidirectional network reads a sequence from both ends and cannot go on from a "
                "state; give it the whole clip or use bidirectional: false"
            )
        first, second = (x, x) if self.projects_input else x.chunk(2, dim=2)
        ahead, last = self.ahead(first)
        back, earliest = self.back.backward_in_time(second)
        return torch.cat((ahead, back), dim=2), torch.cat((last, earliest), dim=1)
