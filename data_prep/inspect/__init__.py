"""What a store holds: counts, checks, statistics, completeness and a picture."""
