"""Test the plots of `compare` and `gradients` and their CSV files."""

import csv
from pathlib import Path

import pytest
import torch

from action_rec.errors import InputError
from action_rec.long_memory import SequenceNetwork
from action_rec.long_memory.cli import main
from action_rec.long_memory.compare import compare, downsampled
from action_rec.long_memory.gradients import gradient_at_start, gradients
from action_rec.models.encoders import Encoder, StackedEncoder
from action_rec.models.layers import LayerOptions
from action_rec.models.recurrences import IndRNN


def one_neuron(num_inputs: int, options: LayerOptions) -> Encoder:
    return StackedEncoder(num_inputs, options, 1, 1)


def run_folder(folder: Path, columns: str, *rows: str) -> Path:
    folder.mkdir()
    (folder / "metrics.csv").write_text("\n".join((columns, *rows)) + "\n")
    return folder


def test_gradient_computed_by_hand() -> None:
    # y = 3 h_T with h_t = relu(2 x_t + u h_(t-1)): dy / dx_0 = 3 * 2 * u^(T-1).
    network = SequenceNetwork(1, 1, 5, one_neuron)
    with torch.no_grad():
        network.head.weight.fill_(3)
        for module in network.modules():
            if isinstance(module, IndRNN):
                module.u.fill_(0.5)
        linear = network.encoder.layers[0].linear  # type: ignore[index,union-attr]
        linear.weight.fill_(2)
    for steps in (1, 2, 5):
        expected = 6 * 0.5 ** (steps - 1)
        assert gradient_at_start(network, torch.ones(4, steps, 1)) == pytest.approx(expected)


def test_gradients_writes_picture_and_csv(tmp_path: Path) -> None:
    gradients(tmp_path / "g.png", seeds=1, longest=50)
    assert (tmp_path / "g.png").stat().st_size > 10_000
    with (tmp_path / "g.csv").open() as file:
        rows = list(csv.DictReader(file))
    last = {r["layer"]: float(r["relative gradient"]) for r in rows if r["steps"] == "50"}
    first = {float(r["relative gradient"]) for r in rows if r["steps"] == "1"}
    assert len(last) == 9
    assert first == {1.0}
    assert last["IRNN, 0.01 identity"] < 1e-20
    assert last["ReLU RNN, random, too large"] > 100
    assert 1e-2 < last["IndRNN, |u| <= 2^(1/T)"] < 100


def test_compare_writes_the_curves_of_two_runs(tmp_path: Path) -> None:
    columns = "epoch,step,train/loss,val/loss,val/baseline"
    first = run_folder(tmp_path / "a", columns, "0,9,0.5,,", "0,9,,0.25,0.16", "1,19,,0.2,0.16")
    second = run_folder(tmp_path / "lr=1", columns, "0,9,0.6,,", "0,9,,0.3,0.16")
    compare([f"T = 1={first}", str(second)], tmp_path / "c.png", title="title")
    with (tmp_path / "c.csv").open() as file:
        rows = [tuple(row.values()) for row in csv.DictReader(file)]
    assert ("T = 1", "val/loss", "19", "0.2") in rows
    assert (str(second), "train/loss", "9", "0.6") in rows
    assert ("T = 1", "val/baseline", "9", "0.16") in rows
    assert len(rows) == 2 + 3 + 3


def test_downsampling_takes_means_of_consecutive_points() -> None:
    curve = [(step, float(step)) for step in range(6)]
    assert downsampled(curve, 3) == [(0, 0.5), (2, 2.5), (4, 4.5)]
    assert downsampled(curve, 6) == curve


def test_runs_that_cannot_be_plotted_raise(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    loss = run_folder(tmp_path / "a", "step,val/loss", "1,2")
    bits = run_folder(tmp_path / "b", "step,val/bits", "1,2")
    with pytest.raises(InputError, match="no val metric in common"):
        compare([str(loss), str(bits)], tmp_path / "c.png")
    with pytest.raises(InputError, match="two runs have the same name"):
        compare([str(loss), str(loss)], tmp_path / "c.png")
    with pytest.raises(InputError, match=r"must end in \.png, \.pdf or \.svg"):
        compare([str(loss)], bits)
    assert main(["compare", str(tmp_path), str(tmp_path / "c.png")]) == 2
    assert "has no metrics.csv" in capsys.readouterr().err
    assert main(["gradients", str(tmp_path / "g.png"), "--seeds", "0"]) == 2
    assert "--seeds must be at least 1" in capsys.readouterr().err
