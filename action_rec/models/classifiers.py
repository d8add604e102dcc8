"""Base class of all networks, and a baseline that ignores the order of frames."""

from math import prod

from torch import Tensor, nn

from action_rec.errors import InputError
from action_rec.models.encoders import Encoder, States
from action_rec.models.inputs import FrameFeatures, FrameShape
from action_rec.models.joint_graph import Graphs, JointGraph
from action_rec.models.padding import padding_after
from action_rec.models.readouts import Attention, Readout
from action_rec.models.recurrences import Bidirectional, Recurrence


class RecurrentClassifier(nn.Module):
    """Frame features, a recurrent encoder, a read-out and a linear classifier.

    Args:
        features: Maps a clip (B, T, M, V, C) to frame features (B, T, D).
        encoder: Maps frame features (B, T, D) to (B, T, size).
        readout: Maps encoded features (B, T, size) to clip features (B, size).
        num_classes: Number of logits.
    """

    def __init__(
        self, features: FrameFeatures, encoder: Encoder, readout: Readout, num_classes: int
    ) -> None:
        super().__init__()
        self.features = features
        self.encoder = encoder
        self.readout = readout
        # Found once: every frame of a stream asks.
        self.looks_ahead = any(isinstance(module, Bidirectional) for module in encoder.modules())
        self.classifier = nn.Linear(encoder.size, num_classes)
        nn.init.kaiming_normal_(self.classifier.weight)
        nn.init.zeros_(self.classifier.bias)

    @property
    def title(self) -> str:
        """Name for tables: the class, and the baseline layer if one replaces IndRNN."""
        layers = {type(m).__name__ for m in self.modules() if isinstance(m, Recurrence)}
        baselines = layers - {"IndRNN", "Bidirectional"}
        return " of ".join((type(self).__name__, *sorted(baselines)))

    def forward(self, clip: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Return the logits (B, num_classes) of clips.

        Args:
            clip: (B, T, M, V, C), 0 in padding.
            lengths: int64 (B,) frames of each clip, from 1 to T; padding comes after them. None if
                all have T.
        """
        padding = padding_after(lengths, clip)
        encoded, _ = self.encoder(self.features(clip, padding), None, padding)
        logits: Tensor = self.classifier(self.readout(encoded, padding))
        return logits

    def stream(self, clip: Tensor, states: States | None = None) -> tuple[Tensor, States]:
        """Process the next frames of a sequence; return the logits after the last of them.

        Args:
            clip: The next frames, (B, T, M, V, C).
            states: See `every_frame`.

        Returns:
            Logits (B, num_classes) after the last frame, and the states after it.

        Raises:
            InputError: See `every_frame`.
        """
        logits, after = self.every_frame(clip, states)
        return logits[:, -1], after

    def every_frame(
        self, clip: Tensor, states: States | None = None, lengths: Tensor | None = None
    ) -> tuple[Tensor, States]:
        """Process the next frames of a sequence, starting from the states after earlier frames.

        Args:
            clip: The next frames, (B, T, M, V, C).
            states: States returned by the call on the preceding frames; None or zeros at the start.
            lengths: int64 (B,) frames of each clip, from 1 to T; padding comes after them. None if
                all have T.

        Returns:
            Logits (B, T, num_classes) after each frame, and the states after all T; both are of no
            meaning in padding.

        Raises:
            InputError: The features, the read-out or the direction need the whole clip, or the clip
                does not have the bodies, joints and coordinates of the network or of the states.
        """
        self.check_causal()
        self._check_stream(clip, states)
        own = self.features.num_states
        read = own + self.encoder.num_states
        before = [None] * (read + self.readout.num_states) if states is None else states
        padding = padding_after(lengths, clip)
        features, latest = self.features.describe(clip, before[:own], padding)
        encoded, after = self.encoder.encode(features, before[own:read], padding)
        steps, last = self.readout.every_frame(encoded, before[read:])
        logits: Tensor = self.classifier(steps)
        return logits, [*latest, *after, *last]

    def check_causal(self) -> None:
        """Check that the network looks back only, so that it can be read at every frame.

        Raises:
            InputError: Its features, its read-out or a direction need later frames.
        """
        if self.features.frames > 1:
            raise InputError(
                f"the features {type(self.features).__name__} look at {self.features.frames} frames"
                " at a time and cannot go on from a state; give the whole clip or use frames: 1"
            )
        if not self.readout.causal:
            raise InputError(
                f"the read-out {type(self.readout).__name__} needs the whole clip and cannot "
                "continue from a state; pass the whole clip or use readout: last or running_mean"
            )
        if self.looks_ahead:
            raise InputError(
                "a bidirectional network needs the whole sequence and cannot continue from a "
                "state; pass the whole clip or use bidirectional: false"
            )

    def _check_stream(self, clip: Tensor, states: States | None) -> None:
        own = self.features.frame_shape
        if clip.ndim != 5 or (own and tuple(clip.shape[2:]) != tuple(own)):
            raise InputError(
                f"the network reads clips (B, T, M, V, C) with (M, V, C) {own}, got "
                f"{tuple(clip.shape)}; give as many bodies as it was trained with, absent ones as 0"
            )
        if states is not None and any(len(state) != len(clip) for state in states):
            raise InputError(
                f"the states are of {len(states[0])} sequences, but the clip has {len(clip)}; "
                "start again without states"
            )

    def attention(self, clip: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Return the attention weights (B, T) of the frames of clips; see `forward`.

        Raises:
            InputError: The read-out is not `Attention`.
        """
        if not isinstance(self.readout, Attention):
            raise InputError(
                f"the read-out {type(self.readout).__name__} has no attention weights; use a "
                "network trained with readout: attention"
            )
        padding = padding_after(lengths, clip)
        encoded, _ = self.encoder(self.features(clip, padding), None, padding)
        return self.readout.weights(encoded, padding)

    def graphs(self, clip: Tensor) -> Graphs:
        """Return which joints attend to which.

        Args:
            clip: (B, T, M, V, C).

        Returns:
            The learned adjacency of each graph layer, (num_layers, V, V), and the graph of each
            pose, (B, T, M, V, V): row v weighs the joints that joint v attends to. None for one
            that the network does not have.

        Raises:
            InputError: The network has no graph over the joints.
        """
        if not isinstance(self.features, JointGraph):
            raise InputError(
                f"the features {type(self.features).__name__} have no graph over the joints; use a "
                "network with features JointGraph, or GraphIndRNN"
            )
        return self.features.graphs(clip)


class LinearOnMeanPose(nn.Module):
    """Baseline: a linear classifier on the joint positions averaged over time.

    It ignores the order of frames, so a recurrent network should be more accurate.

    Args:
        num_classes: Number of logits; set by the data.
        frame_shape: (M, V, C) of the clips; set by the data.
        clip_len: Unused, because any number of frames is averaged; set by the data.
    """

    def __init__(
        self, num_classes: int, frame_shape: FrameShape = (2, 25, 3), clip_len: int = 20
    ) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(prod(frame_shape))
        self.classifier = nn.Linear(prod(frame_shape), num_classes)

    def forward(self, clip: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Return the logits (B, num_classes) of clips; see `RecurrentClassifier.forward`."""
        padding = padding_after(lengths, clip)
        mean = (clip.mean(dim=1) if padding is None else padding.mean(clip.flatten(2))).flatten(1)
        logits: Tensor = self.classifier(self.norm(mean))
        return logits
