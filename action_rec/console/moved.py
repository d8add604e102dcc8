"""Map the class paths of earlier versions in config.yaml files and checkpoints to present ones."""

import sys
from importlib import import_module

# Modules whose classes a config can name, by their path in version 0.1.0.
_MOVED = {
    "action_rec.callbacks": "action_rec.training.callbacks",
    "action_rec.evaluation.norm": "action_rec.analysis.precise_bn",
    "action_rec.models.rivals": "action_rec.models.baselines",
    "action_rec.saving": "action_rec.checkpoints.saving",
}


def accept_moved_modules() -> None:
    """Make the former module paths importable, for configs of earlier runs."""
    for old, new in _MOVED.items():
        sys.modules.setdefault(old, import_module(new))
