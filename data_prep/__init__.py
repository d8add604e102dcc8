"""Preparing data: from recordings to a store, and recordings made up for trying things out."""
