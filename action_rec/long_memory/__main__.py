"""Run the command line of the long-memory tasks."""

from collections.abc import Callable

from action_rec.console.interrupts import run_program


def _load() -> Callable[[], int]:
    from action_rec.long_memory.cli import main

    return main


if __name__ == "__main__":
    run_program(_load)
