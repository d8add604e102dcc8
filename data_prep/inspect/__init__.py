"""Inspection of stores: counts, checks, statistics, completeness and a figure."""
