"""Numbers in parsed JSON, checked: what a file calls coordinates may be anything."""

import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from action_rec.errors import InputError


def parse_json(data: bytes, file: str) -> Any:  # noqa: ANN401 (whatever the file holds)
    """Parse JSON in UTF-8, UTF-16 or UTF-32.

    Raises:
        InputError: It is not JSON.
    """
    try:
        return json.loads(data)
    # json raises the errors of decoding and of numbers, too.
    except (ValueError, RecursionError) as error:
        reason = " ".join(str(error).split())
        raise InputError(
            f"file '{file}' is not JSON ({reason:.150}); write or copy it again"
        ) from None


def numbers(value: object, where: str) -> NDArray[np.float64]:
    """A list of numbers or nested lists of one shape; null is not a number.

    Args:
        value: What was parsed.
        where: The place, for messages.

    Raises:
        InputError: It is anything else.
    """
    try:
        if isinstance(value, list):
            found = np.array(value)
            if found.dtype.kind in "iuf":
                return found.astype(np.float64)
            if found.dtype == object and _only_numbers(found):
                return found.astype(np.float64)
    except (ValueError, TypeError, OverflowError):
        pass  # lists of several lengths, or a whole number beyond every float
    raise InputError(f"{where} is {value!r:.60}, where a list of numbers is needed; correct it")


def _only_numbers(found: NDArray[Any]) -> bool:
    return all(one is None or type(one) in (int, float) for one in found.flat)


def number(value: object, where: str) -> float:
    """A number; null is not a number (NaN).

    Raises:
        InputError: It is anything else.
    """
    if value is None:
        return float("nan")
    try:
        if type(value) in (int, float):
            return float(value)  # type: ignore[arg-type]
    except OverflowError:
        pass  # a whole number beyond every float
    raise InputError(f"{where} is {value!r:.60}, where a number is needed; correct it")


def whole_number(value: object) -> int | None:
    """A whole number, also as 3.0, [3] or [[3.0], [3.0]] as AlphaPose writes it; else None."""
    while isinstance(value, list) and value:
        value = value[0]
    if type(value) is int:
        return value
    return int(value) if type(value) is float and value.is_integer() else None
