"""Exported graphs give the probabilities of PyTorch, and PyTorch's own export takes the step."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch

from action_rec.checkpoints.trained import Trained
from action_rec.live.step import StepNetwork
from action_rec.models import IndRNN, StackedIndRNN

pytest.importorskip("onnxscript")

from action_rec.export.comparison import largest_difference, moving_bodies
from action_rec.export.graph import build_step
from action_rec.onnx_file.facts import Format
from action_rec.onnx_file.opening import OnnxModel
from tests.export.networks import CASES, Case, export_to, real_frames, trained
from tests.live.networks import trained_on

_MOST = 1e-5


LATER = ("MinGRU", "LRU", "TCN", "CausalAttention")
INDRNNS = ("stacked", "residual", "dense", "joint graph", "graph", "elu", "prelu")
Exports = Callable[[str, Format], tuple[Trained, OnnxModel]]


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Exports:
    """Exports each network once."""
    folder = tmp_path_factory.mktemp("exported")

    @cache
    def export(name: str, format: Format) -> tuple[Trained, OnnxModel]:
        one = trained(CASES[name])
        return one, export_to(folder / f"{name} {format}.onnx", one, format)

    return export


every_case = pytest.mark.parametrize(
    ("name", "format"),
    [
        *((name, format) for name in INDRNNS for format in ("step", "clip")),
        *(("LSTM", "clip"), ("GRU", "step")),
        *((name, "step") for name in LATER),
        *(("LRU", "clip"), ("CausalAttention", "clip")),
    ],
)


@every_case
def test_an_exported_graph_gives_the_probabilities_of_pytorch(
    name: str, format: Format, exported: Exports
) -> None:
    one, model = exported(name, format)
    # A layer that is a loop in Python is written for clips of one length.
    assert model.clip_len == (20 if name not in INDRNNS and format == "clip" else None)
    moving = moving_bodies(model.clip_len or 40, model.facts.frame_shape, 0.4)
    # The exporter saw zeros: a branch on values would be fixed by them.
    moving[5:8] = 0
    moving[10:, :, 3] = 0
    assert largest_difference(one, model, moving) < _MOST


@every_case
def test_real_recordings(
    name: str, format: Format, exported: Exports, real_recordings: Path
) -> None:
    one, model = exported(name, format)
    for recording in ("S001C001P001R001A001", "S001C001P001R001A050"):
        frames = real_frames(real_recordings / f"{recording}.skeleton", CASES[name].bodies)
        assert largest_difference(one, model, frames[: model.clip_len]) < _MOST


def test_the_clip_of_a_network_that_needs_all_of_it(tmp_path: Path) -> None:
    shape = (2, 25, 3)
    case = Case(
        lambda shape, n: StackedIndRNN(
            4,
            shape,
            hidden_size=n,
            num_layers=2,
            bidirectional=True,
            readout="attention",
            recurrence=lambda inputs, size: IndRNN(inputs, size, activation="tanh"),
        )
    )
    source = trained(case).source
    one = trained_on(case.build(shape, 16), shape, source=source, normalize="clip")
    model = export_to(tmp_path / "it.onnx", one, "clip")
    for frames in (2, 33):
        moving = moving_bodies(frames, shape, 0.4)
        assert largest_difference(one, model, moving) < _MOST


@pytest.mark.parametrize("name", ["residual", "graph"])
def test_pytorch_exports_the_step(name: str) -> None:
    network = StepNetwork(trained(CASES[name]))
    start = (torch.zeros(1, *network.frame_shape), *network.start())
    program = torch.export.export(network, start)
    frame = torch.from_numpy(moving_bodies(1, network.frame_shape, 0.4))
    with torch.inference_mode():
        ours, theirs = network(frame, *start[1:]), program.module()(frame, *start[1:])
    for one, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(one, other)


def test_a_step_has_no_control_flow_and_no_trace_of_this_machine() -> None:
    model, facts = build_step(trained(CASES["residual"]), "fp16")
    kinds = {node.op_type for node in model.graph.node}
    assert not kinds & {"If", "Loop", "Scan", "BatchNormalization"}
    assert str(Path(__file__).parents[2]).encode() not in model.SerializeToString()
    assert {one.key for one in model.metadata_props} == set(facts.metadata())


def test_half_precision_halves_the_file_and_keeps_recurrent_weights(tmp_path: Path) -> None:
    one = trained(CASES["stacked"], width=64)
    whole = export_to(tmp_path / "whole.onnx", one, "step")
    half = export_to(tmp_path / "half.onnx", one, "step", "fp16")
    assert half.path.stat().st_size < 0.65 * whole.path.stat().st_size
    frames = moving_bodies(30, whole.facts.frame_shape, 0.4)
    assert 1e-6 < largest_difference(one, half, frames) < 0.01
    states = {state["name"]: np.ones(state["shape"], np.float32) for state in half.facts.states}
    for model in (whole, half):  # u times the state, where the input is what nobody gives
        assert np.isfinite(model.run({"frame": frames[:1], **states})[1]).all()
