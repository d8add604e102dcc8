"""The metadata of an ONNX file: all that a program needs beside the graph, as texts and JSON."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal, Self, TypedDict

from action_rec.checkpoints.content import DataState
from action_rec.checkpoints.trained import Trained
from action_rec.checkpoints.typed import REMEDY, TypedReader
from action_rec.data.clip_format import ClipFormat
from action_rec.errors import InputError

Format = Literal["step", "clip"]
Precision = Literal["fp32", "fp16"]

FRAME_RATE = 30.0  # of the Kinect and of most videos; a store does not say
_REMEDY = "give a file that 'python -m action_rec export' wrote"
_MOST = 100_000  # class names, joints and states


class StateFact(TypedDict):
    """A state: an input of this name and shape, and an output whose name has ``next_`` before."""

    name: str
    shape: list[int]


class Contents(TypedDict):
    """The metadata with their types; those that are not texts are stored as JSON."""

    format: Format
    class_names: list[str]
    states: list[StateFact]
    joint_set: str
    joint_names: list[str]
    joint_parents: list[int]
    unit: str
    frame_rate: float
    frame_step: int
    frame_shape: tuple[int, int, int]
    normalize: Literal["none", "clip", "start"]
    precision: Precision
    clips: ClipFormat
    data: DataState


@dataclass(frozen=True)
class Facts:
    """What an ONNX file says of itself.

    Attributes:
        format: ``step``, one frame and the states before it, or ``clip``, a whole clip.
        class_names: K names, in the order of the probabilities.
        states: The states of a step; all start as zeros.
        joint_set: Name of the joints, e.g. ``kinect_v2``.
        joint_names: V names.
        joint_parents: V indices of each joint's parent; a root is its own parent.
        unit: Unit of the coordinates, e.g. ``metre``.
        frame_rate: Frames per second of the recordings that the network was trained on.
        frame_step: The network sees every frame_step-th of those frames.
        frame_shape: (M, V, C) of a frame as recorded.
        normalize: How the clips of training were normalized; the graph does the same.
        precision: Of the weights.
        clips: How the clips of training were made.
        data: What the checkpoint knows of its data.
    """

    format: Format
    class_names: list[str]
    states: list[StateFact]
    joint_set: str
    joint_names: list[str]
    joint_parents: list[int]
    unit: str
    frame_rate: float
    frame_step: int
    frame_shape: tuple[int, int, int]
    normalize: str
    precision: Precision
    clips: ClipFormat
    data: dict[str, Any]

    @classmethod
    def of(
        cls, trained: Trained, format: Format, state_sizes: Sequence[int], precision: Precision
    ) -> Self:
        """Take the facts from a checkpoint.

        Args:
            trained: The checkpoint.
            format: Of the graph.
            state_sizes: The number of values of each state.
            precision: Of the weights.

        Raises:
            InputError: The checkpoint does not describe its joints.
        """
        data, clips = trained.source, trained.format
        if "joint_names" not in data or "joint_parents" not in data:
            raise InputError(
                "the checkpoint does not describe its joints, as those of version 0.1.0; train "
                "again"
            )
        bodies, joints, size = trained.frame_shape
        shapes = [[1, int(size)] for size in state_sizes]
        return cls(
            format=format,
            class_names=list(trained.recognizer.class_names),
            states=[{"name": f"state_{i}", "shape": shape} for i, shape in enumerate(shapes)],
            joint_set=str(data.get("joint_set")),
            joint_names=list(data["joint_names"]),
            joint_parents=list(data["joint_parents"]),
            unit=str(data.get("unit") or "unspecified"),
            frame_rate=FRAME_RATE,
            frame_step=int(getattr(clips, "frame_step", 1)),
            frame_shape=(bodies, joints, size // len(clips.streams)),
            normalize=clips.normalize,
            precision=precision,
            clips=clips,
            data={key: value for key, value in data.items() if key != "clips"},
        )

    def plain(self) -> dict[str, Any]:
        """Return the facts as values for JSON."""
        values = {one.name: getattr(self, one.name) for one in fields(self)}
        return {**values, "clips": self.clips.as_dict()}

    def metadata(self) -> dict[str, str]:
        """Return the metadata of the file, which are texts."""
        return {
            name: value if isinstance(value, str) else json.dumps(value)
            for name, value in self.plain().items()
        }

    @classmethod
    def read(cls, metadata: Mapping[str, str], where: str) -> Self:
        """Read and check the metadata of a file.

        Args:
            metadata: Texts by name.
            where: The file, for messages.

        Raises:
            InputError: One is missing or is not what it should be.
        """
        texts = {name for name, kind in Contents.__annotations__.items() if kind in _TEXTS}
        plain: dict[str, Any] = {}
        for name in Contents.__annotations__.keys() & metadata.keys():
            value = metadata[name]
            plain[name] = value if name in texts else _parse(value, f"{where}: {name}")
        try:
            read = TypedReader(largest=2**31 - 1).read(plain, Contents, where)
        except (InputError, RecursionError) as error:
            raise InputError(str(error).replace(REMEDY, _REMEDY)) from error
        facts = cls(**{one.name: read[one.name] for one in fields(cls)})
        facts._check(where)
        return facts

    def _check(self, where: str) -> None:
        joints = len(self.joint_names)
        good = (
            0 < len(self.class_names) <= _MOST
            and len(self.states) <= _MOST
            and 0 < joints <= _MOST
            and self.frame_shape[1] == joints == len(self.joint_parents)
            and self.frame_shape[0] == self.clips.num_bodies
            and self.frame_shape[2] in (2, 3)
            and all(parent < joints for parent in self.joint_parents)
            and 0 < self.frame_rate <= 100_000
            and self.frame_step > 0
            and bool(self.states) == (self.format == "step")
            and all(_is_state(one, index) for index, one in enumerate(self.states))
        )
        if not good:
            raise InputError(
                f"{where} has metadata that contradict each other: {len(self.class_names)} "
                f"classes, {joints} joints, frames of {self.frame_shape}, {len(self.states)} "
                f"states for the format {self.format}; {_REMEDY}"
            )


_TEXTS = (str, Format, Precision, Contents.__annotations__["normalize"])


def _is_state(one: StateFact, index: int) -> bool:
    shape = one["shape"]
    return one["name"] == f"state_{index}" and len(shape) == 2 and shape[0] == 1 and shape[1] > 0


def _parse(text: str, where: str) -> Any:  # noqa: ANN401
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{where} is not JSON ({error}); {_REMEDY}") from error
