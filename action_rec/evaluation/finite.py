"""Find sequences whose logits are infinite or NaN: no class can be named for them."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from action_rec.errors import InputError


def finite_rows(logits: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return which sequences of (N, ...) have finite logits only, (N,)."""
    rows = tuple(range(1, logits.ndim))
    return np.asarray(np.isfinite(logits).all(axis=rows), dtype=np.bool_)


def check_finite(names: Sequence[str], count: int) -> None:
    """Refuse sequences whose logits are not finite.

    Args:
        names: Their names.
        count: Number of all sequences.

    Raises:
        InputError: There is one.
    """
    if names:
        raise InputError(
            f"{len(names):,} of {count:,} sequences have logits that are infinite or NaN, the "
            f"first is {min(names)}: no class can be named for them; look for weights that are NaN "
            "in the checkpoint, and for coordinates that are NaN or too large in the recordings"
        )
