"""Mapping over several processes."""

import os
from contextlib import closing

import pytest

from action_rec.errors import InputError
from data_prep.convert.parallel import map_in_order, number_of_workers


def square(number: int) -> int:
    """A quick function that a worker process can import."""
    return number * number


def die_at_five(number: int) -> int:
    """Kill the process that is given a five."""
    if number == 5:
        os._exit(1)
    return number


@pytest.mark.parametrize("workers", [1, 2])
def test_results_come_in_order(workers: int) -> None:
    assert list(map_in_order(square, range(50), workers)) == [i * i for i in range(50)]


@pytest.mark.parametrize("workers", [1, 2])
def test_few_items_are_taken_ahead(workers: int) -> None:
    taken = iter(range(10**9))
    with closing(map_in_order(square, taken, workers)) as results:
        assert [next(results) for _ in range(20)] == [i * i for i in range(20)]
    assert next(taken) <= 20 + 8 * workers


def test_the_death_of_a_worker_is_told() -> None:
    with pytest.raises(InputError, match="a worker process died"):
        list(map_in_order(die_at_five, range(10), workers=2))


def test_number_of_workers() -> None:
    assert number_of_workers(3) == 3
    assert number_of_workers(None) >= 1
    with pytest.raises(InputError, match="--workers 0 is not"):
        number_of_workers(0)
