"""What a network costs: parameters, multiplications of a clip, clips a second."""

import copy
import time
from contextlib import suppress
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from action_rec.models.recurrences import IndRNN

_SECONDS = 0.5
_BATCH = 64


def parameters(network: nn.Module) -> int:
    """Count the weights of a network."""
    return sum(parameter.numel() for parameter in network.parameters())


def macs_per_clip(network: nn.Module, clip_shape: tuple[int, ...]) -> int | None:
    """Count multiply-accumulates of one clip: matrix products, convolutions and u * h.

    Batch norm, activations and biases are left out, as is usual.

    Args:
        network: The network; it is left as it is.
        clip_shape: (T, M, V, C) of a clip.

    Returns:
        The count; None for a network that cannot run without data.
    """
    # Without data nothing is computed, and LSTMs are taken apart into products that are counted.
    shadow = copy.deepcopy(network).to("meta").eval()
    states: list[int] = []

    def count_recurrence(_: nn.Module, __: Any, output: tuple[Tensor, Tensor]) -> None:  # noqa: ANN401
        states.append(output[0].numel())

    for module in shadow.modules():
        if isinstance(module, IndRNN):
            module.register_forward_hook(count_recurrence)
    with suppress(RuntimeError, NotImplementedError), torch.no_grad():
        with FlopCounterMode(display=False) as counter:
            shadow(torch.empty(1, *clip_shape, device="meta"))
        products: int = counter.get_total_flops() // 2
        return products + sum(states)
    return None


def clips_per_second(network: nn.Module, clip_shape: tuple[int, ...]) -> float:
    """Measure how many clips (T, M, V, C) of a batch of 64 the network takes a second."""
    device = next(network.parameters()).device
    training = network.training
    network.eval()  # in training, batch norm would learn from the empty clips
    clips = torch.zeros(_BATCH, *clip_shape, device=device)
    with torch.inference_mode():
        network(clips)
        _wait_for(device)
        start, done = time.perf_counter(), 0
        while (passed := time.perf_counter() - start) < _SECONDS:
            network(clips)
            _wait_for(device)
            done += 1
    network.train(training)
    return done * _BATCH / passed


def _wait_for(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
