"""Batch norm of a trained network as one multiplication and one addition."""

import copy
from typing import TypeVar

from torch import nn

from action_rec.models.norms import FrameNorm, ScaleAndShift

Network = TypeVar("Network", bound=nn.Module)


def fold_norms(network: Network) -> Network:
    """Return a copy of a network in eval mode in which `ScaleAndShift` replaces batch norm."""
    folded = copy.deepcopy(network)
    for module in list(folded.modules()):
        for name, child in module.named_children():
            if isinstance(child, nn.BatchNorm1d | FrameNorm):
                setattr(module, name, ScaleAndShift(child))
    return folded.eval()
