"""What the data of a long-memory task hands to the learner."""

from typing import NamedTuple

from torch import Tensor


class SequenceBatch(NamedTuple):
    """B sequences, or pieces of sequences.

    Attributes:
        inputs: Values (B, T, C) or symbols (B, T).
        targets: A number or a class per sequence (B,), or the symbol after each step (B, T).
    """

    inputs: Tensor
    targets: Tensor
