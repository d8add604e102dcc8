"""Batch norm whose statistics are not computed over time, and batch norm after training."""

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


class ScaleAndShift(nn.Module):
    """A batch norm with the statistics of training, as one multiplication and one addition.

    Args:
        norm: The batch norm, of D features.
    """

    scale: Tensor
    shift: Tensor

    def __init__(self, norm: nn.BatchNorm1d | FrameNorm) -> None:
        super().__init__()
        scale, shift = scale_and_shift(norm)
        self.register_buffer("scale", scale)
        self.register_buffer("shift", shift)

    def forward(self, x: Tensor) -> Tensor:
        """Return (..., D) of `x` (..., D)."""
        return torch.addcmul(self.shift, x, self.scale)


def scale_and_shift(norm: nn.BatchNorm1d | FrameNorm) -> tuple[Tensor, Tensor]:
    """Return what a batch norm multiplies its input by and adds then in eval mode, each (D,)."""
    mean, var = norm.running_mean, norm.running_var
    assert mean is not None
    assert var is not None
    eps = _EPS if isinstance(norm, FrameNorm) else norm.eps
    scale = norm.weight.detach().double() / (var.double() + eps).sqrt()
    shift = norm.bias.detach().double() - mean.double() * scale
    return scale.to(mean), shift.to(mean)
