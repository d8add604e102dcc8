"""Scores of a network, their metrics, and the report on them."""
