"""Recurrent layers that are linear in their state: MinGRU and LRU, baselines beside IndRNN.

Both are computed by a loop over time. Their authors compute them in parallel, which pays on a GPU.
On a CPU, the scan in log space of MinGRU was slower than the loop and lost digits on long sequences
(tried by hand, without figures).
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from action_rec.errors import InputError
from action_rec.models.recurrences import Recurrence
from action_rec.ops.reference import compute_dtype


class MinGRU(Recurrence):
    """Minimal gated recurrent unit (Feng et al., arXiv 2410.01201).

    ``h_t = (1 - z_t) * h_{t-1} + z_t * g(W x_t + b)`` with the gate ``z_t = sigmoid(V x_t + c)``,
    which does not depend on the state, and g(v) = v + 0.5 for v >= 0, else sigmoid(v), as in the
    paper's version in log space. The state is above 0 and starts as 0.

    Args:
        num_inputs: Number of inputs.
        size: Number of neurons.
    """

    def __init__(self, num_inputs: int, size: int) -> None:
        super().__init__()
        self.project = nn.Linear(num_inputs, 2 * size)  # gates, then candidates
        for part in torch.split(self.project.weight.detach(), size):
            nn.init.xavier_uniform_(part)
        nn.init.zeros_(self.project.bias)

    def forward(self, x: Tensor, state: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return outputs (B, T, size) and last state (B, size); see `Recurrence`."""
        projected = self.project(x)
        gate, candidate = projected.to(compute_dtype(projected)).chunk(2, dim=2)
        positive = torch.where(candidate >= 0, candidate + 0.5, candidate.sigmoid())
        kept, added = (-gate).sigmoid(), gate.sigmoid() * positive
        if state is None:
            state = torch.zeros_like(added[:, 0])
        states = []
        for factor, term in zip(kept.unbind(dim=1), added.unbind(dim=1), strict=True):
            state = torch.addcmul(term, factor, state)
            states.append(state)
        return torch.stack(states, dim=1).to(projected.dtype), state


class LRU(Recurrence):
    """Linear recurrent unit with its nonlinear read-out (Orvieto et al., arXiv 2303.06349).

    ``h_t = lambda * h_{t-1} + gamma * B x_t`` with a complex state of N = size numbers and
    ``lambda = exp(-exp(nu) + i exp(theta))``, so that |lambda| < 1 for any nu. gamma is learned
    and starts as sqrt(1 - |lambda|^2), which keeps the size of the state. The output is
    ``GLU(M gelu(Re(C h_t) + d * x_t))``. The paper adds the block to its input: that is what
    `ResidualIndRNN` does. If there are not as many inputs as neurons, a matrix projects x_t first.

    The state (B, 2 * size) is the real part and the imaginary part, concatenated.

    Args:
        num_inputs: Number of inputs.
        size: Number of neurons.
        min_radius: Smallest initial |lambda|; 0.9 helps with long sequences.
        max_radius: Largest initial |lambda|.
        max_phase: Largest initial angle of lambda in radians.

    Raises:
        InputError: A radius is not in [0, 1], the smallest is not below the largest, or the angle
            is not in (0, 2 pi].
    """

    def __init__(
        self,
        num_inputs: int,
        size: int,
        min_radius: float = 0.0,
        max_radius: float = 1.0,
        max_phase: float = math.tau,
    ) -> None:
        super().__init__()
        if not 0 <= min_radius < max_radius <= 1:
            raise InputError(
                f"min_radius must be at least 0 and below max_radius, which must be at most 1, got "
                f"{min_radius} and {max_radius}; the defaults are 0 and 1"
            )
        if not 0 < max_phase <= math.tau:
            raise InputError(f"max_phase must be above 0 and at most 2 pi, got {max_phase}")
        # In float64 and away from 0 and 1, where the logarithms are infinite.
        uniform = torch.rand(2, size, dtype=torch.float64).clamp_(1e-6, 1 - 1e-6)
        radius = (uniform[0] * (max_radius**2 - min_radius**2) + min_radius**2).sqrt()
        self.nu = nn.Parameter((-radius.log()).log().float())
        self.theta = nn.Parameter((max_phase * uniform[1]).log().float())
        self.log_gamma = nn.Parameter((1 - radius**2).log().div(2).float())
        self.drive = nn.Linear(num_inputs, 2 * size, bias=False)  # real parts of B, then imaginary
        self.read = nn.Linear(2 * size, size, bias=False)  # C
        nn.init.normal_(self.drive.weight, std=(2 * num_inputs) ** -0.5)
        nn.init.normal_(self.read.weight, std=size**-0.5)
        same = num_inputs == size
        self.resize = nn.Identity() if same else nn.Linear(num_inputs, size, bias=False)
        self.direct = nn.Parameter(torch.randn(size))  # d
        self.mix = nn.Linear(size, 2 * size)  # M

    def forward(self, x: Tensor, state: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return outputs (B, T, size) and last state (B, 2 * size); see `Recurrence`."""
        driven = self.drive(x)
        terms = driven.to(compute_dtype(driven)) * self.log_gamma.exp().repeat(2)
        states, last = self._states(terms, state)
        mixed = self.read(states.to(driven.dtype)) + self.direct * self.resize(x)
        return functional.glu(self.mix(functional.gelu(mixed)), dim=2), last

    def _states(self, terms: Tensor, state: Tensor | None) -> tuple[Tensor, Tensor]:
        """Return the states (B, T, 2 * size) of driving terms of that shape, and the last one."""
        if state is None:
            state = torch.zeros_like(terms[:, 0])
        # Real numbers, because ONNX has no others.
        radius, angle = (-self.nu.exp()).exp(), self.theta.exp()
        turn = torch.cat((radius * angle.cos(), radius * angle.cos()))
        cross = torch.cat((-radius * angle.sin(), radius * angle.sin()))
        states = []
        for term in terms.unbind(dim=1):
            real, imaginary = state.chunk(2, dim=1)
            turned = torch.addcmul(term, turn, state)
            state = torch.addcmul(turned, cross, torch.cat((imaginary, real), dim=1))
            states.append(state)
        return torch.stack(states, dim=1), state
