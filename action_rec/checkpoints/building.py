"""Build the network of a checkpoint from a table of classes; nothing that it names is imported."""

from math import prod
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from action_rec import models
from action_rec.checkpoints.typed import REMEDY, TypedReader
from action_rec.errors import InputError
from action_rec.models.inputs import FrameShape

_NETWORKS = (
    *(models.StackedIndRNN, models.ResidualIndRNN, models.DenseIndRNN),
    *(models.GraphIndRNN, models.LinearOnMeanPose),
)
_PARTS = (
    *(models.IndRNN, models.SimpleRNN, models.IRNN, models.LSTM, models.LSTMVariant, models.GRU),
    *(models.MinGRU, models.LRU, models.TCN, models.CausalAttention),
    *(models.FlatFrames, models.JointEmbedding, models.JointConvolution, models.DenseDropout),
    *(models.JointGraph, models.MovingJoints),
)
_LARGEST = 1 << 20  # of the integers that describe a network

# Constructors make temporary tensors, e.g. to draw orthogonal matrices: allow for them.
_TEMPORARY = 8
_SPARE = 1 << 20


def _table() -> dict[str, type[Any]]:
    """The classes by all paths that name them; `rivals` is the module's name in version 0.1.0."""
    table: dict[str, type[Any]] = {}
    for one in (*_NETWORKS, *_PARTS):
        for module in (models.__name__, one.__module__):
            table[f"{module}.{one.__name__}"] = one
        if one.__module__ == "action_rec.models.baselines":
            table[f"action_rec.models.rivals.{one.__name__}"] = one
    return table


def build_network(
    described: Any,  # noqa: ANN401 (whatever the file holds)
    weights: dict[str, Tensor],
    where: str,
) -> tuple[nn.Module, FrameShape]:
    """Build the network that a checkpoint describes.

    Args:
        described: Its class path and arguments.
        weights: Its state dict, which says how much memory it may take.
        where: What is described, for messages.

    Returns:
        The network with random weights, and (M, V, C) of its clips.

    Raises:
        InputError: It names another class than this package's networks and their parts, its
            arguments are of other types, or it is larger than its weights.
    """
    reader = TypedReader(_table(), _LARGEST)
    factory = reader.factory(described, _NETWORKS, 0, where)
    frame_shape: FrameShape = factory.keywords.get("frame_shape", (2, 25, 3))
    total = sum(weight.numel() for weight in weights.values())
    try:
        with _LimitedMemory(_TEMPORARY * total + _SPARE):
            return factory(), frame_shape
    except (RuntimeError, ValueError, TypeError, ArithmeticError) as error:
        words = " ".join(str(error).split())
        raise InputError(f"{where} cannot be built ({words}); {REMEDY}") from error


class _LimitedMemory(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Refuse to make new tensors beyond a number of elements in all.

    Args:
        elements: That number.
    """

    def __init__(self, elements: int) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._left = elements

    def __torch_dispatch__(
        self,
        func: Any,  # noqa: ANN401
        types: Any,  # noqa: ANN401
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401
        """Count the elements that an operation without input tensors makes, before it does."""
        sizes = [a for a in args if isinstance(a, list | tuple)]
        made = prod(sizes[0]) if sizes and not isinstance(args[0], Tensor) else 1
        if func is torch.ops.aten.eye.default:
            made = int(args[0]) ** 2
        self._left -= max(made, 1)
        if self._left < 0:
            raise InputError("it is larger than its weights")
        return func(*args, **(kwargs or {}))
