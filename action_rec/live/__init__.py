"""Recognition frame by frame: a network that goes on from its state."""
