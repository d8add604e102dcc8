"""Print several results files as one table, with mean and deviation of repeated runs."""

import json
from pathlib import Path
from typing import Any

from action_rec.errors import InputError
from action_rec.evaluation.tables import (
    ACCURACY_HEADINGS,
    print_results,
    print_table,
    spread_cells,
    title,
)

_NEEDED = ("network", "benchmark", "split", "sequences", "clips", "selection", *ACCURACY_HEADINGS)
# Facts that are equal in results that are averaged.
_GROUP = ("network", "parameters", "dataset", "benchmark", "split", "sequences", "clips", "format")


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
        groups.setdefault(tuple(str(result.get(key)) for key in _GROUP), []).append(result)
    repeated = {key: group for key, group in groups.items() if len(group) > 1}
    if repeated:
        rows = [
            [f"{title(group[0])}, {key[3]}, {key[4]}", str(len(group)), *spread_cells(group)]
            for key, group in repeated.items()
        ]
        headings = ["network", "runs", *ACCURACY_HEADINGS.values()]
        print_table("mean ± sample standard deviation", headings, rows)
    for path, result in zip(paths, read, strict=True):
        print(f"{title(result)}: {path}, from {result['checkpoint']}")
    print("\n".join(dict.fromkeys(str(result["selection"]) for result in read)))


def read_results(path: Path) -> dict[str, Any]:
    """Read a results file.

    Raises:
        InputError: The file is not a results file.
    """
    try:
        result: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        [result[key] for key in (*_NEEDED, "checkpoint")]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{path} cannot be read as a results file ({error}); give the .json files that "
            "'python -m action_rec test' wrote"
        ) from error
    return result
