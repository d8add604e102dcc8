"""Engines that compute the step of a network: PyTorch here, others with the same interface."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from action_rec.checkpoints.trained import Trained, load_trained
from action_rec.live.one_frame import for_one_frame
from action_rec.live.step import StepNetwork
from action_rec.onnx_file.engine import OnnxEngine
from action_rec.onnx_file.facts import FRAME_RATE

Array = NDArray[np.float32]


class StepEngine(Protocol):
    """A network as a function of one frame and its states, on NumPy arrays.

    Attributes:
        class_names: K names, in the order of the probabilities.
        joint_set: Name of the joints, e.g. ``kinect_v2``.
        joint_names: V names.
        joint_parents: V indices of each joint's parent; a root is its own parent.
        unit: Unit of the coordinates, e.g. ``metre``.
        frame_shape: (M, V, C) of a frame as recorded; C is 2 or 3.
        frame_rate: Frames per second of the recordings that the network was trained on.
        frame_step: The network sees every frame_step-th of those frames.
        state_sizes: The number of values S of each state; all states start as zeros.
        rules: How the people of a recording were selected in training, as a store keeps it.
        reading: How recordings were read in training, as a store keeps it.
        body_size: Median size of the bodies of the training data, in their unit; None if unknown.
        sampling: How the clips of training were drawn, e.g. ``frames``.
    """

    class_names: list[str]
    joint_set: str
    joint_names: list[str]
    joint_parents: list[int]
    unit: str
    frame_shape: tuple[int, int, int]
    frame_rate: float
    frame_step: int
    state_sizes: list[int]
    rules: dict[str, Any]
    reading: dict[str, Any]
    body_size: float | None
    sampling: str

    def step(self, frame: Array, states: Sequence[Array]) -> tuple[Array, list[Array]]:
        """Process one frame of B streams.

        Args:
            frame: (B, M, V, C) coordinates in `unit`, zero for absent bodies and joints that were
                not detected. Only every `frame_step`-th frame is to be given.
            states: (B, S) each, from the call on the frame before; zeros at the start. They are
                not changed.

        Returns:
            Probabilities (B, K), and the states after the frame.
        """


class TorchEngine:
    """Computes the step of a checkpoint with PyTorch; see `StepEngine`.

    Args:
        trained: A checkpoint of a causal network.

    Raises:
        InputError: Normalization, preparation or network need later frames.
    """

    def __init__(self, trained: Trained) -> None:
        self.network = for_one_frame(StepNetwork(trained))
        source = trained.source
        self.class_names = list(trained.recognizer.class_names)
        self.joint_set = str(source.get("joint_set"))
        self.joint_names: list[str] = list(source["joint_names"])
        self.joint_parents: list[int] = list(source["joint_parents"])
        self.unit = str(source.get("unit") or "unspecified")
        self.frame_shape = self.network.frame_shape
        self.frame_rate = FRAME_RATE
        self.frame_step = int(getattr(trained.format, "frame_step", 1))
        self.state_sizes = self.network.state_sizes
        self.rules: dict[str, Any] = dict(source.get("rules") or {})
        self.reading: dict[str, Any] = dict(source.get("reading") or {})
        self.body_size: float | None = source.get("body_size")
        self.sampling = str(trained.format.sampling)

    def step(self, frame: Array, states: Sequence[Array]) -> tuple[Array, list[Array]]:
        """Process one frame of B streams; see `StepEngine`."""
        with torch.inference_mode():
            before = [torch.from_numpy(state) for state in states]
            probabilities, *after = self.network(torch.from_numpy(frame), *before)
        # Copies: a state that is passed on as it came would be wrapped once more in every frame.
        return probabilities.numpy(), [state.numpy().copy() for state in after]


def load_engine(path: Path) -> StepEngine:
    """Open a trained network for streams.

    Args:
        path: A .ckpt file, or an .onnx file of a step.

    Raises:
        InputError: It cannot be read, or the network needs later frames.
    """
    if path.suffix.lower() == ".onnx":
        return OnnxEngine(path)
    return TorchEngine(load_trained(path))
