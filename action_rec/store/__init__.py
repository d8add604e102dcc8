"""The HDF5 file of a data set: its format, a reader, a writer, and splits (docs/store.md)."""
