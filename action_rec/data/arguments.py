"""Checks of the arguments of the data module, and against those of a checkpoint."""

import os
from typing import Any

from action_rec.errors import InputError
from action_rec.store.reader import Store

_MOST_WORKERS = 32  # on a machine with fewer cores


def only_benchmark(store: Store) -> str:
    """Return the only benchmark of a store.

    Raises:
        InputError: It has none or several.
    """
    if len(store.benchmarks) == 1:
        return str(next(iter(store.benchmarks)))
    known = ", ".join(sorted(store.benchmarks)) or "none, add one to the store"
    raise InputError(
        f"{store.path} has {len(store.benchmarks)} benchmarks; choose one with --data.benchmark: "
        f"{known}"
    )


def check_equal(config: dict[str, Any], checkpoint: dict[str, Any], consequence: str) -> None:
    """Check that a checkpoint has the values of a config.

    Args:
        config: What the config says.
        checkpoint: What the checkpoint says.
        consequence: What would happen, for the message.

    Raises:
        InputError: A key of the config has another value in the checkpoint.
    """
    for key, value in config.items():
        if (trained := checkpoint.get(key)) != value:
            option = {"share": "test_share"}.get(key, key)
            remedy = str(trained).replace("'", "")
            raise InputError(
                f"the checkpoint was trained with {key} {trained!r}, but the config has {value!r}, "
                f"so that {consequence}; use --data.{option} {remedy}"
            )


def check_loading(batch_size: int, num_workers: int, seed: int, split_seed: int) -> None:
    """Check the numbers of a loader.

    Raises:
        InputError: One is out of range.
    """
    check_positive(batch_size=batch_size)
    if num_workers < 0:
        raise InputError(f"num_workers must be at least 0, got {num_workers}")
    most = max(_MOST_WORKERS, os.cpu_count() or 1)  # each process loads torch
    if num_workers > most:
        raise InputError(f"num_workers must be at most {most} on this machine, got {num_workers}")
    if seed < 0 or split_seed < 0:
        raise InputError(f"seed and split_seed must be at least 0, got {seed} and {split_seed}")


def check_positive(**numbers: int) -> None:
    """Check that numbers are at least 1.

    Raises:
        InputError: One is not.
    """
    for name, number in numbers.items():
        if number < 1:
            raise InputError(f"{name} must be at least 1, got {number}")


def check_without_frames(
    sampling: str, steps: tuple[int, int] | None, joined: int, step: int
) -> None:
    """Check that nothing is set that only consecutive frames have.

    Raises:
        InputError: A step or a number of joined recordings is given.
    """
    for name, given in (
        ("frame_step", step != 1),
        ("train_frame_step", steps is not None),
        ("join_recordings", joined != 0),
    ):
        if given:
            raise InputError(
                f"{name} is for consecutive frames, but sampling is '{sampling}'; use "
                "--data.sampling frames or leave it out"
            )
