"""The file that docs give for a device without PyTorch."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("onnxscript")

from action_rec.export.comparison import moving_bodies
from action_rec.onnx_file.engine import OnnxEngine
from tests.export.networks import CASES, export_to, trained

CLIENT = Path(__file__).parents[2] / "docs" / "onnx_client.py"
_WITHOUT_TORCH = """
import runpy, sys
sys.modules["torch"] = sys.modules["action_rec"] = None  # importing one of them fails
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def client(*words: object, given: str = "") -> list[dict[str, object]]:
    """Run the client where PyTorch cannot be imported; return the lines that it prints."""
    run = subprocess.run(
        [sys.executable, "-c", _WITHOUT_TORCH, str(CLIENT), *map(str, words)],
        input=given,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return [json.loads(line) for line in run.stdout.splitlines()]


@pytest.fixture(scope="module")
def step(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("step") / "step.onnx"
    return export_to(path, trained(CASES["residual"]), "step").path


def test_a_device_without_pytorch_prints_the_same_labels(step: Path, tmp_path: Path) -> None:
    engine = OnnxEngine(step)
    frames = moving_bodies(30, engine.frame_shape, 0.4)
    states = [np.zeros((1, size), np.float32) for size in engine.state_sizes]
    expected = []
    for frame in frames:
        probabilities, states = engine.step(frame[None], states)
        expected.append(engine.class_names[int(probabilities.argmax())])
    np.save(tmp_path / "it.npy", frames)
    assert [line["label"] for line in client(step, tmp_path / "it.npy")] == expected
    lines = [
        json.dumps({"bodies": {str(k): joints.tolist() for k, joints in enumerate(frame)}})
        for frame in frames
    ]
    lines[3] = json.dumps({"bodies": {}})
    found = [line["label"] for line in client(step, "-", given="\n".join(lines))]
    assert found[3] is None
    assert found[:3] == expected[:3]


def test_a_skeleton_file(step: Path, real_recordings: Path) -> None:
    lines = client(step, real_recordings / "S001C001P001R001A050.skeleton")
    assert len(lines) == 74
    assert {line["label"] for line in lines} <= {"sit down", "stand up", "wave", "clap"}


def test_the_client_is_short() -> None:
    assert len(CLIENT.read_text(encoding="utf-8").splitlines()) < 150
