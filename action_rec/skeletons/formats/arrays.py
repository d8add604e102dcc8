"""Read `.npy` arrays, and say which axes they seem to have if they are not (T, M, V, C)."""

import warnings
from itertools import permutations
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from action_rec.errors import InputError
from action_rec.skeletons.joint_sets import JointSet

MAX_POSES = 2_000_000  # of a recording: 18 hours of one body at 30 frames per second
_MAX_BODIES = 50
_AXES = {"T": "frames", "M": "bodies", "V": "joints", "C": "coordinates"}


def read_npy(path: Path, joint_set: JointSet, scores: bool = False) -> NDArray[np.float64]:
    """Read (T, V, C) or (T, M, V, C) as (T, M, V, C).

    Args:
        path: The file.
        joint_set: The joints that it should have, to recognize axes in another order.
        scores: Whether C includes a score.

    Raises:
        InputError: It is not such an array of numbers, or its axes are in another order.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about headers of other versions of NumPy
            # Mapping fails for a header that claims more data than the file holds.
            array = np.lib.format.open_memmap(path, mode="r")
    except OSError as error:
        raise InputError(f"file '{path}' cannot be read ({error.strerror}); check it") from None
    except Exception as error:
        # NumPy does not document its errors for damaged headers; all of them mean a bad file.
        raise InputError(
            f"file '{path}' is not a .npy file of numbers ({error}); save it with numpy.save"
        ) from None
    if array.dtype.kind not in "fiu" or array.ndim not in (3, 4):
        raise InputError(
            f"file '{path}' holds {array.dtype} {array.shape}; needed are numbers (frames, joints, "
            "coordinates) or (frames, bodies, joints, coordinates)"
        )
    _check_axes(path, array.shape, len(joint_set.joints), 1 if scores else 0)
    if array.size > MAX_POSES * len(joint_set.joints) * 3:
        raise InputError(
            f"file '{path}' holds {array.shape}, more than the {MAX_POSES:,} poses that a "
            "recording can have; cut it into recordings"
        )
    recorded = array.astype(np.float64)
    return recorded if array.ndim == 4 else recorded[:, None]


def _check_axes(path: Path, shape: tuple[int, ...], joints: int, extra: int) -> None:
    """Check the order of the axes, where only one other order has the joints of the joint set."""
    needed = "TVC" if len(shape) == 3 else "TMVC"
    if _fits(needed, needed, shape, joints, extra):
        return
    orders = ["".join(order) for order in permutations(needed)]
    fitting = [order for order in orders if _fits(order, needed, shape, joints, extra)]
    # Of axes that could be both, there are more frames than bodies.
    sizes = [dict(zip(order, shape, strict=True)) for order in fitting]
    if len(fitting) > 1 and "M" in needed:
        fitting = [
            order for order, size in zip(fitting, sizes, strict=True) if size["T"] >= size["M"]
        ]
    if len(fitting) == 1:
        (order,) = fitting
        axes = tuple(order.index(axis) for axis in needed)
        raise InputError(
            f"file '{path}' holds {shape}, which are ({_named(order)}), but needed are "
            f"({_named(needed)}); save numpy.transpose(array, {axes})"
        )


def _fits(order: str, needed: str, shape: tuple[int, ...], joints: int, extra: int) -> bool:
    size = dict(zip(order, shape, strict=True))
    bodies = size.get("M", 1)
    crowd = bodies > _MAX_BODIES and (order != needed or bodies > size["T"])
    return size["V"] == joints and size["C"] - extra in (2, 3) and not crowd


def _named(order: str) -> str:
    return ", ".join(_AXES[axis] for axis in order)
