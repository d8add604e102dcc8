"""Batch norm of a trained network as one multiplication and one addition."""

import copy
from typing import TypeVar

import torch
from torch import Tensor, nn

from action_rec.models.norms import FrameNorm

_EPS = 1e-5  # of both

Network = TypeVar("Network", bound=nn.Module)


class Affine(nn.Module):
    """Multiplies features (..., D) by a scale and adds a shift.

    Args:
        scale: (D,).
        shift: (D,).
    """

    scale: Tensor
    shift: Tensor

    def __init__(self, scale: Tensor, shift: Tensor) -> None:
        super().__init__()
        self.register_buffer("scale", scale)
        self.register_buffer("shift", shift)

    def forward(self, x: Tensor) -> Tensor:
        """Return (..., D) of `x` (..., D)."""
        return x * self.scale + self.shift


def fold_norms(network: Network) -> Network:
    """Return a copy of a network in eval mode in which `Affine` replaces every batch norm."""
    folded = copy.deepcopy(network)
    for module in list(folded.modules()):
        for name, child in module.named_children():
            if isinstance(child, nn.BatchNorm1d | FrameNorm):
                setattr(module, name, _affine(child))
    return folded.eval()


@torch.no_grad()
def _affine(norm: nn.BatchNorm1d | FrameNorm) -> Affine:
    assert norm.running_mean is not None
    assert norm.running_var is not None
    scale = norm.weight.double() * (norm.running_var.double() + _EPS).rsqrt()
    shift = norm.bias.double() - norm.running_mean.double() * scale
    return Affine(scale.float(), shift.float())
