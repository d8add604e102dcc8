"""Imports run one way through the rooms, and heavy libraries stay out of the rooms below."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MODULES = sorted(
    path for part in ("action_rec", "data_prep") for path in (ROOT / part).rglob("*.py")
)

# Each room, from the lowest, and the rooms that it may import; `errors` is open to all.
ROOMS: dict[str, set[str]] = {
    "action_rec/errors": set(),
    "action_rec/batch": set(),
    "action_rec/memory": set(),
    "action_rec/console": set(),
    "action_rec/ops": set(),
    "action_rec/models": {"memory", "ops"},
    "action_rec/skeletons": set(),
    "action_rec/store": {"skeletons"},
    "action_rec/drawing": {"skeletons", "store"},
    "action_rec/data": {"batch", "memory", "skeletons", "store"},
    "action_rec/training": {"console"},
    "action_rec/recognizer": {"batch", "training"},
    "action_rec/checkpoints": {
        *("batch", "console", "data", "models", "recognizer", "skeletons", "store", "training"),
    },
}
BELOW_EVALUATION = {
    *("batch", "checkpoints", "console", "data", "models", "recognizer", "skeletons", "store"),
    "training",
}
ROOMS |= {
    "action_rec/evaluation": BELOW_EVALUATION,
    "action_rec/analysis": {*BELOW_EVALUATION, "evaluation"},
    "action_rec/onnx_file": {*BELOW_EVALUATION, "memory"},
    "action_rec/prediction": {*BELOW_EVALUATION, "drawing", "evaluation", "onnx_file"},
    "action_rec/live": {*BELOW_EVALUATION, "evaluation", "onnx_file", "ops", "prediction"},
    "action_rec/export": {*BELOW_EVALUATION, "live", "onnx_file", "ops"},
    "action_rec/report": {*BELOW_EVALUATION, "drawing", "evaluation", "analysis"},
    "action_rec/cli": {
        *BELOW_EVALUATION,
        *("evaluation", "analysis", "export", "prediction", "live", "report"),
    },
    "action_rec/__main__": {"cli", "console"},
    "action_rec/__init__": set(),
    "action_rec/long_memory": {*BELOW_EVALUATION, "evaluation", "analysis", "cli"},
    "data_prep": {"console", "drawing", "skeletons", "store"},
}

# Libraries that a room must not import: h5py if not said otherwise; wandb is in configs only, but
# for a page as a panel, which no logger of Lightning makes.
HEAVY = {"torch", "lightning", "h5py"}
LIBRARIES = {
    "action_rec/console": HEAVY,
    "action_rec/ops": {"lightning", "h5py"},
    "action_rec/models": {"lightning", "h5py"},
    "action_rec/skeletons": HEAVY,
    "action_rec/store": HEAVY - {"h5py"},
    "action_rec/drawing": HEAVY,
    "data_prep": HEAVY,
}


def imported(path: Path) -> Iterator[str]:
    """The dotted names that a module imports."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def room_of(path: Path) -> str:
    place = path.relative_to(ROOT).with_suffix("").as_posix()
    return next(room for room in ROOMS if place == room or place.startswith(f"{room}/"))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_run_one_way(path: Path) -> None:
    room = room_of(path)
    own = room.replace("/", ".")
    allowed = {own, *(f"action_rec.{name}" for name in {"errors", "__version__"} | ROOMS[room])}
    for name in imported(path):
        package = name.split(".")[0]
        if package in ("action_rec", "data_prep"):
            assert any(name == a or name.startswith(f"{a}.") for a in allowed), name
        if (path.name, name) != ("callback.py", "wandb.Html"):
            assert package not in {"wandb", *LIBRARIES.get(room, {"h5py"})}, name
