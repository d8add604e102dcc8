"""A trained network as a function of one frame and its states."""

import torch
from torch import Tensor, nn

from action_rec.checkpoints.trained import Trained
from action_rec.data.start_normalization import StartNormalization
from action_rec.data.streams import make_streams
from action_rec.errors import InputError
from action_rec.models.classifiers import RecurrentClassifier
from action_rec.store.sequences import centre_joints

States = list[Tensor]


class StepNetwork(nn.Module):
    """Maps frames as recorded and the states before them to probabilities and the states after.

    It contains all that happens between a recorded frame and a label: normalization, input streams
    and the network. All states start as zeros.

    Args:
        trained: A checkpoint of a causal network.

    Attributes:
        frame_shape: (M, V, C) of a frame as recorded.
        state_sizes: The number of values S of each state (B, S).

    Raises:
        InputError: Normalization, preparation or network need later frames.
    """

    def __init__(self, trained: Trained) -> None:
        super().__init__()
        network = trained.recognizer.network
        if not isinstance(network, RecurrentClassifier):
            raise InputError(
                f"the network {type(network).__name__} has no state that goes on from frame to "
                "frame; use a recurrent network"
            )
        network.check_causal()
        bodies, joints, size = trained.frame_shape
        self.streams = trained.format.streams
        self.frame_shape = (bodies, joints, size // len(self.streams))
        _check_preparation(trained, self.frame_shape[2])
        self.parents = list(trained.source["joint_parents"])
        rules = trained.source.get("rules") or {}
        centre = centre_joints(rules, trained.source["joint_names"], self.parents)
        self.normalization = StartNormalization(centre, self.frame_shape[2])
        self.network = network
        self.eval()
        self.moves = any(stream.endswith("motion") for stream in self.streams)
        with torch.inference_mode():
            _, after = self.frames(torch.zeros(1, 1, *self.frame_shape), None)
        self.state_sizes = [state.shape[1] for state in after]

    def forward(self, frame: Tensor, *states: Tensor) -> tuple[Tensor, ...]:
        """Process one frame.

        Args:
            frame: (B, M, V, C) coordinates as recorded, zero for absent bodies and joints that were
                not detected.
            states: (B, S) each, from the call on the frame before; zeros at the start.

        Returns:
            Probabilities (B, num_classes), followed by the states after the frame.
        """
        probabilities, after = self.frames(frame[:, None], list(states))
        return probabilities[:, 0], *after

    def frames(self, frames: Tensor, states: States | None) -> tuple[Tensor, States]:
        """Process several frames (B, T, M, V, C); return probabilities (B, T, num_classes)."""
        first = None if states is None else states[0]
        joints, normalization = self.normalization(frames, first)
        own = [normalization]
        inputs = joints
        if self.moves:
            before = torch.zeros_like(joints[:, :1])
            if states is not None:
                before = states[1].view_as(before)
            together = torch.cat((before, joints), dim=1)
            inputs = make_streams(together, self.parents, self.streams)[:, 1:]
            own.append(joints[:, -1].flatten(1))
        elif self.streams != ("joint",):
            inputs = make_streams(joints, self.parents, self.streams)
        rest = None if states is None else states[len(own) :]
        logits, after = self.network.every_frame(inputs, rest)
        return logits.softmax(dim=2), own + after

    def start(self, batch: int = 1) -> States:
        """Return the states (B, S) before the first frame."""
        return [torch.zeros(batch, size) for size in self.state_sizes]


def _check_preparation(trained: Trained, coordinates: int) -> None:
    """Check that the clips of training can be made frame by frame."""
    format, source = trained.format, trained.source
    if format.normalize == "clip":
        raise InputError(
            "the network was trained on clips that are scaled as a whole (normalize: clip), which "
            "needs their last frame; train it with --data.normalize start"
        )
    if source.get("view", "recorded") != "recorded":
        raise InputError(
            "the network was trained on recordings whose view was normalized as a whole; train it "
            "on a store that keeps the view as recorded"
        )
    if format.normalize == "none" and coordinates == 2:
        raise InputError(
            "the network was trained on 2D coordinates that are scaled by the whole recording; "
            "train it with --data.normalize start"
        )
    if "joint_names" not in source or "joint_parents" not in source:
        raise InputError(
            "the checkpoint does not describe its joints, as those of version 0.1.0; train again"
        )
