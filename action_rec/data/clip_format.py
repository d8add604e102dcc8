"""Specification of how clips are made from sequences, kept in checkpoints."""

import json
from dataclasses import asdict, dataclass
from typing import Any, Literal, Self

from action_rec.data.augmentation import Augmentation
from action_rec.data.streams import Stream, check_streams
from action_rec.errors import InputError

Sampling = Literal["segments", "resample", "random", "frames"]
Normalize = Literal["none", "clip", "start"]

_NONE = Augmentation()


@dataclass(frozen=True)
class ClipFormat:
    """Parameters of the clips of a network; its checkpoint keeps them.

    Attributes:
        clip_len: Number of frames T of a clip; with sampling ``frames``, the most in training.
        num_bodies: Number of bodies M of a clip; further bodies of a sequence are dropped, missing
            ones are zero.
        sampling: ``segments``: one random frame of each of T segments (the IndRNN papers);
            ``resample``: T evenly spaced positions in a random part of the sequence, interpolated;
            ``random``: T random positions in such a part; ``frames``: all frames, or every
            `frame_step`-th, of the whole sequence.
        share: Minimum and maximum fraction of a sequence in that part.
        normalize: ``clip`` scales each axis of a clip to [-1, 1] (as CTR-GCN for NW-UCLA);
            ``start`` subtracts the centre of the first body in its first frame and scales 2D by the
            size of the body so far, as a stream can (see `StartNormalization`).
        augmentation: Ranges of the random transformations.
        streams: Input streams, concatenated: joint, relative, bone, joint_motion, bone_motion.
        frame_step: Step from one frame to the next with sampling ``frames``.

    Raises:
        InputError: A value is out of range.
    """

    clip_len: int = 20
    num_bodies: int = 2
    sampling: Sampling = "segments"
    share: tuple[float, float] = (0.9, 1.0)
    normalize: Normalize = "none"
    augmentation: Augmentation = _NONE
    streams: tuple[Stream, ...] = ("joint",)
    frame_step: int = 1

    def __post_init__(self) -> None:
        for name in ("clip_len", "num_bodies", "frame_step"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} must be at least 1, got {getattr(self, name)}")
        if not 0 < self.share[0] <= self.share[1] <= 1:
            raise InputError(
                "the share of a sequence must be a minimum above 0 and a maximum from it to 1, "
                f"got {list(self.share)}"
            )
        check_streams(self.streams)

    def default_clips(self, many: int) -> int:
        """Return the clips per sequence unless one is told: 1 of a whole sequence, else `many`."""
        return 1 if self.sampling == "frames" else many

    def as_dict(self) -> dict[str, Any]:
        """Return the parameters as plain data with lists for tuples, for a checkpoint."""
        plain: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        if self.sampling != "frames":  # of no meaning, and unknown to earlier versions
            del plain["frame_step"]
        return plain

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Create a format from the result of `as_dict`."""
        read = _as_tuples(values)
        return cls(
            **read | {"augmentation": Augmentation(**_as_tuples(read.get("augmentation", {})))}
        )


def _as_tuples(values: dict[str, Any]) -> dict[str, Any]:
    return {
        key: tuple(value) if isinstance(value, list) else value for key, value in values.items()
    }
