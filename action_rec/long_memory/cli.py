"""The command line ``python -m action_rec.long_memory``, whose commands are in `commands`."""

import sys
from collections.abc import Sequence

from action_rec.console.exit_status import exit_status


def main(args: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status.

    Args:
        args: The words after ``python -m action_rec.long_memory``; None takes them from the
            process.

    Returns:
        0; 2 after a user error, reported in one sentence on stderr; 130 after Ctrl-C.
    """
    words = list(sys.argv[1:] if args is None else args)
    return exit_status(lambda: _run(words))


def _run(words: Sequence[str]) -> None:
    # Imported here so that Ctrl-C shows no traceback while libraries are loaded.
    from action_rec.cli.libraries import ignore_library_messages
    from action_rec.console.moved import accept_moved_modules
    from action_rec.long_memory.commands import PROGRAM

    ignore_library_messages()
    accept_moved_modules()
    PROGRAM.run(words)
