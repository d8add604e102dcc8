"""Where the commands write: a place that cannot be is told in one sentence, before any work."""

import os
from pathlib import Path

import pytest

from action_rec.cli import main

# What they read does not exist: that they speak of the place first says that they looked there
# before they read anything.
COMMANDS = {
    "ensemble": (["ensemble", "no.npz", "--out"], "out.npz"),
    "early": (["early", "no.ckpt", "no.h5"], "out.png"),
    "precise-bn": (["precise-bn", "no.ckpt", "no.h5"], "out.ckpt"),
    "recurrent-weights": (["recurrent-weights", "no.ckpt"], "out.svg"),
    "curves": (["curves", "no_run", "--out"], "out.png"),
    "attention": (["attention", "no.ckpt", "no.h5"], "out.pdf"),
    "graph": (["graph", "no.h5", "--ckpt_path", "no.ckpt", "--out"], "out.png"),
}
commands = pytest.mark.parametrize(("words", "out"), COMMANDS.values(), ids=COMMANDS)


def sentence(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """The one line that a mistaken command ends with."""
    assert main(words) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    (line,) = printed.err.splitlines()
    assert line.startswith("error: ")
    return line


@commands
def test_a_folder_that_does_not_exist(
    words: list[str], out: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = sentence(capsys, *words, str(tmp_path / "none" / out))
    assert f"the folder {tmp_path / 'none'} does not exist; create it or choose another" in line
    assert not list(tmp_path.iterdir())


@commands
def test_a_folder_in_the_place_of_the_file(
    words: list[str], out: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / out).mkdir()
    assert f"{out} is a folder; give the output file" in sentence(
        capsys, *words, str(tmp_path / out)
    )


@commands
@pytest.mark.parametrize("exists", [False, True], ids=["in the folder", "for the file"])
def test_no_permission(
    exists: bool,
    words: list[str],
    out: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    place = tmp_path / out
    if exists:
        place.write_text("precious")
    # Root, as whom tests may run, is allowed everything.
    closed = {place if exists else tmp_path: os.W_OK}
    monkeypatch.setattr(os, "access", lambda path, mode: closed.get(path) != mode)
    assert f"{out} cannot be written: permission denied" in sentence(capsys, *words, str(place))
    assert not exists or place.read_text() == "precious"


@pytest.mark.parametrize("command", ["early", "curves"])
def test_a_folder_in_the_place_of_the_numbers(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "out.csv").mkdir()
    words, out = COMMANDS[command]
    assert "out.csv is a folder" in sentence(capsys, *words, str(tmp_path / out))


@pytest.mark.parametrize("command", ["early", "recurrent-weights", "curves", "attention"])
def test_a_picture_of_an_unknown_format(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = sentence(capsys, *COMMANDS[command][0], str(tmp_path / "out.gif"))
    assert "out.gif must end in .png, .pdf or .svg" in line


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("file", "file cannot be created (File exists); choose another one with --out"),
        (
            "file/runs",
            "file/runs cannot be created (Not a directory); choose another one with --out",
        ),
        ("runs", "arguments.json cannot be read or written (Is a directory); correct this"),
    ],
    ids=["a file", "in a file", "a folder in the place of a file"],
)
def test_the_folder_of_seeds(
    place: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "runs" / "arguments.json").mkdir(parents=True)
    words = ("seeds", "0", "1", "--out", str(tmp_path / place), "--", "--config", "card.yaml")
    assert message in sentence(capsys, *words)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_a_full_disk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "metrics.csv").write_text("step,train/loss\n1,0.5\n2,0.25\n")
    (tmp_path / "out.png.partial").symlink_to("/dev/full")
    words = ("curves", str(tmp_path), "--metrics", "train/loss", "--out", str(tmp_path / "out.png"))
    assert "out.png cannot be read or written (No space left on dev" in sentence(capsys, *words)
    assert not (tmp_path / "out.png").exists()
