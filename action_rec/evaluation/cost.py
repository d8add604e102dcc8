"""Cost of a network: parameters, multiply-accumulates per clip, clips per second."""

import copy
import time
from contextlib import suppress
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from action_rec.models.recurrences import IndRNN

_SECONDS = 0.5  # duration of the measurement
_BATCH = 64


def parameters(network: nn.Module) -> int:
    """Return the number of parameters of `network`."""
    return sum(parameter.numel() for parameter in network.parameters())


def macs_per_clip(network: nn.Module, clip_shape: tuple[int, ...]) -> int | None:
    """Count the multiply-accumulates of one clip in matrix products, convolutions and u * h.

    Batch norm, activations and biases are not counted, as is usual.

    Args:
        network: The network; it is not modified.
        clip_shape: (T, M, V, C) of a clip.

    Returns:
        The count, or None for a network that cannot run on meta tensors.
    """
    # On the meta device nothing is computed, and LSTMs are decomposed into counted products.
    network = copy.deepcopy(network).to("meta").eval()
    states: list[int] = []

    def count_recurrence(_: nn.Module, __: Any, output: tuple[Tensor, Tensor]) -> None:  # noqa: ANN401
        states.append(output[0].numel())

    for module in network.modules():
        if isinstance(module, IndRNN):
            module.register_forward_hook(count_recurrence)
    with suppress(RuntimeError, NotImplementedError), torch.no_grad():
        with FlopCounterMode(display=False) as counter:
            network(torch.empty(1, *clip_shape, device="meta"))
        products: int = counter.get_total_flops() // 2
        return products + sum(states)
    return None


def clips_per_second(network: nn.Module, clip_shape: tuple[int, ...]) -> float:
    """Measure the throughput of `network` in clips (T, M, V, C) per second, in batches of 64."""
    device = next(network.parameters()).device
    training = network.training
    network.eval()  # so that batch norm does not update its running statistics
    clips = torch.zeros(_BATCH, *clip_shape, device=device)
    with torch.inference_mode():
        network(clips)
        _synchronize(device)
        start, batches = time.perf_counter(), 0
        while (elapsed := time.perf_counter() - start) < _SECONDS:
            network(clips)
            _synchronize(device)
            batches += 1
    network.train(training)
    return batches * _BATCH / elapsed


def _synchronize(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
