"""What the ranks of an evaluation have found, brought together."""

from typing import TypeVar

from torch import distributed

Found = TypeVar("Found")


def gather(found: list[Found]) -> list[Found]:
    """Join the lists of all ranks, on every rank; each sequence was on one of them.

    Args:
        found: What this rank has found.
    """
    if not (distributed.is_available() and distributed.is_initialized()):
        return found
    gathered: list[list[Found]] = [[] for _ in range(distributed.get_world_size())]
    distributed.all_gather_object(gathered, found)
    return [one for of_rank in gathered for one in of_rank]
