"""The batch type of the long-memory tasks."""

from typing import NamedTuple

from torch import Tensor


class SequenceBatch(NamedTuple):
    """B sequences, or chunks of sequences.

    Attributes:
        inputs: Values (B, T, C) or symbols (B, T).
        targets: A number or class per sequence (B,), the symbol that follows each step (B, T), or
            the class of each step (B, T).
        lengths: int64 (B,) steps of each sequence, from 1 to T, before padding; None if all have T.
    """

    inputs: Tensor
    targets: Tensor
    lengths: Tensor | None = None
