"""Checkpoints: read as data, written atomically, saved in time, resumed from."""
