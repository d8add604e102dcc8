"""Compare a written ONNX file with the network that it was made of."""

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from action_rec.checkpoints.trained import Trained
from action_rec.errors import InputError
from action_rec.export.clip import ClipNetwork
from action_rec.live.step import StepNetwork
from action_rec.onnx_file.opening import OnnxModel

_LARGEST = {"fp32": 1e-3, "fp16": 0.05}  # more is a fault, and not rounding
_FRAMES = 32


def moving_bodies(frames: int, shape: tuple[int, int, int], size: float) -> NDArray[np.float32]:
    """Return frames (T, M, V, C) of bodies that move smoothly, the second one absent at first.

    Args:
        frames: T.
        shape: (M, V, C).
        size: Of the bodies, in the unit of the coordinates.
    """
    rng = np.random.default_rng(0)
    steps = rng.normal(0, 0.05, (frames, *shape)).cumsum(axis=0)
    bodies: NDArray[np.float64] = size * (rng.normal(0, 1, shape) + steps) + 3 * size
    bodies[: frames // 3, 1:] = 0
    return bodies.astype(np.float32)


def largest_difference(trained: Trained, model: OnnxModel, frames: NDArray[np.float32]) -> float:
    """Return the largest difference of a probability between PyTorch and onnxruntime.

    Args:
        trained: The network.
        model: Its ONNX file.
        frames: (T, M, V, C) as recorded; a step is given one after the other.
    """
    if model.facts.format == "clip":
        with torch.inference_mode():
            ours = ClipNetwork(trained)(torch.from_numpy(frames[None]))
        theirs = model.run({"clip": frames[None]})[0]
        return float(np.abs(ours.numpy() - theirs).max())
    network = StepNetwork(trained)
    states = network.start()
    names = [one["name"] for one in model.facts.states]
    own = [state.numpy() for state in states]
    differences = []
    for frame in frames:
        with torch.inference_mode():
            probabilities, *states = network(torch.from_numpy(frame[None]), *states)
        other, *own = model.run({"frame": frame[None], **dict(zip(names, own, strict=True))})
        differences.append(np.abs(probabilities.numpy() - other).max())
    return float(np.max(differences))


def check_difference(trained: Trained, path: Path, name: Path) -> float:
    """Compare a file with its network on bodies that move; return the largest difference.

    Args:
        trained: The network.
        path: The file.
        name: What it will be called, for the message.

    Raises:
        InputError: They differ by more than rounding.
    """
    model = OnnxModel(path)
    size = float(trained.source.get("body_size") or 1.0)
    frames = moving_bodies(model.clip_len or _FRAMES, model.facts.frame_shape, size)
    difference = largest_difference(trained, model, frames)
    limit = _LARGEST[model.facts.precision]
    if not difference <= limit:  # NaN is not
        raise InputError(
            f"{name} is not written, since its probabilities differ from those of the checkpoint "
            f"by up to {difference:.3g}, more than {limit}; use --precision fp32, and look for "
            "weights that are NaN or very large"
        )
    return difference
