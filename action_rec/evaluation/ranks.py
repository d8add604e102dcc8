"""Gather the results of all ranks of an evaluation."""

from typing import TypeVar

from torch import distributed

Item = TypeVar("Item")


def gather_lists(items: list[Item]) -> list[Item]:
    """Return the concatenated `items` of all ranks, on every rank.

    It is a collective operation: all ranks must call it.
    """
    if not (distributed.is_available() and distributed.is_initialized()):
        return items
    by_rank: list[list[Item]] = [[] for _ in range(distributed.get_world_size())]
    distributed.all_gather_object(by_rank, items)
    return [item for rank in by_rank for item in rank]
