"""Writer of ``.skeleton`` text in the format of NTU RGB+D."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data_prep.synthesis.body import Array
from data_prep.synthesis.camera import project

_JOINTS = 25
# x y z, depth x y, colour x y, orientation, state. Orientations are not synthesized but zero, as in
# NTU RGB+D for head, feet, hand tips and thumbs.
_JOINT_LINE = " ".join(["%.7g"] * 7) + " 0 0 0 0 %d\n"
_BODY = f"%d 0 1 1 1 1 0 0 0 2\n{_JOINTS}\n" + _JOINT_LINE * _JOINTS


@dataclass
class Track:
    """One body tracked by the sensor under one ID.

    Attributes:
        body_id: The ID, 17 digits.
        joints: (T, 25, 3) joints in metres in the camera frame; a joint at 0 0 0 is dropped.
        states: (T, 25) tracking states.
        present: (T,) whether the body is listed in each frame.
    """

    body_id: int
    joints: Array
    states: NDArray[np.int64]
    present: NDArray[np.bool_]


@dataclass
class Draft:
    """Data of a recording to be written.

    Attributes:
        tracks: Tracks of the bodies, all with T frames.
        order: (T, tracks) sort keys of the bodies in each frame; None for the order of `tracks`.
        newline: Line separator.
    """

    tracks: list[Track]
    order: Array | None = None
    newline: str = "\n"


def skeleton_text(draft: Draft) -> bytes:
    """Return the content of a ``.skeleton`` file."""
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
    """Return the lines of one body in each frame."""
    dropped = ~track.joints.any(axis=2, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        pixels = np.where(dropped, 0, project(track.joints))
    fields = np.concatenate([track.joints, pixels, track.states[..., None]], axis=2)
    rows = fields.reshape(len(fields), -1).tolist()
    return [_BODY % (track.body_id, *row) for row in rows]
