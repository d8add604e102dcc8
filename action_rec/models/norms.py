"""Batch norm whose statistics do not run over time."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from action_rec.errors import InputError

_EPS = 1e-5
_MOMENTUM = 0.1


class FrameNorm(nn.Module):
    """Batch norm of features (B, T, D) whose statistics in training are those of each frame.

    A frame is normalised by its own B rows: statistics over time would tell a network that
    predicts the next symbol of those to come (Cooijmans et al., arXiv 1603.09025). All frames share
    one weight and bias and one pair of running statistics, which follow the mean over the
    frames. Cooijmans et al. keep a pair for each frame; with one, eval mode does the same at every
    step, so that a text read in pieces of any length has exactly the loss of the whole.

    Args:
        size: Number of features D.
    """

    running_mean: Tensor
    running_var: Tensor

    def __init__(self, size: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(size))
        self.bias = nn.Parameter(torch.zeros(size))
        self.register_buffer("running_mean", torch.zeros(size))
        self.register_buffer("running_var", torch.ones(size))

    def forward(self, x: Tensor) -> Tensor:
        """Normalise `x` (B, T, D).

        Raises:
            InputError: A batch of one sequence in training, which has no deviation.
        """
        if not self.training:
            return self._by_running_statistics(x)
        batch, steps, size = x.shape
        if batch < 2:
            raise InputError(
                "frame-wise batch norm needs two sequences or more in a training batch, got "
                f"{batch}; raise --data.batch_size or use norm: none"
            )
        # One kernel for all frames: the features of every frame are columns of their own. With a
        # momentum of 1 the running statistics that it is given are those of this batch.
        wide = self.running_mean.dtype
        mean, var = (x.new_zeros(steps * size, dtype=wide) for _ in range(2))
        normalized = functional.batch_norm(
            x.flatten(1),
            *(mean, var),
            *(self.weight.repeat(steps), self.bias.repeat(steps)),
            training=True,
            momentum=1.0,
            eps=_EPS,
        )
        with torch.no_grad():
            for running, seen in ((self.running_mean, mean), (self.running_var, var)):
                running.lerp_(seen.view(steps, size).mean(dim=0), _MOMENTUM)
        return normalized.view(x.shape)

    def _by_running_statistics(self, x: Tensor) -> Tensor:
        normalized = functional.batch_norm(
            x.flatten(0, 1), self.running_mean, self.running_var, self.weight, self.bias, eps=_EPS
        )
        return normalized.view(x.shape)

    def extra_repr(self) -> str:
        """Show the size in the printed network."""
        return f"{self.weight.numel()}"
