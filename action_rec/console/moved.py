"""Class paths of earlier versions, as config.yaml files and checkpoints hold them."""

import sys
from importlib import import_module

# Modules whose classes can be named in a config, by their path in version 0.1.0.
_MOVED = {
    "action_rec.callbacks": "action_rec.training.callbacks",
    "action_rec.evaluation.norm": "action_rec.analysis.precise_bn",
    "action_rec.models.rivals": "action_rec.models.baselines",
    "action_rec.saving": "action_rec.checkpoints.saving",
}


def accept_moved_modules() -> None:
    """Let the old paths of modules import the new ones, so that configs of earlier runs work."""
    for old, new in _MOVED.items():
        sys.modules.setdefault(old, import_module(new))
