"""Run the command line of the long-memory tasks."""

import sys

from action_rec.long_memory.cli import main

if __name__ == "__main__":
    sys.exit(main())
