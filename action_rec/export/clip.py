"""A trained network as a function of a whole clip."""

from torch import Tensor, nn

from action_rec.checkpoints.trained import Trained
from action_rec.data.clips import normalize_clips
from action_rec.data.start_normalization import StartNormalization
from action_rec.data.streams import make_streams
from action_rec.store.sequences import centre_joints


class ClipNetwork(nn.Module):
    """Maps clips of a store's coordinates to probabilities, normalized as in training.

    Args:
        trained: Any checkpoint.

    Attributes:
        frame_shape: (M, V, C) of a frame as stored.
    """

    def __init__(self, trained: Trained) -> None:
        super().__init__()
        bodies, joints, size = trained.frame_shape
        self.streams = trained.format.streams
        self.frame_shape = (bodies, joints, size // len(self.streams))
        self.normalize = trained.format.normalize
        self.parents = list(trained.source["joint_parents"])
        rules = trained.source.get("rules") or {}
        centre = centre_joints(rules, trained.source["joint_names"], self.parents)
        self.start = StartNormalization(centre, self.frame_shape[2])
        self.network = trained.recognizer.network
        self.eval()

    def forward(self, clip: Tensor) -> Tensor:
        """Return the probabilities (B, num_classes) of `clip` (B, T, M, V, C)."""
        if self.normalize == "clip":
            clip = normalize_clips(clip)
        elif self.normalize == "start":
            clip, _ = self.start(clip)
        logits: Tensor = self.network(make_streams(clip, self.parents, self.streams))
        return logits.softmax(dim=1)
