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
    size = joints.shape[-1]
    made = joints.new_empty(*joints.shape[:-1], size * len(streams))
    parent = joints.index_select(3, torch.tensor(parents, device=joints.device))
    for place, stream in enumerate(streams):
        # Written where they belong: another copy would take as long as all the arithmetic.
        out = made[..., place * size : (place + 1) * size]
        match stream:
            case "joint":
                out.copy_(joints)
            case "bone":
                torch.sub(joints, parent, out=out)
            case "joint_motion":
                _motion(joints, joints, out)
            case "bone_motion":
                _motion(joints - parent, joints, out)
    return made


def _motion(positions: Tensor, joints: Tensor, out: Tensor) -> None:
    present = joints.flatten(3).abs().amax(dim=3) > 0
    there = present[:, 1:] & present[:, :-1]
    out[:, 0] = 0
    torch.sub(positions[:, 1:], positions[:, :-1], out=out[:, 1:])
    if not there.all():
        out[:, 1:] *= there[..., None, None]
