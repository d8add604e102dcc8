"""Imports run one way through the house, and wandb appears in configs only."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MODULES = sorted(
    path for part in ("action_rec", "data_prep") for path in (ROOT / part).rglob("*.py")
)

# Rooms that nothing below them may import.
OUTER = {"action_rec.long_memory", "action_rec.prediction", "data_prep", "wandb"}
ABOVE_STORE = {"action_rec.data", "action_rec.models", "action_rec.recognizer", *OUTER}

# What the modules of a room (the longest matching path) must not import.
FORBIDDEN = {
    "action_rec/ops": {"lightning", "h5py", "action_rec.data", "action_rec.models", *OUTER},
    "action_rec/models": {"lightning", "h5py", "action_rec.data", *OUTER},
    "action_rec/skeletons": {"torch", "lightning", "h5py", "action_rec.store", *ABOVE_STORE},
    "action_rec/store": {"torch", "lightning", *ABOVE_STORE},
    "action_rec/data": {"h5py", "action_rec.models", "action_rec.recognizer", *OUTER},
    "action_rec/evaluation": {"h5py", *OUTER},
    "action_rec": {"data_prep", "h5py", "wandb"},
    "data_prep": {"torch", "lightning", "action_rec.models", "action_rec.recognizer", "wandb"},
}


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_run_one_way(path: Path) -> None:
    place = path.relative_to(ROOT).as_posix()
    room = max((room for room in FORBIDDEN if place.startswith(f"{room}/")), key=len)
    names = list(imported(path))
    wrong = [n for n in names for f in FORBIDDEN[room] if n == f or n.startswith(f"{f}.")]
    assert not wrong
