"""Batch norm whose statistics are not computed over time."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from action_rec.errors import InputError

_EPS = 1e-5
_MOMENTUM = 0.1


class FrameNorm(nn.Module):
    """Batch norm of features (B, T, D) with separate training statistics for each frame.

    In training, a frame is normalized by the mean and variance of its B rows: statistics over time
    would leak future symbols to a network that predicts the next one (Cooijmans et al., arXiv
    1603.09025). All frames share one weight, one bias and one pair of running statistics, updated
    with the mean over frames. Cooijmans et al. keep a pair for each frame; with a single pair, eval
    mode is the same at every step, so that the loss of a text does not depend on the chunk length.

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
        """Normalize `x` (B, T, D).

        Raises:
            InputError: The batch has fewer than two sequences in training mode.
        """
        if not self.training:
            normalized = functional.batch_norm(
                x.flatten(0, 1),
                *(self.running_mean, self.running_var, self.weight, self.bias),
                eps=_EPS,
            )
            return normalized.view(x.shape)
        batch, steps, size = x.shape
        if batch < 2:
            raise InputError(
                "frame-wise batch norm needs at least two sequences in a training batch, got "
                f"{batch}; increase --data.batch_size or use norm: none"
            )
        # One call normalizes all frames: the features of each frame are separate columns. With
        # momentum 1, `mean` and `var` receive the statistics of this batch.
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
            for running, current in ((self.running_mean, mean), (self.running_var, var)):
                running.lerp_(current.view(steps, size).mean(dim=0), _MOMENTUM)
        return normalized.view(x.shape)

    def extra_repr(self) -> str:
        """Return the size shown in the printed network."""
        return f"{self.weight.numel()}"
