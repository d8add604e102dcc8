"""The command line: ``python -m data_prep COMMAND``."""

import sys
from collections.abc import Sequence

from action_rec.console.exit_status import exit_status
from action_rec.console.interrupts import run_program


def main(args: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status.

    Args:
        args: The words after ``python -m data_prep``; None takes them from the process.

    Returns:
        0; 2 after a user error, reported in one sentence on stderr; 130 after Ctrl-C.
    """
    words = list(sys.argv[1:] if args is None else args)
    return exit_status(
        lambda: _run(words),
        interrupted="interrupted: run the same command again; every conversion continues",
    )


def _run(words: Sequence[str]) -> None:
    # Every worker process imports this module: what only the parent needs is imported here.
    from action_rec.console.program import Program
    from data_prep.inspect.info import info
    from data_prep.sources.folder import folder
    from data_prep.sources.ntu import ntu
    from data_prep.sources.nw_ucla import nw_ucla
    from data_prep.sources.pickles import pickle
    from data_prep.synthesis.command import synthesize

    Program(
        name="python -m data_prep",
        about="Convert recordings of skeletons into a store, one HDF5 file per dataset.",
        groups={
            "convert": {"ntu": ntu, "nw_ucla": nw_ucla, "folder": folder, "pickle": pickle},
            "inspect and synthesize": {"info": info, "synthesize": synthesize},
        },
        examples=(
            "python -m data_prep ntu nturgbd_skeletons_s001_to_s017.zip ntu60.h5",
            "python -m data_prep info ntu60.h5 --picture ntu60.png",
        ),
    ).run(words)


if __name__ == "__main__":
    run_program(lambda: main)
