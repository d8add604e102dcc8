"""Moving skeletons of a page: their coordinates in few bytes."""

import base64
from typing import Any

import numpy as np
from numpy.typing import NDArray

from action_rec.drawing.flat_view import flat_view, sides_of
from action_rec.store.sequences import Sequences

_MOST_BYTES = 4_000_000  # of all players of a page
_MOST_FRAMES = 60  # of a player; longer sequences are shown at fewer frames a second
_ABSENT = 255
_RATE = 30.0


def players(sequences: Sequences, rows: dict[int, int]) -> dict[str, Any]:
    """Return the skeleton and the moving coordinates of some sequences, as JSON.

    Args:
        sequences: Where they are.
        rows: Their indices by the number that the page gives them, the most important first; those
            that do not fit into 4 MB are left out.

    Returns:
        Bones, sides of the joints, and by number a player: frames, bodies, frames a second, and
        base64 of uint8 (T, M, V, 2) in a square with the origin at the top left; 255 is absent.
    """
    made: dict[str, Any] = {}
    size = 0
    for number, row in rows.items():
        player = _player(sequences, row)
        size += len(player["data"])
        if size > _MOST_BYTES:
            break
        made[str(number)] = player
    parents = sequences.joint_parents.tolist()
    return {
        "joints": len(parents),
        "bones": [[joint, parent] for joint, parent in enumerate(parents) if joint != parent],
        "sides": sides_of(sequences).side.tolist(),
        "players": made,
    }


def _player(sequences: Sequences, row: int) -> dict[str, Any]:
    flat = flat_view(sequences, row)
    frames = np.unique(np.linspace(0, len(flat) - 1, min(len(flat), _MOST_FRAMES)).astype(int))
    shown = flat[frames]
    low, high = np.nanmin(shown, axis=(0, 1, 2)), np.nanmax(shown, axis=(0, 1, 2))
    scale = (_ABSENT - 1) / max(float((high - low).max()), 1e-9)
    placed = (shown - (low + high) / 2) * scale * [1, -1] + (_ABSENT - 1) / 2
    numbers = np.where(np.isfinite(placed), placed.clip(0, _ABSENT - 1).round(), _ABSENT)
    return {
        "frames": len(shown),
        "bodies": shown.shape[1],
        "rate": round(_RATE * len(shown) / len(flat), 2),
        "length": len(flat),
        "data": encode(numbers, np.uint8),
    }


def encode(values: NDArray[Any], dtype: type) -> str:
    """The base64 of an array, little endian, which a script reads into a typed array."""
    little = np.ascontiguousarray(values).astype(np.dtype(dtype).newbyteorder("<"))
    return base64.b64encode(little.tobytes()).decode("ascii")
