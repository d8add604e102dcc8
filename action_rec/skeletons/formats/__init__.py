"""Reading recordings of any supported format as joints (T, M, V, C)."""
