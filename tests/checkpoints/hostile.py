"""A module that leaves a file behind when it is imported; hostile checkpoints name it."""

import os
from pathlib import Path

if "HOSTILE_MARK" in os.environ:
    Path(os.environ["HOSTILE_MARK"]).touch()


class Network:
    """Stands where a network should be."""
