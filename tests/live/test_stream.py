"""``python -m action_rec stream`` on recordings and standard input, as a user calls it."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from action_rec.checkpoints.trained import load_trained
from action_rec.cli import main
from action_rec.live import DecisionRule, LiveBodies
from action_rec.live.engine import load_engine
from action_rec.live.messages import LONGEST_MESSAGE
from action_rec.live.recordings import read_bodies
from action_rec.skeletons.formats.reading import read_kinect
from action_rec.skeletons.people_preparation import PeoplePreparation
from action_rec.skeletons.people_sgn import SgnRules
from tests.command_line import checkpoint
from tests.synthetic import skeleton_text, standing


@pytest.fixture(scope="module")
def ckpt(trained: Path) -> Path:
    """A causal network for two bodies, trained on clips of a small store."""
    return Path(checkpoint(trained))


def stream(capsys: pytest.CaptureFixture[str], *words: object) -> list[dict[str, Any]]:
    assert main(["stream", "--fast", *map(str, words)]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def small(seed: int, frames: int) -> np.ndarray:
    """A body as small as those of the store."""
    return 0.15 * standing(seed, frames)


def whole(ckpt: Path, clip: np.ndarray) -> list[float]:
    """What the network gives for a whole sequence (T, M, V, C), prepared as in a store."""
    trained = load_trained(ckpt)
    padded = np.zeros((len(clip), 2, 25, 3), np.float32)
    padded[:, : clip.shape[1]] = clip
    with torch.inference_mode():
        logits = trained.recognizer.network(torch.from_numpy(padded)[None])
    found: list[float] = logits.softmax(dim=1)[0].tolist()
    return found


def last_of(answers: list[dict[str, Any]], names: list[str]) -> list[float]:
    (label,) = answers[-1]["labels"]
    given = dict(label["top"])
    assert label["label"] == max(given, key=given.__getitem__)
    return [given[name] for name in names]


def test_a_skeleton_file_ends_with_the_label_of_the_whole_recording(
    ckpt: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = small(0, 12), small(1, 12) + 1
    frames = [[], *([(7, a), (9, b)] for a, b in zip(first, second, strict=True)), []]
    path = tmp_path / "one.skeleton"
    path.write_bytes(skeleton_text(frames))
    answers = stream(capsys, path, "--ckpt_path", ckpt, "--top", 3)
    assert [answer["frame"] for answer in answers] == list(range(13))
    assert answers[0]["labels"] == []
    assert answers[1]["labels"][0]["bodies"] == ["7", "9"]
    spine_mid = first[0, 1]
    wanted = whole(ckpt, np.stack((first, second), axis=1) - spine_mid)
    names = load_engine(ckpt).class_names
    np.testing.assert_allclose(last_of(answers, names), wanted, rtol=0, atol=1e-4)


def test_arrays_and_each_body_for_itself(
    ckpt: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "two.npy"
    np.save(path, np.stack((small(0, 9), small(1, 9)), axis=1))
    arguments = (path, "--ckpt_path", ckpt, "--top", 3, "--people", "each")
    both = stream(capsys, *arguments)
    np.save(path, small(1, 9)[:, None])
    alone = stream(capsys, *arguments)
    assert [label["bodies"] for label in both[-1]["labels"]] == [["0"], ["1"]]
    for together, one in zip(both, alone, strict=True):
        assert together["labels"][1]["top"] == one["labels"][0]["top"]


def test_a_rule_says_nothing_until_it_is_sure(
    ckpt: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, rule = tmp_path / "one.npy", tmp_path / "rule.json"
    np.save(path, small(0, 30)[:, None])
    rule.write_text(json.dumps({"rule": {"smoothing": 0, "threshold": 1, "release": 1}}))
    answers = stream(capsys, path, "--ckpt_path", ckpt, "--decision", rule)
    labels = [answer["labels"][0] for answer in answers]
    # Far out, this untrained network is sure: its probability is rounded to 1.
    first_sure = next((n for n, one in enumerate(labels) if one["probability"] == 1), len(labels))
    assert first_sure > 0
    assert {one["label"] for one in labels[:first_sure]} == {None}
    assert labels[-1]["probability"] > 0.3  # of the most likely class
    rule.write_text(json.dumps({"rule": {"smoothing": 0, "threshold": 0, "release": 0}}))
    answers = stream(capsys, path, "--ckpt_path", ckpt, "--decision", rule)
    assert len({answer["labels"][0]["label"] for answer in answers}) == 1
    assert DecisionRule.read(rule) == DecisionRule(0, 0, 0)


def test_standard_input_is_answered_line_by_line(ckpt: Path) -> None:
    words = [sys.executable, "-m", "action_rec", "stream", "--ckpt_path", str(ckpt), "-"]
    process = subprocess.Popen(
        [*words, "--top", "3"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    frames = small(0, 6)
    answers = []
    lines = [json.dumps({"joints": frame.tolist()}).encode() for frame in frames]
    long = b"x" * (3 * LONGEST_MESSAGE)
    for line in [*lines[:3], b'{"joints": [[1', b"\xff\xfe", long, *lines[3:]]:
        process.stdin.write(line + b"\n")
        process.stdin.flush()
        answers.append(json.loads(process.stdout.readline()))  # before the next is sent
    process.stdin.close()
    assert process.wait(60) == 0
    error = process.stderr.read().decode()
    process.stdout.close()
    process.stderr.close()
    assert "-: 3 of 9 frames could not be used" in error
    assert "Traceback" not in error
    assert [answer["frame"] for answer in answers] == list(range(9))
    assert ["error" in answer for answer in answers] == [*[False] * 3, *[True] * 3, *[False] * 3]
    assert f"more than the {LONGEST_MESSAGE:,}" in answers[5]["error"]
    names = load_trained(ckpt).recognizer.class_names
    wanted = whole(ckpt, (frames - frames[0, 1])[:, None])
    np.testing.assert_allclose(last_of(answers, names), wanted, rtol=0, atol=1e-4)


def test_ctrl_c_ends_the_server_with_130(ckpt: Path) -> None:
    words = [sys.executable, "-m", "action_rec", "stream", "--ckpt_path", str(ckpt)]
    process = subprocess.Popen(
        [*words, "--listen", "127.0.0.1:0"], stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    lines: list[str] = []
    while not lines or "listening on ws://127.0.0.1:" not in lines[-1]:
        lines.append(process.stderr.readline())
        assert lines[-1], lines
    process.send_signal(signal.SIGINT)
    _, rest = process.communicate(timeout=60)
    assert process.returncode == 130
    assert rest == "interrupted\n"


def test_recordings_are_played_at_their_rate(
    ckpt: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "one.npy"
    np.save(path, small(0, 5)[:, None])
    start = time.perf_counter()
    assert main(["stream", str(path), "--ckpt_path", str(ckpt), "--rate", "10"]) == 0
    assert time.perf_counter() - start >= 0.4  # the fifth frame is due after 0.4 s
    assert len(capsys.readouterr().out.splitlines()) == 5


@pytest.mark.parametrize(
    ("words", "needs"),
    [
        ([], "give one or more recordings or -"),
        (["a.npy", "--listen", ":0"], "and not both"),
        (["a.npy"], "recording 'a.npy' does not exist"),
        (["empty.npy"], "recording 'empty.npy' has no frames"),
        (["--listen", "here"], "--listen needs HOST:PORT"),
        (["-", "--rate", "0"], "--rate must be above 0"),
        (["-", "--max_bodies", "0"], "max_bodies must be at least 1"),
        (["-", "--unit", "foot"], "one cannot be converted to the other"),
        (["-", "--decision", "none.json"], "decision rule 'none.json' cannot be read"),
    ],
)
def test_what_cannot_be_used_is_a_sentence(
    words: list[str],
    needs: str,
    ckpt: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    np.save("empty.npy", small(0, 5)[:0])
    assert main(["stream", "--ckpt_path", str(ckpt), *words]) == 2
    assert needs in capsys.readouterr().err


def test_real_recordings(
    ckpt: Path, real_recordings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = sorted(real_recordings.glob("*.skeleton"))
    for path in (paths[0], paths[-1]):
        # The bodies of the small store are six times smaller than people.
        answers = stream(capsys, path, "--ckpt_path", ckpt)
        errors = [text for answer in answers for text in answer.get("errors", {}).values()]
        assert all("a body has the size" in text for text in errors)
        assert len(errors) > 10
    engine = load_engine(ckpt)
    engine.body_size = None
    live = LiveBodies(engine)
    recognized = [live.forward_step(bodies) for bodies in read_bodies(paths[0], engine)]
    prepared = PeoplePreparation(SgnRules()).prepare(read_kinect(paths[0]))
    (last,) = recognized[-1]
    np.testing.assert_allclose(last.probabilities, whole(ckpt, prepared.poses), atol=1e-4)
