"""Recordings to a store: in parallel, resumable, written atomically."""
