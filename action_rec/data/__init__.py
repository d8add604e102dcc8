"""Facts of the data sets, the recordings, the store and what feeds them to a network."""
