"""The modules of a network for one frame at a time: the same results by fewer calls.

For one frame, calling an operator takes longer than its arithmetic. What is general in the layers,
sequences of any length and the statistics of batches, is left out here.
"""

from copy import deepcopy

import torch
from torch import Tensor, nn
from torch.nn import functional

from action_rec.data.start_normalization import StartNormalization
from action_rec.live.step import StepNetwork
from action_rec.models.encoders import Before, ResidualBlock, States
from action_rec.models.inputs import FrameFeatures, JointEmbedding
from action_rec.models.layers import RecurrentLayer
from action_rec.models.norms import ScaleAndShift, scale_and_shift
from action_rec.models.readouts import Readout, RunningMean
from action_rec.models.recurrences import IndRNN
from action_rec.ops.reference import activation_function


def for_one_frame(network: StepNetwork) -> StepNetwork:
    """Return a copy of a network in eval mode for clips of one frame, with the same states.

    Args:
        network: The step of a network.

    Returns:
        The copy; its states must be given, zeros at the start.
    """
    copy = deepcopy(network).eval()
    _replace(copy)
    return copy


def _replace(module: nn.Module) -> None:
    for name, child in module.named_children():
        if isinstance(child, RecurrentLayer) and isinstance(child.recurrence, IndRNN):
            setattr(module, name, OneFrameLayer(child, child.recurrence))
        elif isinstance(child, JointEmbedding):
            setattr(module, name, OneFrameEmbedding(child))
        elif isinstance(child, nn.BatchNorm1d):
            setattr(module, name, ScaleAndShift(child))
        elif isinstance(child, RunningMean):
            setattr(module, name, OneFrameMean())
        elif isinstance(child, StartNormalization):
            setattr(module, name, OneFrameNormalization(child))
        else:
            _replace(child)
        if isinstance(child, ResidualBlock):
            _fold_norms(child)


def _fold_norms(block: ResidualBlock) -> None:
    """Move the norms after the recurrences into the linear layers that follow them."""
    for layer, linear in zip(block.layers, block.linears, strict=True):
        if isinstance(layer, OneFrameLayer) and layer.after and isinstance(linear, nn.Linear):
            scale, shift = layer.after
            linear.bias.data += linear.weight.data @ shift
            linear.weight.data *= scale
            layer.after = None


class OneFrameLayer(nn.Module):
    """A `RecurrentLayer` of IndRNN for one frame.

    Args:
        layer: The layer.
        recurrence: Its recurrence.
    """

    def __init__(self, layer: RecurrentLayer, recurrence: IndRNN) -> None:
        super().__init__()
        # In plain attributes: looking up parameters of a module takes as long as using them.
        linear = layer.linear
        self.linear = None
        if isinstance(linear, nn.Linear):
            self.linear = (linear.weight.detach(), linear.bias.detach())
        self.u = recurrence.u.detach()
        slope = None if recurrence.slope is None else recurrence.slope.detach()
        self.activate = activation_function(recurrence.activation, slope)
        norm = scale_and_shift(layer.norm) if isinstance(layer.norm, nn.BatchNorm1d) else None
        self.before = norm if layer.norm_position == "before" else None
        self.after = norm if layer.norm_position == "after" else None

    def forward(self, x: Tensor, state: Tensor, *_: None) -> tuple[Tensor, Tensor]:
        """Return the features (B, 1, D) of `x` (B, 1, num_inputs) and the next state (B, D)."""
        if self.linear is not None:
            x = functional.linear(x, *self.linear)
        if self.before is not None:
            x = torch.addcmul(self.before[1], x, self.before[0])
        h = self.activate(torch.addcmul(x, self.u, state.unsqueeze(1)))
        y = h if self.after is None else torch.addcmul(self.after[1], h, self.after[0])
        return y, h.squeeze(1)


class OneFrameEmbedding(FrameFeatures):
    """`JointEmbedding` of one frame, with its batch norm in the weights.

    Args:
        embedding: The embedding, with a window of one frame.
    """

    def __init__(self, embedding: JointEmbedding) -> None:
        super().__init__()
        self.size = embedding.size
        self.frame_shape = embedding.frame_shape
        weight = embedding.weight.detach().flatten(0, 1)  # (M * V, C, channels)
        scale, shift = scale_and_shift(embedding.norm)
        self.weight = weight * scale.view(len(weight), 1, -1)
        self.shift = shift.view(len(weight), 1, -1)

    def forward(self, clip: Tensor, padding: None = None) -> Tensor:
        """Return the features (B, 1, M * V * channels) of a clip (B, 1, M, V, C)."""
        joints = clip.view(len(clip), -1, clip.shape[4]).transpose(0, 1)
        embedded = torch.baddbmm(self.shift, joints, self.weight).relu_()
        return embedded.transpose(0, 1).reshape(len(clip), 1, -1)


class OneFrameMean(Readout):
    """`RunningMean` for one frame."""

    causal = True
    num_states = 1

    def every_frame(self, features: Tensor, before: Before) -> tuple[Tensor, States]:
        """Go on with the mean; see `Readout`."""
        state = before[0]
        assert state is not None
        mean, count = torch.split(state, [state.shape[1] - 1, 1], dim=1)
        count = count + 1
        mean = torch.addcdiv(mean, features.squeeze(1) - mean, count)
        return mean.unsqueeze(1), [torch.cat((mean, count), dim=1)]


class OneFrameNormalization(nn.Module):
    """`StartNormalization` for one frame, short once all streams have started."""

    def __init__(self, whole: StartNormalization) -> None:
        super().__init__()
        self.whole = whole

    def forward(self, joints: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """Normalize joints (N, 1, M, V, C); return them and the state after the frame."""
        size = joints.shape[-1]
        if self.whole.scales or not state[:, size].all():
            after: tuple[Tensor, Tensor] = self.whole(joints, state)
            return after
        detected = (joints != 0).any(dim=4, keepdim=True)
        return (joints - state[:, None, None, None, :size]) * detected, state
