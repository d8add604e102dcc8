"""Runs the command line."""

import sys


def run() -> int:
    """Run the command line; Ctrl-C ends it without a traceback, also while it is being loaded."""
    try:
        from action_rec.cli import main

        return main()
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(run())
