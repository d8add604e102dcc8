"""Parsers of raw recordings, joint sets, data set constants, selection of people (NumPy only)."""
