"""What a network was trained to be shown: the way from a sequence to a clip."""

from dataclasses import asdict, dataclass
from typing import Any, Literal, Self

from action_rec.data.augmentation import Augmentation
from action_rec.data.streams import Stream, check_streams
from action_rec.errors import InputError

Sampling = Literal["segments", "resample", "random"]
Normalize = Literal["none", "clip"]

_NONE = Augmentation()


@dataclass(frozen=True)
class ClipFormat:
    """How clips are made; a checkpoint keeps it, so that a network is always shown the same.

    Attributes:
        clip_len: Frames T of a clip.
        num_bodies: Bodies M of a clip; a sequence's further bodies are left out, missing ones zero.
        sampling: Which frames: one of each of T ``segments`` (the papers'), or, interpolated, T
            moments of a part of the sequence: evenly spaced (``resample``) or ``random`` ones.
        share: For these two: smallest and largest share of a sequence that a clip shows.
        normalize: ``clip`` brings each axis of a clip to -1..1 (CTR-GCN's choice for NW-UCLA).
        augmentation: How far they are turned, scaled and mirrored at random.
        streams: What is put side by side at the input: joint, bone, joint_motion, bone_motion.

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

    def __post_init__(self) -> None:
        for name in ("clip_len", "num_bodies"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} must be at least 1, got {getattr(self, name)}")
        if not 0 < self.share[0] <= self.share[1] <= 1:
            raise InputError(
                "a share of a sequence must be a smaller and a larger number above 0 and up to 1, "
                f"got {list(self.share)}"
            )
        check_streams(self.streams)

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for a checkpoint."""
        return _as_lists(asdict(self))

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Read what `as_dict` gave."""
        read = _as_tuples(values)
        return cls(
            **read | {"augmentation": Augmentation(**_as_tuples(read.get("augmentation", {})))}
        )


def _as_lists(values: dict[str, Any]) -> dict[str, Any]:
    lists = {
        key: list(value) if isinstance(value, tuple) else value for key, value in values.items()
    }
    return {
        key: _as_lists(value) if isinstance(value, dict) else value for key, value in lists.items()
    }


def _as_tuples(values: dict[str, Any]) -> dict[str, Any]:
    return {
        key: tuple(value) if isinstance(value, list) else value for key, value in values.items()
    }
