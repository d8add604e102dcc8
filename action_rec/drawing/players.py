"""Moving skeletons of a page: their coordinates in few bytes."""

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from action_rec.drawing.flat_view import flat_view
from action_rec.drawing.skeleton import FURTHER_BODIES, Bones, window
from action_rec.store.sequences import Sequences

_MOST_BYTES = 4_000_000  # of all players of a page
_MOST_FRAMES = 60  # of a player; longer sequences are shown at fewer frames a second
_ABSENT = 255
_RATE = 30.0


@dataclass(frozen=True)
class Shown:
    """A sequence that a page shows moving.

    Attributes:
        number: What the page calls it.
        sequences: Where it is.
        row: Its index there.
        actors: M numbers: the actor that a body belongs to, from 0; -1 if the people rules dropped
            it. None if each is an actor of its own.
    """

    number: int
    sequences: Sequences
    row: int
    actors: tuple[int, ...] | None = None


def players(skeleton: Sequences, shown: Iterable[Shown]) -> dict[str, Any]:
    """Return the skeleton and the moving coordinates of some sequences, as JSON.

    Args:
        skeleton: A set with the joints of all of them.
        shown: The sequences, the most important first; those that do not fit into 4 MB are left
            out.

    Returns:
        Bones (joint, parent, side), the names of the sides, and by number a player: frames, the
        actors of its bodies, the frame to begin with, frames a second, and base64 of uint8
        (T, M, V, 2) in a square with the origin at the top left; 255 is absent.
    """
    made: dict[str, Any] = {}
    size = 0
    for one in shown:
        player = _player(one)
        size += len(player["data"])
        if size > _MOST_BYTES:
            break
        made[str(one.number)] = player
    bones = Bones.of(skeleton)
    return {
        "joints": len(skeleton.joint_parents),
        "bones": np.column_stack([bones.joints, bones.side]).tolist(),
        "sides": {int(side): bones.names[side] for side in np.unique(bones.side)},
        "further": FURTHER_BODIES,
        "players": made,
    }


def shown_frames(length: int) -> NDArray[np.int64]:
    """The frames of a sequence that its player shows, from 0."""
    return np.unique(np.linspace(0, length - 1, min(length, _MOST_FRAMES)).astype(np.int64))


def _player(shown: Shown) -> dict[str, Any]:
    flat = flat_view(shown.sequences, shown.row)
    actors = list(range(flat.shape[1]) if shown.actors is None else shown.actors)
    dropped = flat[:, np.array(actors) < 0]
    # A body that was dropped may be there for a moment only, with which the player begins.
    first = np.unique(np.isfinite(dropped).any(axis=(2, 3)).argmax(axis=0))
    frames = np.union1d(shown_frames(len(flat)), first)
    return {
        "frames": len(frames),
        "actors": actors,
        "start": int(np.searchsorted(frames, first[0])) if len(first) else 0,
        "rate": round(_RATE * len(frames) / len(flat), 2),
        "data": encode(_quantised(flat[frames]), np.uint8),
    }


def _quantised(places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Places (..., 2) as numbers from 0, left and top, to 254; 255 for a joint not detected."""
    (middle, half), largest = window(places), _ABSENT - 1
    placed = ((places - middle) / half * [1, -1] + 1) * largest / 2
    return np.where(np.isfinite(placed), placed.round(), _ABSENT)


def encode(values: NDArray[Any], dtype: type) -> str:
    """The base64 of an array, little endian, which a script reads into a typed array."""
    little = np.ascontiguousarray(values).astype(np.dtype(dtype).newbyteorder("<"))
    return base64.b64encode(little.tobytes()).decode("ascii")
