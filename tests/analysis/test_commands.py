"""The commands on results, runs and checkpoints: what they print and write, and their refusals."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import torch

from action_rec.analysis.recurrent_weights import (
    decay_steps,
    read_recurrent_weights,
    read_slopes,
)
from action_rec.cli import main
from tests.experiment import last as checkpoint

PNG = b"\x89PNG\r\n\x1a\n"


def last(run: Path) -> str:
    return str(checkpoint(run))


def test_recurrent_weights_prints_every_layer_and_draws(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["recurrent-weights", last(run), str(tmp_path / "weights.png")]) == 0
    assert (tmp_path / "weights.png").read_bytes().startswith(PNG)
    printed = capsys.readouterr().out
    weights = read_recurrent_weights(Path(last(run)))
    assert len(weights) == 7
    assert all(name in printed for name in weights)
    state = torch.load(last(run), weights_only=True)["state_dict"]
    assert torch.equal(torch.tensor(weights["last"]), state["network.encoder.last.recurrence.u"])


def test_recurrent_weights_prints_and_draws_the_slopes_of_prelu(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plain = tmp_path / "plain.svg"
    assert main(["recurrent-weights", last(run), str(plain)]) == 0
    assert "slope" not in capsys.readouterr().out
    content = torch.load(last(run), weights_only=True)
    for name in [name for name in content["state_dict"] if name.endswith(".u")]:
        slope = torch.linspace(-0.25, 0.75, len(content["state_dict"][name]))
        content["state_dict"][name.removesuffix("u") + "slope"] = slope
    path, picture = tmp_path / "prelu.ckpt", tmp_path / "prelu.svg"
    torch.save(content, path)
    assert main(["recurrent-weights", str(path), str(picture)]) == 0
    printed = capsys.readouterr().out
    assert printed.count("-0.250") == len(read_slopes(path)) == 7
    assert printed.count("0.500") == 7  # the third quartile
    with_slopes, without = (file.read_text().count('<g id="axes_') for file in (picture, plain))
    assert with_slopes - without == 2 * 6  # seven panels in rows of six, the rest empty


def test_decay_is_the_number_of_steps_until_a_tenth_is_left() -> None:
    u = np.array([0.1, -0.1, 0.5, 0.999, 1.0, -1.05, 0.0], dtype=np.float32)
    steps = decay_steps(u)
    np.testing.assert_allclose(steps[:3], [1, 1, 3.3219], rtol=1e-4)
    assert steps[3] == pytest.approx(2301, abs=2)
    assert 0.999 ** steps[3] == pytest.approx(0.1, rel=1e-3)
    assert steps[4:].tolist() == [np.inf, np.inf, 0]


def test_curves_draws_runs_and_writes_their_numbers(run: Path, tmp_path: Path) -> None:
    folder = str(run / "version_0")
    picture = tmp_path / "curves.png"
    assert main(["curves", f"one={folder}", folder, "--out", str(picture)]) == 0
    assert picture.read_bytes().startswith(PNG)
    with (tmp_path / "curves.csv").open() as file:
        rows = list(csv.DictReader(file))
    with (run / "version_0" / "metrics.csv").open() as file:
        logged = [r for r in csv.DictReader(file) if r["val/accuracy"]]
    found = [
        (r["step"], r["value"]) for r in rows if (r["run"], r["metric"]) == ("one", "val/accuracy")
    ]
    assert len(found) == 3
    assert [(s, float(v)) for s, v in found] == [
        (r["step"], float(r["val/accuracy"])) for r in logged
    ]
    assert {row["run"] for row in rows} == {"one", folder}


def test_attention_is_drawn(run: Path, store_path: Path, tmp_path: Path) -> None:
    picture = tmp_path / "attention.png"
    assert main(["attention", last(run), str(store_path), str(picture)]) == 0
    assert picture.read_bytes().startswith(PNG)


def test_results_of_several_runs_stand_in_one_table(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = run / "version_1" / "test_results.json"
    assert main(["results", str(path), str(path)]) == 0
    printed = capsys.readouterr().out
    assert "± 0.00" in printed
    accuracy = json.loads(path.read_text())["accuracy"]
    assert printed.count(f"{100 * accuracy:.2f}") >= 2
    assert printed.count(str(path)) == 2


def without_recurrence(run: Path, tmp_path: Path) -> list[str]:
    checkpoint = torch.load(last(run), weights_only=True)
    checkpoint["state_dict"] = {"network.classifier.weight": torch.zeros(1, 1)}
    torch.save(checkpoint, tmp_path / "linear.ckpt")
    return ["recurrent-weights", str(tmp_path / "linear.ckpt"), str(tmp_path / "x.png")]


@pytest.mark.parametrize(
    "content",
    [
        b"step,x\n1,0.5\n2,one\n",
        b"step,x\n1.5,0.5\n",
        b"step,x\n9" + b"9" * 30 + b",1\n",
        b"x\n0.5\n",
        b"x,step\n0.5\n",
        b"step,x\n1,\xff\n",
        b"step,x\n1," + b"1" * 200_000,
    ],
    ids=["a word", "half a step", "a large step", "no step", "a short row", "not UTF-8", "long"],
)
def test_metrics_that_are_no_table_of_numbers_are_refused(
    content: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "metrics.csv").write_bytes(content)
    assert main(["curves", str(tmp_path), "--out", str(tmp_path / "x.png"), "--metrics", "x"]) == 2
    error = capsys.readouterr().err.strip()
    assert "metrics.csv cannot be read as a table of numbers" in error
    assert "\n" not in error


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            lambda run, tmp: ["recurrent-weights", str(tmp / "no.ckpt"), "x.png"],
            "no.ckpt does not exist",
        ),
        (without_recurrence, "has no IndRNN layer"),
        (lambda run, tmp: ["curves", str(tmp), "--out", "x.png"], "has no metrics.csv"),
        (
            lambda run, tmp: ["curves", str(run / "version_0"), "--out", "x.png", "--metrics", "a"],
            "'a' is in no metrics.csv of",
        ),
        (lambda run, tmp: ["results", str(tmp / "no.json")], "cannot be read as a results file"),
        (
            lambda run, tmp: ["recurrent-weights", last(run), str(tmp / "picture.xyz")],
            "picture.xyz must end in .png, .pdf or .svg",
        ),
    ],
    ids=["no checkpoint", "no IndRNN", "no run", "no metric", "no results", "no such format"],
)
def test_a_mistake_ends_with_one_sentence(  # type: ignore[no-untyped-def]
    arguments,  # noqa: ANN001
    message: str,
    run: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(arguments(run, tmp_path)) == 2
    error = capsys.readouterr().err.strip()
    assert error.startswith("error: ")
    assert "\n" not in error
    assert message in error
