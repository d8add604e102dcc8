"""Benchmarks of speed and memory; modules with a `main` are commands."""
