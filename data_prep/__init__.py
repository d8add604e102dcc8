"""Data preparation: convert recordings into a store, inspect stores, synthesize recordings."""
