"""Causal layers that see a bounded number of frames: TCN and CausalAttention, baselines of IndRNN.

Their state is what they still have to see of the past. It has a fixed size, and zeros stand for the
frames before the first one.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from action_rec.models.encoders import check_count, check_weights
from action_rec.models.recurrences import Recurrence


def _shortcut(num_inputs: int, size: int) -> nn.Module:
    """Return what makes the input of a block of its output's size."""
    return nn.Identity() if num_inputs == size else nn.Linear(num_inputs, size)


class TCN(Recurrence):
    """Temporal convolutional network: residual blocks of dilated causal convolutions.

    Bai, Kolter, Koltun, "An Empirical Evaluation of Generic Convolutional and Recurrent Networks
    for Sequence Modeling" (arXiv 1803.01271). Block i has two convolutions of dilation 2^i, each
    with ReLU, and is added to its input; a ReLU follows. An output depends on
    ``1 + 2 (kernel_size - 1) (2^levels - 1)`` frames: 29 with the defaults. Unlike the paper, the
    convolutions have no weight norm and no dropout, since the networks of this package put batch
    norm and dropout after each layer.

    The state (B, S) is the inputs of the convolutions that later frames depend on. Zeros are the
    padding before the first frame.

    Args:
        num_inputs: Number of inputs.
        size: Number of neurons.
        kernel_size: Number of frames that a convolution reads.
        levels: Number of blocks.

    Raises:
        InputError: `kernel_size` is below 2, or `levels` is not from 1 to 16.
    """

    def __init__(self, num_inputs: int, size: int, kernel_size: int = 3, levels: int = 3) -> None:
        super().__init__()
        check_count("kernel_size", kernel_size, least=2, most=1000)
        check_count("levels", levels, most=16)
        widths = [num_inputs, *[size] * (levels - 1)]
        blocks = [_Block(width, size, kernel_size, 2**level) for level, width in enumerate(widths)]
        self.blocks = nn.ModuleList(blocks)
        self.state_size = sum(block.state_size for block in blocks)

    def forward(self, x: Tensor, state: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return outputs (B, T, size) and last state (B, S); see `Recurrence`."""
        if state is None:
            state = x.new_zeros(x.shape[0], self.state_size)
        after: list[Tensor] = []
        first = 0
        for block in self.blocks:
            size = int(block.state_size)  # type: ignore[arg-type]
            x, last = block(x, state[:, first : first + size])
            first += size
            after.append(last)
        return x, torch.cat(after, dim=1)


class _Block(nn.Module):
    """Two causal convolutions of the same dilation, added to their input."""

    def __init__(self, num_inputs: int, size: int, kernel_size: int, dilation: int) -> None:
        super().__init__()
        self.first = _CausalConvolution(num_inputs, size, kernel_size, dilation)
        self.second = _CausalConvolution(size, size, kernel_size, dilation)
        self.shortcut = _shortcut(num_inputs, size)
        self.state_size = self.first.state_size + self.second.state_size

    def forward(self, x: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """Return the output (B, T, size) and the state (B, S) after the last frame."""
        middle = self.first.state_size
        y, first = self.first(x, state[:, :middle])
        y, second = self.second(y.relu(), state[:, middle:])
        return (self.shortcut(x) + y.relu()).relu(), torch.cat((first, second), dim=1)


class _CausalConvolution(nn.Module):
    """Causal convolution over time, as one linear layer on the frames that a step reads.

    One matrix product is faster than PyTorch's dilated convolution on features (B, T, D), and also
    computes a single frame.
    """

    def __init__(self, num_inputs: int, size: int, kernel_size: int, dilation: int) -> None:
        super().__init__()
        self.num_inputs, self.kernel_size, self.dilation = num_inputs, kernel_size, dilation
        self.past = (kernel_size - 1) * dilation
        self.state_size = self.past * num_inputs
        self.linear = nn.Linear(kernel_size * num_inputs, size)  # taps from the earliest frame on
        nn.init.kaiming_uniform_(self.linear.weight, nonlinearity="relu")
        nn.init.zeros_(self.linear.bias)

    def forward(self, x: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """Return outputs (B, T, size), and the last frames (B, past * num_inputs)."""
        frames = x.shape[1]
        known = torch.cat((state.reshape(len(x), self.past, self.num_inputs), x), dim=1)
        starts = range(0, self.past + 1, self.dilation)
        taps = torch.cat([known[:, start : start + frames] for start in starts], dim=2)
        return self.linear(taps), known[:, frames:].flatten(1)


class CausalAttention(Recurrence):
    """Transformer block whose self-attention sees the last `window` frames.

    Multi-head attention and a feed-forward layer, each added to its input and with layer norm
    before it (Vaswani et al., arXiv 1706.03762; norm first as Xiong et al., arXiv 2002.04745). Each
    head has a learned bias for every distance in time (Raffel et al., arXiv 1910.10683), which
    needs no absolute position and so suits a stream without end.

    The state (B, S), S = 2 (window - 1) heads head_size + 1, is the keys and the values of the last
    window - 1 frames, and how many of them there have been. Zeros say that there has been none: no
    frame attends to what is before the first one.

    Args:
        num_inputs: Number of inputs.
        size: Number of neurons.
        window: Number of frames that a frame attends to, itself included.
        heads: Number of attention heads.
        head_size: Size of the queries, keys and values of a head.
        expansion: Size of the feed-forward layer, as a multiple of `size`.

    Raises:
        InputError: `window` is below 2, another argument below 1, or the layer does not fit into
            memory.
    """

    def __init__(
        self,
        num_inputs: int,
        size: int,
        window: int = 32,
        heads: int = 4,
        head_size: int = 16,
        expansion: int = 2,
    ) -> None:
        super().__init__()
        check_count("window", window, least=2, most=100_000)
        for name, count in {"heads": heads, "head_size": head_size, "expansion": expansion}.items():
            check_count(name, count, most=10_000)
        check_weights(
            f"CausalAttention of {size} neurons with heads {heads}, head_size {head_size}, window "
            f"{window} and expansion {expansion}",
            size * (4 * heads * head_size + 2 * expansion * size) + heads * window,
        )
        self.window, self.heads, self.inner = window, heads, heads * head_size
        self.enter = _shortcut(num_inputs, size)
        self.attention_norm = nn.LayerNorm(size)
        self.project = nn.Linear(size, 3 * self.inner)  # queries, keys, values
        self.merge = nn.Linear(self.inner, size)
        self.distance_bias = nn.Parameter(torch.zeros(heads, window))
        self.feedforward = nn.Sequential(
            nn.LayerNorm(size),
            nn.Linear(size, expansion * size),
            nn.GELU(),
            nn.Linear(expansion * size, size),
        )

    def forward(self, x: Tensor, state: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return outputs (B, T, size) and last state (B, S); see `Recurrence`."""
        if state is None:
            state = x.new_zeros(len(x), 2 * (self.window - 1) * self.inner + 1)
        x = self.enter(x)
        parts = []
        # Parts of one window keep the memory for scores linear in T.
        for part in torch.split(self.project(self.attention_norm(x)), self.window, dim=1):
            attended, state = self._attend(part, state)
            parts.append(attended)
        x = x + self.merge(torch.cat(parts, dim=1))
        return x + self.feedforward(x), state

    def _attend(self, projected: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """Attend from T <= window frames to themselves and to those of the state.

        Args:
            projected: Queries, keys and values, (B, T, 3 * inner).
            state: (B, S).

        Returns:
            The values attended to, (B, T, inner), and the state after the last frame.
        """
        batch, frames, _ = projected.shape
        past = self.window - 1
        kept = past * self.inner
        keys, values, count = state[:, :kept], state[:, kept : 2 * kept], state[:, 2 * kept :]
        query, key, value = projected.chunk(3, dim=2)
        key = torch.cat((keys.reshape(batch, past, self.inner), key), dim=1)
        value = torch.cat((values.reshape(batch, past, self.inner), value), dim=1)
        attended = functional.scaled_dot_product_attention(
            self._by_head(query),
            self._by_head(key),
            self._by_head(value),
            attn_mask=self._mask(frames, count).to(query.dtype),
        )
        after = [one[:, frames:].flatten(1) for one in (key, value)]
        state = torch.cat((*after, (count + frames).clamp(max=past)), dim=1)
        return attended.transpose(1, 2).flatten(2), state

    def _by_head(self, x: Tensor) -> Tensor:
        """Return (B, heads, T, head_size) of `x` (B, T, inner)."""
        return x.view(*x.shape[:2], self.heads, -1).transpose(1, 2)

    def _mask(self, frames: int, count: Tensor) -> Tensor:
        """Return what is added to the scores, (B, heads, T, window - 1 + T).

        Args:
            frames: T.
            count: How many frames there are in the state, (B, 1).
        """
        past = self.window - 1
        places = torch.arange(past + frames, device=count.device)
        distance = past + torch.arange(frames, device=count.device)[:, None] - places
        seen = (distance >= 0) & (distance < self.window)
        exists = places >= past - count
        bias = self.distance_bias[:, distance.clamp(0, past)]
        return bias.masked_fill(~(seen & exists[:, None])[:, None], -torch.inf)
