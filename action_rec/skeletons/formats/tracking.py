"""Track people over frames by the distance between their poses.

In every frame, the people are assigned to those seen before so that the sum of the distances is
least (Kuhn, "The Hungarian method for the assignment problem", 1955).
"""

import numpy as np
from numpy.typing import NDArray

_MAX_GAP = 30  # frames after which a person who was lost is a new one: a second of most videos
_MAX_DISTANCE = 2.0  # in sizes of the body: about half its height
_NEVER = 1e6


def track(joints: NDArray[np.float64], times: NDArray[np.int64]) -> NDArray[np.int64]:
    """Number the people of all frames.

    Args:
        joints: (P, V, C) joints of P people of all frames; zero where not detected.
        times: (P,) the frame of each, from 0, ascending.

    Returns:
        (P,) the number of the body, from 0.
    """
    bodies = np.zeros(len(joints), np.int64)
    if np.bincount(times).max() < 2:
        return bodies  # one person: no one to confuse with
    latest: dict[int, int] = {}  # by body, the index of its last detection
    number = 0
    for rows in np.split(np.arange(len(times)), np.flatnonzero(np.diff(times)) + 1):
        now = times[rows[0]]
        latest = {body: row for body, row in latest.items() if now - times[row] <= _MAX_GAP}
        known = list(latest)
        found = _assign(joints[list(latest.values())], joints[rows])
        for index, row in enumerate(rows.tolist()):
            if index in found:
                bodies[row] = known[found[index]]
            else:
                bodies[row], number = number, number + 1
            latest[int(bodies[row])] = row
    return bodies


def _assign(before: NDArray[np.float64], now: NDArray[np.float64]) -> dict[int, int]:
    """For each of `now` (N, V, C) that is one of `before` (K, V, C), the index of that one."""
    # Most recordings need no assignment, and the library takes half a second to import.
    from scipy.optimize import linear_sum_assignment

    if len(before) == 0:
        return {}
    distances = _distances(before, now)
    rows, columns = linear_sum_assignment(np.where(distances <= _MAX_DISTANCE, distances, _NEVER))
    pairs = zip(rows.tolist(), columns.tolist(), strict=True)
    return {new: old for old, new in pairs if distances[old, new] <= _MAX_DISTANCE}


def _distances(before: NDArray[np.float64], now: NDArray[np.float64]) -> NDArray[np.float64]:
    """(K, N) mean distances of the joints that both have, in sizes of the body; inf if none."""
    with np.errstate(all="ignore"):
        both = (_detected(before)[:, None] & _detected(now)[None]).astype(np.float64)
        offset = np.where(both[..., None] > 0, before[:, None] - now[None], 0)
        mean = (np.linalg.norm(offset, axis=-1) * both).sum(axis=-1) / both.sum(axis=-1)
        size = (_size(before)[:, None] + _size(now)[None]) / 2
        distances: NDArray[np.float64] = mean / size
    # No joint in common, or coordinates beyond all bounds.
    return np.where(np.isfinite(distances), distances, np.inf)


def _detected(joints: NDArray[np.float64]) -> NDArray[np.bool_]:
    return np.logical_and(np.isfinite(joints).all(axis=-1), joints.any(axis=-1))


def _size(joints: NDArray[np.float64]) -> NDArray[np.float64]:
    """(N,) root mean square distance of the detected joints from their centroid."""
    weight = _detected(joints)[..., None].astype(np.float64)
    weight /= weight.sum(axis=1, keepdims=True)
    known = np.where(weight > 0, joints, 0)
    centroid = (known * weight).sum(axis=1, keepdims=True)
    size: NDArray[np.float64] = np.sqrt((((known - centroid) ** 2) * weight).sum(axis=(1, 2)))
    return size
