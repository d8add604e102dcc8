"""Places for tracked bodies: bodies that are never seen together share one."""

from bisect import bisect

import numpy as np
from numpy.typing import NDArray

from action_rec.errors import InputError

MAX_BODIES = 200  # in a frame, and places in a recording


def assign_slots(
    times: NDArray[np.int64], bodies: NDArray[np.int64], file: str
) -> NDArray[np.int64]:
    """Assign a place to every body, the one in most frames first.

    A body takes the first place whose bodies have all left before it comes, or come after it has
    left, so that a person whose tracking broke off returns to the same place.

    Args:
        times: (P,) frame of each detection.
        bodies: (P,) number of the body that each detection is of, from 0.
        file: The file, for messages.

    Returns:
        (P,) place of each detection, from 0.

    Raises:
        InputError: There are more than `MAX_BODIES` places.
    """
    count = np.bincount(bodies)
    first = np.full(len(count), np.iinfo(np.int64).max)
    last = np.full(len(count), -1, np.int64)
    np.minimum.at(first, bodies, times)
    np.maximum.at(last, bodies, times)
    slots: list[list[tuple[int, int]]] = []  # the first and last frames of the bodies, ascending
    place = np.zeros(len(count), np.int64)
    for body in np.lexsort((first, -count)).tolist():
        span = int(first[body]), int(last[body])
        index = next((index for index, taken in enumerate(slots) if _free(taken, span)), len(slots))
        if index == len(slots):
            slots.append([])
        if len(slots) > MAX_BODIES:
            raise InputError(
                f"file '{file}' holds more than {MAX_BODIES} people at a time; cut it into "
                "recordings, or leave out detections of a low score"
            )
        slots[index].insert(bisect(slots[index], span), span)
        place[body] = index
    return place[bodies]


def _free(taken: list[tuple[int, int]], span: tuple[int, int]) -> bool:
    after = bisect(taken, span)
    left_before = after == 0 or taken[after - 1][1] < span[0]
    return left_before and (after == len(taken) or span[1] < taken[after][0])
