"""Raw recordings to people: joint sets, facts of data sets, parsers, people rules (NumPy only)."""
