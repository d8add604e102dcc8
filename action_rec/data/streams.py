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
    parent = _select(joints, parents)
    root = _select(joints, roots(parents)) if "relative" in streams else parent
    if torch.compiler.is_compiling():
        # In an exported graph it is the writing into parts of the output that costs.
        return torch.cat([_stream(one, joints, parent, root, None) for one in streams], dim=4)
    size = joints.shape[-1]
    made = joints.new_empty(*joints.shape[:-1], size * len(streams))
    for index, stream in enumerate(streams):
        # Written into the output: a concatenation would take as long as the arithmetic.
        _stream(stream, joints, parent, root, made[..., index * size : (index + 1) * size])
    return made


def roots(parents: Sequence[int]) -> list[int]:
    """Return the root of each of V joints, which is its own parent."""
    found = list(range(len(parents)))
    for _ in parents:  # no chain of bones is longer
        found = [parents[joint] for joint in found]
    return found


def _select(joints: Tensor, indices: Sequence[int]) -> Tensor:
    return joints.index_select(3, torch.tensor(indices, device=joints.device))


def _stream(
    stream: Stream, joints: Tensor, parent: Tensor, root: Tensor, out: Tensor | None
) -> Tensor:
    """Compute a stream (N, T, M, V, C) into `out`, or into a tensor of its own."""
    match stream:
        case "joint":
            return joints if out is None else out.copy_(joints)
        case "bone":
            return torch.sub(joints, parent, out=out)
        case "relative":
            return torch.sub(joints, root, out=out)
        case "joint_motion":
            return _motion(joints, joints, out)
        case "bone_motion":
            return _motion(joints - parent, joints, out)


def _motion(positions: Tensor, joints: Tensor, out: Tensor | None) -> Tensor:
    present = joints.flatten(3).abs().amax(dim=3) > 0
    in_both = present[:, 1:] & present[:, :-1]
    if out is None:
        moved = (positions[:, 1:] - positions[:, :-1]) * in_both[..., None, None]
        return torch.cat((torch.zeros_like(positions[:, :1]), moved), dim=1)
    out[:, 0] = 0
    torch.sub(positions[:, 1:], positions[:, :-1], out=out[:, 1:])
    if not in_both.all():
        out[:, 1:] *= in_both[..., None, None]
    return out
