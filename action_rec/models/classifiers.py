"""Whole networks: a clip (B, T, M, V, C) to logits (B, num_classes)."""

from math import prod

from torch import Tensor, nn

from action_rec.models.encoders import Encoder, ResidualEncoder, StackedEncoder, States
from action_rec.models.layers import NormPosition

FrameShape = tuple[int, int, int]


class RecurrentClassifier(nn.Module):
    """An encoder over the frames and a linear classifier on its last step.

    Args:
        encoder: Takes the M * V * C numbers of each frame.
        num_classes: Number of logits.
    """

    def __init__(self, encoder: Encoder, num_classes: int) -> None:
        super().__init__()
        self.encoder = encoder
        self.classifier = nn.Linear(encoder.hidden_size, num_classes)
        nn.init.kaiming_normal_(self.classifier.weight)
        nn.init.zeros_(self.classifier.bias)

    def forward(self, clip: Tensor) -> Tensor:
        """Return the logits (B, num_classes) of `clip` (B, T, M, V, C)."""
        return self.stream(clip)[0]

    def stream(self, clip: Tensor, states: States | None = None) -> tuple[Tensor, States]:
        """Continue where an earlier call ended: live recognition, one frame or more at a time.

        Args:
            clip: The next frames, (B, T, M, V, C).
            states: What the call on the preceding frames returned; None at the start.

        Returns:
            Logits (B, num_classes) after the last frame, and the states to carry on with.
        """
        features, after = self.encoder(clip.flatten(2), states)
        logits: Tensor = self.classifier(features[:, -1])
        return logits, after


class StackedIndRNN(RecurrentClassifier):
    """Plain IndRNN (Li et al., CVPR 2018, arXiv 1803.04831).

    Args:
        num_classes: Number of logits; set by the data.
        frame_shape: (M, V, C) of the clips; set by the data.
        clip_len: Frames T of a clip, for the bound on u; set by the data.
        hidden_size: Neurons of each layer.
        num_layers: Recurrent layers.
        dropout: Share of features dropped after each layer.
        norm: Batch norm ``after`` or ``before`` the recurrence.
        gamma: |u| is kept below gamma^(1 / clip_len).
    """

    def __init__(
        self,
        num_classes: int,
        frame_shape: FrameShape = (2, 25, 3),
        clip_len: int = 20,
        hidden_size: int = 512,
        num_layers: int = 6,
        dropout: float = 0.4,
        norm: NormPosition = "after",
        gamma: float = 5.0,
    ) -> None:
        encoder = StackedEncoder(
            prod(frame_shape),
            hidden_size,
            num_layers,
            bound=gamma ** (1 / clip_len),
            norm=norm,
            dropout=dropout,
        )
        super().__init__(encoder, num_classes)


class ResidualIndRNN(RecurrentClassifier):
    """Residual IndRNN of 2 * num_blocks + 1 layers (Li et al., arXiv 1910.06251).

    Args:
        num_classes: Number of logits; set by the data.
        frame_shape: (M, V, C) of the clips; set by the data.
        clip_len: Frames T of a clip, for the bound on u; set by the data.
        hidden_size: Neurons of each layer.
        num_blocks: Residual blocks of two layers each: 5 give 11 layers, 10 give 21.
        dropout: Share of features dropped after each layer.
        norm: Batch norm ``after`` or ``before`` the recurrence.
        gamma: |u| is kept below gamma^(1 / clip_len).
    """

    def __init__(
        self,
        num_classes: int,
        frame_shape: FrameShape = (2, 25, 3),
        clip_len: int = 20,
        hidden_size: int = 512,
        num_blocks: int = 10,
        dropout: float = 0.5,
        norm: NormPosition = "after",
        gamma: float = 5.0,
    ) -> None:
        encoder = ResidualEncoder(
            prod(frame_shape),
            hidden_size,
            num_blocks,
            bound=gamma ** (1 / clip_len),
            norm=norm,
            dropout=dropout,
        )
        super().__init__(encoder, num_classes)


class LinearOnMeanPose(nn.Module):
    """A baseline that sees no motion: a linear classifier on the joints averaged over time.

    Whatever a recurrent network reaches above it, it owes to the order of the frames.

    Args:
        num_classes: Number of logits; set by the data.
        frame_shape: (M, V, C) of the clips; set by the data.
        clip_len: Unused: any number of frames is averaged; set by the data.
    """

    def __init__(
        self, num_classes: int, frame_shape: FrameShape = (2, 25, 3), clip_len: int = 20
    ) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(prod(frame_shape))
        self.classifier = nn.Linear(prod(frame_shape), num_classes)

    def forward(self, clip: Tensor) -> Tensor:
        """Return the logits (B, num_classes) of `clip` (B, T, M, V, C)."""
        logits: Tensor = self.classifier(self.norm(clip.mean(dim=1).flatten(1)))
        return logits
