"""Streams: what a network sees of the joints, alone or side by side."""

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor

from action_rec.errors import InputError

Stream = Literal["joint", "bone", "joint_motion", "bone_motion"]
STREAMS: tuple[Stream, ...] = ("joint", "bone", "joint_motion", "bone_motion")


def check_streams(streams: Sequence[str]) -> None:
    """Refuse a list of streams that names none, one twice, or an unknown one.

    Raises:
        InputError: It does.
    """
    if not streams or len(set(streams)) < len(streams) or not set(streams) <= set(STREAMS):
        raise InputError(
            f"streams must be one or more of {', '.join(STREAMS)}, each once, got {list(streams)}"
        )


def make_streams(joints: Tensor, parents: Sequence[int], streams: Sequence[Stream]) -> Tensor:
    """Put the streams of clips beside each other.

    A *bone* is a joint minus its parent, zero for the root; *motion* is the step from the frame
    before, zero in the first frame and where the body was absent in either of the two. Looking back
    and not ahead, a stream can be computed while a person moves.

    Args:
        joints: (N, T, M, V, C), zero where a body is absent.
        parents: V indices of each joint's parent.
        streams: Which ones, in this order.

    Returns:
        (N, T, M, V, C * S) for S streams.
    """
    if tuple(streams) == ("joint",):
        return joints
    bones = joints - joints[..., list(parents), :] if "".join(streams).count("bone") else joints
    made = {"joint": lambda: joints, "bone": lambda: bones}
    if any(stream.endswith("motion") for stream in streams):
        present = joints.flatten(3).any(dim=3)
        made["joint_motion"] = lambda: _motion(joints, present)
        made["bone_motion"] = lambda: _motion(bones, present)
    return torch.cat([made[stream]() for stream in streams], dim=-1)


def _motion(positions: Tensor, present: Tensor) -> Tensor:
    motion = torch.zeros_like(positions)
    torch.sub(positions[:, 1:], positions[:, :-1], out=motion[:, 1:])
    motion[:, 1:] *= (present[:, 1:] & present[:, :-1])[..., None, None]
    return motion
