"""The former command line: its commands are now those of ``python -m action_rec``."""

import sys

if __name__ == "__main__":
    words = " ".join(sys.argv[1:]) or "--help"
    print(f"error: this is now 'python -m action_rec {words}'", file=sys.stderr)
    sys.exit(2)
