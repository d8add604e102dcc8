"""The step of a network by onnxruntime, for a stream."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from action_rec.errors import InputError
from action_rec.onnx_file.opening import OnnxModel

Array = NDArray[np.float32]


class OnnxEngine:
    """Computes the step of an ONNX file with onnxruntime; see `action_rec.live.engine.StepEngine`.

    Args:
        path: A file that ``export`` wrote.

    Raises:
        InputError: It is not such a file, or has a whole clip as its input.
    """

    def __init__(self, path: Path) -> None:
        self.model = OnnxModel(path)
        facts = self.model.facts
        if facts.format != "step":
            raise InputError(
                f"{path} reads a whole clip and has no states that go on from frame to frame; "
                "export the checkpoint without --clip"
            )
        self.class_names = facts.class_names
        self.joint_set = facts.joint_set
        self.joint_names = facts.joint_names
        self.joint_parents = facts.joint_parents
        self.unit = facts.unit
        self.frame_shape = facts.frame_shape
        self.frame_rate = facts.frame_rate
        self.frame_step = facts.frame_step
        self.state_sizes = [one["shape"][1] for one in facts.states]
        self.rules: dict[str, Any] = dict(facts.data.get("rules") or {})
        self.reading: dict[str, Any] = dict(facts.data.get("reading") or {})
        self.body_size: float | None = facts.data.get("body_size")
        self.sampling = str(facts.clips.sampling)
        self._names = [one["name"] for one in facts.states]

    def step(self, frame: Array, states: Sequence[Array]) -> tuple[Array, list[Array]]:
        """Process one frame of B streams, one after the other."""
        streams = []
        for row in range(len(frame)):
            inputs = {
                name: state[row : row + 1] for name, state in zip(self._names, states, strict=True)
            }
            streams.append(self.model.run({"frame": frame[row : row + 1], **inputs}))
        if len(streams) == 1:
            return streams[0][0], streams[0][1:]
        probabilities, *after = (np.concatenate(part) for part in zip(*streams, strict=True))
        return probabilities, after
