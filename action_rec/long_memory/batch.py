"""The batch type of the long-memory tasks."""

from typing import NamedTuple

from torch import Tensor


class SequenceBatch(NamedTuple):
    """B sequences, or chunks of sequences.

    Attributes:
        inputs: Values (B, T, C) or symbols (B, T).
        targets: A number or class per sequence (B,), or the symbol that follows each step (B, T).
    """

    inputs: Tensor
    targets: Tensor
