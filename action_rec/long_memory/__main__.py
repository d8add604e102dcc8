"""Runs the command line; Ctrl-C ends it without a traceback."""

import sys

from action_rec.long_memory.cli import main

if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        sys.exit(130)
