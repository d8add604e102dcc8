"""Print several results files as one table, with mean and deviation of repeated runs."""

import json
from pathlib import Path
from typing import Any

from action_rec.console.text import printable
from action_rec.errors import InputError
from action_rec.evaluation.scores import check_metadata
from action_rec.evaluation.tables import (
    ACCURACY_HEADINGS,
    print_results,
    print_table,
    spread_cells,
    title,
)

_NEEDED = ("network", "benchmark", "split", "sequences", "clips", "selection", *ACCURACY_HEADINGS)
# Facts that are equal in results that are averaged.
GROUP = ("network", "parameters", "dataset", "benchmark", "split", "sequences", "clips", "format")


def results(paths: list[Path]) -> None:
    """Print several results files as one table, with mean and deviation of repeated runs.

    Args:
        paths: The .json files that `test` wrote.

    Raises:
        InputError: A file is not a results file.
    """
    read = [read_results(path) for path in paths]
    print_results(read)
    groups: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for result in read:
        groups.setdefault(tuple(str(result.get(key)) for key in GROUP), []).append(result)
    repeated = {key: group for key, group in groups.items() if len(group) > 1}
    if repeated:
        rows = [
            [f"{title(group[0])}, {key[3]}, {key[4]}", str(len(group)), *spread_cells(group)]
            for key, group in repeated.items()
        ]
        headings = ["network", "runs", *ACCURACY_HEADINGS.values()]
        print_table("mean ± sample standard deviation", headings, rows)
    for path, result in zip(paths, read, strict=True):
        print(printable(f"{title(result)}: {path}, from {result['checkpoint']}"))
    print("\n".join(dict.fromkeys(printable(str(result["selection"])) for result in read)))


def read_results(path: Path) -> dict[str, Any]:
    """Read a results file.

    Raises:
        InputError: The file is not a results file.
    """
    try:
        result: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        _check(result)
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(
            f"{path} cannot be read as a results file ({error}); give the .json files that "
            "'python -m action_rec test' wrote"
        ) from error
    return result


def _check(result: Any) -> None:  # noqa: ANN401 (whatever a file contains)
    """Check what is printed of a results file."""
    check_metadata(result, (*_NEEDED, "checkpoint"))
    for key in ("sequences", "parameters"):
        value = result.get(key, 0 if key == "parameters" else None)
        if value is not None and not _is_number(value, int):
            raise ValueError(f"{key} must be an integer")
    if result["sequences"] is None or not isinstance(result["checkpoint"], str):
        raise ValueError("sequences must be an integer and checkpoint a text")
    _check_accuracies(result)
    for key in ("one_clip", "without_copies"):
        if key in result:
            _check_accuracies(result[key])
    if "without_copies" in result and not _is_number(
        result["without_copies"].get("sequences"), int
    ):
        raise ValueError("sequences without copies must be an integer")


def _check_accuracies(values: Any) -> None:  # noqa: ANN401
    """Check that the accuracies of a results file are numbers from 0 to 1."""
    if not isinstance(values, dict):
        raise ValueError("the accuracies are no mapping")
    for key in ACCURACY_HEADINGS:
        value = values.get(key)
        if value is None or not _is_number(value, float) or not 0 <= value <= 1:
            raise ValueError(f"{key} must be a number from 0 to 1")


def _is_number(value: Any, kind: type) -> bool:  # noqa: ANN401
    numbers = (int,) if kind is int else (int, float)
    return isinstance(value, numbers) and not isinstance(value, bool)
