"""Networks with random weights and statistics, as a checkpoint would give them."""

from typing import Any

import torch
from torch import nn

from action_rec.checkpoints.trained import Trained
from action_rec.data.clip_format import ClipFormat
from action_rec.models.classifiers import RecurrentClassifier
from action_rec.recognizer import ActionRecognizer

CLASSES = ["sit down", "stand up", "wave", "clap"]


def random_network(network: RecurrentClassifier) -> RecurrentClassifier:
    """Give batch norm statistics that are not those of an untrained network."""
    generator = torch.Generator().manual_seed(0)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm1d):
            assert module.running_mean is not None
            assert module.running_var is not None
            module.running_mean.normal_(std=0.3, generator=generator)
            module.running_var.uniform_(0.5, 2, generator=generator)
    return network.eval()


def trained_on(
    network: RecurrentClassifier,
    frame_shape: tuple[int, int, int],
    *,
    source: dict[str, Any] | None = None,
    **format: Any,  # noqa: ANN401 (of a ClipFormat)
) -> Trained:
    """A checkpoint of a network for five joints whose centre is the joint ``hip``."""
    described = {
        "joint_names": ["head", "hip", "hand", "left foot", "right foot"],
        "joint_parents": [0, 0, 1, 1, 1],
        "joint_mirror": [0, 1, 2, 4, 3],
        "rules": {"name": "as recorded", "origin": ["hip"], "missing": "zero", "scaling": "auto"},
        "unit": "metre",
    }
    clips = ClipFormat(num_bodies=frame_shape[0], **format)
    recognizer = ActionRecognizer(network, CLASSES).eval()
    return Trained(recognizer, clips, frame_shape, described | (source or {}))
