"""Run the command line."""

import sys

from action_rec.cli import main

if __name__ == "__main__":
    sys.exit(main())
