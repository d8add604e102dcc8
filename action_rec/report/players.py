"""The moving skeletons of a page: which sequences, and their coordinates in few bytes."""

import base64
from typing import Any

import numpy as np
from numpy.typing import NDArray

from action_rec.prediction.render_view import flat_view, sides_of
from action_rec.report.runs import Run
from action_rec.store.reader import Store

_MOST_BYTES = 4_000_000  # of all players of a page
_MOST_FRAMES = 60  # of a player; longer sequences are shown at fewer frames a second
_CONFIDENT = 24  # errors that are always shown
_PER_CELL = 2
_ABSENT = 255
_RATE = 30.0


def choose(runs: list[Run]) -> list[int]:
    """Return the sequences to show, the most telling first.

    They are the most confident errors of the first run, then in turns the most confident sequences
    of each pair of true and predicted class.
    """
    run = runs[0]
    predicted, labels = run.scores.logits.argmax(axis=1), run.scores.labels
    confidence = run.probabilities.max(axis=1)
    order = np.argsort(-confidence, kind="stable")
    wrong = [index for index in order.tolist() if predicted[index] != labels[index]]
    chosen = dict.fromkeys(wrong[:_CONFIDENT])
    in_cell: dict[tuple[int, int], int] = {}
    ranked: list[tuple[bool, int, int]] = []
    for index in order.tolist():
        cell = int(labels[index]), int(predicted[index])
        in_cell[cell] = rank = in_cell.get(cell, 0) + 1
        if rank <= _PER_CELL:
            ranked.append((cell[0] == cell[1], rank, index))
    chosen |= dict.fromkeys(index for _, _, index in sorted(ranked, key=lambda one: one[:2]))
    return list(chosen)


def players(store: Store, names: NDArray[np.str_], chosen: list[int]) -> dict[str, Any]:
    """Return the skeleton and the moving coordinates of the chosen sequences, as JSON.

    Args:
        store: Where the sequences are.
        names: (N,) names of the sequences of the page.
        chosen: Their indices; those that do not fit into 4 MB are left out.

    Returns:
        Bones, sides of the joints, and by index a player: frames, bodies, frames a second, and
        base64 of uint8 (T, M, V, 2) in a square with the origin at the top left; 255 is absent.
    """
    rows = {name: row for row, name in enumerate(store.names.tolist())}
    made: dict[str, Any] = {}
    size = 0
    for index in chosen:
        player = _player(store, rows[str(names[index])])
        size += len(player["data"])
        if size > _MOST_BYTES:
            break
        made[str(index)] = player
    parents = store.joint_parents.tolist()
    return {
        "joints": len(parents),
        "bones": [[joint, parent] for joint, parent in enumerate(parents) if joint != parent],
        "sides": sides_of(store).side.tolist(),
        "players": made,
    }


def _player(store: Store, row: int) -> dict[str, Any]:
    flat = flat_view(store, row)
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
