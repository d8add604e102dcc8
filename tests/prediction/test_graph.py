"""The graphs over the joints: what the command prints and draws, and its refusals."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch

from action_rec.cli import main
from action_rec.drawing.skeleton import Bones
from action_rec.prediction.graph_figure import DrawnGraphs, draw_graphs, strongest_edges
from tests.experiment import experiment, into, last
from tests.synthetic import recording

PNG = b"\x89PNG\r\n\x1a\n"
OLD = Path(__file__).parents[1] / "written_by_0_1_0"
HEAD, LEFT_HAND, RIGHT_FOOT = 3, 7, 19


@pytest.fixture(scope="module")
def graph_network(store_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint of a network whose graphs are known.

    The first layer attends from the head to the left hand, the second one from the left hand to the
    right foot; every pose attends to all joints equally.
    """
    folder = tmp_path_factory.mktemp("graph")
    arguments = {"channels": 4, "num_layers": 2}
    features = {"class_path": "action_rec.models.JointGraph", "init_args": arguments}
    words = (
        *experiment(store_path),
        *("--model.network.features", json.dumps(features), "--trainer.max_epochs", "1"),
    )
    assert main(["fit", *words, *into(folder)]) == 0
    content = torch.load(last(folder), weights_only=True)
    state = content["state_dict"]
    for name, value in state.items():
        if "adjacency" in name or "pose.project" in name:
            value.zero_()
    state["network.features.layers.0.mixing.adjacency"][HEAD, LEFT_HAND] = 2
    state["network.features.layers.1.mixing.adjacency"][LEFT_HAND, RIGHT_FOOT] = -3
    content["SkeletonDataModule"]["rules"] = {"name": "sgn"}  # those of raw recordings
    torch.save(content, folder / "known.ckpt")
    return folder / "known.ckpt"


def lines(printed: str) -> list[list[str]]:
    """The cells of the rows of a printed table."""
    rows = [line.strip("│ ").split("│") for line in printed.splitlines() if line.startswith("│")]
    return [[cell.strip() for cell in row] for row in rows]


def test_the_graphs_of_a_sequence_of_a_store(
    graph_network: Path, store_path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["graph", str(store_path), "--ckpt_path", str(graph_network)]
    out = tmp_path / "graph.png"
    assert main([*words, "--out", str(out), "--sequence", "S001C003P003R001A002"]) == 0
    assert out.read_bytes().startswith(PNG)
    printed = capsys.readouterr().out
    rows = lines(printed)
    assert rows[0] == ["learned, layer 1", "head", "left hand", "2.00"]
    assert rows[3] == ["learned, layer 2", "left hand", "right foot", "-3.00"]
    assert "weights of 1.00 to 1.00" in printed


def test_the_graphs_of_a_raw_recording(graph_network: Path, tmp_path: Path) -> None:
    (tmp_path / "S001C001P001R001A001.skeleton").write_bytes(recording(30))
    words = ["graph", str(tmp_path), "--ckpt_path", str(graph_network)]
    assert main([*words, "--out", str(tmp_path / "graph.svg"), "--frames", "2"]) == 0
    drawn = (tmp_path / "graph.svg").read_text()
    assert "<svg" in drawn
    # 2 frames, 2 layers on a skeleton, 2 matrices, 3 colour bars, the attention over time
    assert drawn.count('<g id="axes_') == 10


def known(pose: bool = True) -> DrawnGraphs:
    """Graphs of four joints in a clip of six frames; the second body is there in one half."""
    rng = np.random.default_rng(0)
    positions = rng.uniform(0, 1, (6, 2, 4, 2))
    positions[3:, 1] = np.nan
    learned = np.zeros((3, 4, 4), np.float32)
    learned[2, 1, 3] = -1
    graphs = np.full((6, 2, 4, 4), 0.1, np.float32)
    graphs[..., 0, 2] = 0.7
    bones = Bones(np.array([(1, 0), (2, 1), (3, 2)]), np.zeros(3, np.int64), ("m", "l", "r"))
    return DrawnGraphs(
        "a", tuple("abcd"), bones, np.arange(6), positions, learned, graphs if pose else None
    )


def arrows(figure: Figure, title: str) -> list[Any]:
    """Start and end of the arrows in a panel, each (2, 2)."""
    panel = next(axes for axes in figure.axes if axes.get_title() == title)
    figure.draw_without_rendering()
    paths = [patch.get_path() for patch in panel.patches if isinstance(patch, FancyArrowPatch)]
    return [np.asarray(path.vertices)[[0, 2]] for path in paths]


def test_edges_are_drawn_between_their_joints() -> None:
    drawn = known()
    figure = draw_graphs(drawn, frames=2, edges=1)
    (edge,) = arrows(figure, "layer 3")
    np.testing.assert_allclose(edge, drawn.positions[0, 0, [1, 3]], atol=0.05)
    one, two = arrows(figure, "frame 2")
    np.testing.assert_allclose(one, drawn.positions[1, 0, [0, 2]], atol=0.05)
    np.testing.assert_allclose(two, drawn.positions[1, 1, [0, 2]], atol=0.05)
    assert len(arrows(figure, "frame 5")) == 1  # the second body is not there any more


def test_a_graph_that_a_network_does_not_have_is_not_drawn() -> None:
    titles = [axes.get_title() for axes in draw_graphs(known(pose=False), 2, 1).axes]
    assert titles[0] == "layer 1"
    assert not any("frame" in title for title in titles)


def test_strongest_edges_leave_out_the_diagonal() -> None:
    weights = np.array([[9, -3, 1], [2, 9, 0], [0, 0, 9.0]])
    assert strongest_edges(weights, 3) == [(0, 1), (1, 0), (0, 2)]
    assert len(strongest_edges(weights, 100)) == 6


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--sequence", "S009"], "has no sequence 'S009'; give another --sequence"),
        (["--frames", "0"], "--frames must be from 1 to 8, got 0"),
        (["--edges", "0"], "--edges must be at least 1, got 0"),
        (["--out", "graph.gif"], "graph.gif must end in .png, .pdf or .svg"),
    ],
)
def test_a_mistake_ends_with_one_sentence(
    more: list[str],
    message: str,
    graph_network: Path,
    store_path: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = ["graph", str(store_path), "--ckpt_path", str(graph_network)]
    assert main([*words, "--out", str(tmp_path / "x.png"), *more]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("flat", [True, False])
def test_a_network_without_a_graph_is_refused(
    flat: bool, run: Path, store_path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = (OLD / "store.h5", OLD / "last.ckpt") if flat else (store_path, last(run))
    words = ["graph", str(files[0]), "--ckpt_path", str(files[1])]
    assert main([*words, "--out", str(tmp_path / "x.png")]) == 2
    error = capsys.readouterr().err.strip()
    message = "error: the features FlatFrames have no graph over the joints; use"
    assert error.startswith(message if flat else f"error: the network of {files[1]} has no graph")
    assert "\n" not in error
    assert not (tmp_path / "x.png").exists()
