"""Read, build, write and save checkpoints, and resume runs from them."""
