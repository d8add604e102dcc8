"""Input streams computed from joint coordinates: joint, relative, bone, and their motion."""

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor

from action_rec.errors import InputError

Stream = Literal["joint", "bone", "joint_motion", "bone_motion", "relative"]
STREAMS: tuple[Stream, ...] = ("joint", "bone", "joint_motion", "bone_motion", "relative")


def check_streams(streams: Sequence[str]) -> None:
    """Check a list of streams.

    Raises:
        InputError: The list is empty, or a stream is repeated or unknown.
    """
    if not streams or len(set(streams)) < len(streams) or not set(streams) <= set(STREAMS):
        raise InputError(
            f"streams must be one or more of {', '.join(STREAMS)}, each once, got {list(streams)}"
        )


def make_streams(joints: Tensor, parents: Sequence[int], streams: Sequence[Stream]) -> Tensor:
    """Compute streams of clips and concatenate them along the coordinates.

    A *bone* is a joint minus its parent, zero for the root. A *relative* joint is a joint minus the
    root of its body in the same frame: the pose, wherever the body is. *Motion* is the difference
    to the previous frame, zero in the first frame and where the body is absent in either frame. All
    streams are causal, so that they can be computed frame by frame.

    Args:
        joints: (N, T, M, V, C) joints, zero for absent bodies.
        parents: V indices of the parent of each joint.
        streams: S streams, in the order of the output.

    Returns:
        (N, T, M, V, C * S).
    """
    if tuple(streams) == ("joint",):
        return joints
    size = joints.shape[-1]
    made = joints.new_empty(*joints.shape[:-1], size * len(streams))
    parent = joints.index_select(3, torch.tensor(parents, device=joints.device))
    for index, stream in enumerate(streams):
        # Written into the output: a concatenation would take as long as the arithmetic.
        out = made[..., index * size : (index + 1) * size]
        match stream:
            case "joint":
                out.copy_(joints)
            case "bone":
                torch.sub(joints, parent, out=out)
            case "relative":
                root = torch.tensor(roots(parents), device=joints.device)
                torch.sub(joints, joints.index_select(3, root), out=out)
            case "joint_motion":
                _motion(joints, joints, out)
            case "bone_motion":
                _motion(joints - parent, joints, out)
    return made


def roots(parents: Sequence[int]) -> list[int]:
    """Return the root of each of V joints, which is its own parent."""
    found = list(range(len(parents)))
    for _ in parents:  # no chain of bones is longer
        found = [parents[joint] for joint in found]
    return found


def _motion(positions: Tensor, joints: Tensor, out: Tensor) -> None:
    present = joints.flatten(3).abs().amax(dim=3) > 0
    in_both = present[:, 1:] & present[:, :-1]
    out[:, 0] = 0
    torch.sub(positions[:, 1:], positions[:, :-1], out=out[:, 1:])
    if not in_both.all():
        out[:, 1:] *= in_both[..., None, None]
