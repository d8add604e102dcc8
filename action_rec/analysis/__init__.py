"""Commands on finished runs: ensembles, seeds, curves, attention, early recognition, weights."""
