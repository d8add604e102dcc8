"""Questions to finished runs: ensembles, seeds, curves, attention, early recognition, weights."""
