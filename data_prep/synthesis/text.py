"""The text of a ``.skeleton`` file, as NTU RGB+D writes it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data_prep.synthesis.body import Array
from data_prep.synthesis.camera import project

_JOINTS = 25
# x y z, depth x y, colour x y, orientation, state. Orientations are not synthesized: they are zero,
# as NTU RGB+D itself has them for head, feet, tips and thumbs.
_JOINT_LINE = " ".join(["%.7g"] * 7) + " 0 0 0 0 %d\n"
_BODY = f"%d 0 1 1 1 1 0 0 0 2\n{_JOINTS}\n" + _JOINT_LINE * _JOINTS


@dataclass
class Track:
    """One body as the sensor follows it, under one ID.

    Attributes:
        body_id: 17 digits.
        joints: (T, 25, 3) in metres in the frame of the camera; a joint at 0 0 0 was dropped.
        states: Tracking states (T, 25).
        present: (T,), in which frames the body is listed.
    """

    body_id: int
    joints: Array
    states: NDArray[np.int64]
    present: NDArray[np.bool_]


@dataclass
class Draft:
    """A recording, before it is written.

    Attributes:
        tracks: The bodies; all have the same T frames.
        order: (T, tracks), the sort keys by which the bodies of a frame are listed; None to list
            them always in the order of `tracks`.
        newline: The end of a line.
    """

    tracks: list[Track]
    order: Array | None = None
    newline: str = "\n"


def skeleton_text(draft: Draft) -> bytes:
    """Write a draft in the format of a ``.skeleton`` file."""
    tracks = draft.tracks
    blocks = [_body_blocks(track) for track in tracks]
    frames = len(tracks[0].present)
    order = np.zeros((frames, len(tracks))) if draft.order is None else draft.order
    listed = np.argsort(order, axis=1, kind="stable").tolist()
    parts = [f"{frames}\n"]
    for frame, indices in enumerate(listed):
        bodies = [blocks[index][frame] for index in indices if tracks[index].present[frame]]
        parts += f"{len(bodies)}\n", *bodies
    return "".join(parts).replace("\n", draft.newline).encode("ascii")


def _body_blocks(track: Track) -> list[str]:
    """The lines of one body in each frame."""
    dropped = ~track.joints.any(axis=2, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        pixels = np.where(dropped, 0, project(track.joints))
    fields = np.concatenate([track.joints, pixels, track.states[..., None]], axis=2)
    rows = fields.reshape(len(fields), -1).tolist()
    return [_BODY % (track.body_id, *row) for row in rows]
