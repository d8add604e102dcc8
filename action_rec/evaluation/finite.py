"""Refuse weights and logits that are infinite or NaN: nothing can be measured with them."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

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


def check_finite_weights(weights: Mapping[str, Tensor], where: object) -> None:
    """Refuse weights that are not finite.

    Args:
        weights: By name.
        where: What holds them, for the message.

    Raises:
        InputError: One is infinite or NaN.
    """
    for name, weight in weights.items():
        if not weight.isfinite().all():
            raise InputError(
                f"{where} has values that are infinite or NaN in {name}; give a checkpoint of an "
                "earlier step, and look for coordinates that are NaN or too large in the recordings"
            )
