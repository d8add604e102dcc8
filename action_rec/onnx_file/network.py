"""An ONNX file in the place of a checkpoint."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from action_rec.checkpoints.trained import Trained, load_trained
from action_rec.data.augmentation import Augmentation
from action_rec.onnx_file.opening import OnnxModel
from action_rec.recognizer import ActionRecognizer

SUFFIX = ".onnx"
_TINY = torch.finfo(torch.float32).tiny


class OnnxNetwork(nn.Module):
    """The network of an ONNX file; a clip goes through the graph whole or frame by frame.

    Args:
        model: The file.
    """

    def __init__(self, model: OnnxModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, clip: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Return logits (B, num_classes) of clips (B, T, M, V, C) of a store's coordinates.

        Args:
            clip: The clips, 0 in padding.
            lengths: int64 (B,) frames of each clip, from 1 to T; None if all have T.
        """
        compute = self._by_steps if self.model.facts.format == "step" else self._whole
        frames = [clip.shape[1]] * len(clip) if lengths is None else lengths.tolist()
        computed = [compute(clip[i : i + 1, :count]) for i, count in enumerate(frames)]
        probabilities = torch.from_numpy(np.concatenate(computed))
        # Logits but for a constant of each clip, on which nothing that is computed of them depends.
        return probabilities.clamp(min=_TINY).log()

    def _whole(self, clip: Tensor) -> NDArray[np.float32]:
        return self.model.run({"clip": clip.contiguous().numpy()})[0]

    def _by_steps(self, clip: Tensor) -> NDArray[np.float32]:
        facts = self.model.facts
        states = [np.zeros(one["shape"], np.float32) for one in facts.states]
        if facts.normalize == "none":
            # The origin of a recording is 0 in a store, and not what is there in the first frame.
            states[0][0, facts.frame_shape[2]] = 1
        names = [one["name"] for one in facts.states]
        probabilities = np.zeros((1, len(facts.class_names)), np.float32)
        for frame in clip.unbind(dim=1):
            inputs = dict(zip(names, states, strict=True))
            probabilities, *states = self.model.run({"frame": frame.contiguous().numpy(), **inputs})
        return probabilities


def load_model(path: Path) -> Trained:
    """Load a checkpoint, or an ONNX file in its place.

    Args:
        path: A .ckpt or .onnx file.

    Raises:
        InputError: The file cannot be used.
    """
    if path.suffix != SUFFIX:
        return load_trained(path)
    model = OnnxModel(path, threads=0)
    facts = model.facts
    # The graph computes normalization and streams of the coordinates of a store.
    clips = replace(facts.clips, normalize="none", streams=("joint",), augmentation=Augmentation())
    data = dict(facts.data)
    if facts.normalize == "clip":  # neither unit nor size of the bodies matters then
        data = {key: value for key, value in data.items() if key not in ("unit", "body_size")}
    recognizer = ActionRecognizer(OnnxNetwork(model), facts.class_names).eval()
    return Trained(recognizer, clips, facts.frame_shape, data)
