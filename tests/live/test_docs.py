"""The programs in docs/live.md run as they are printed."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.command_line import checkpoint
from tests.live.test_stream import small

PAGE = Path(__file__).parents[2] / "docs" / "live.md"


@pytest.fixture
def folder(trained: Path, tmp_path: Path) -> Path:
    """A folder with ``best.ckpt`` and ``one.npy``, as the page names them."""
    (tmp_path / "best.ckpt").symlink_to(checkpoint(trained))
    np.save(tmp_path / "one.npy", small(0, 5))
    return tmp_path


def program(contains: str) -> str:
    """The only Python program of the page that contains a text."""
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    (found,) = [block for block in blocks if contains in block]
    return str(found)


def test_the_client(folder: Path) -> None:
    client = program("websockets")
    assert len(client.splitlines()) <= 20
    server = subprocess.Popen(
        [sys.executable, "-m", "action_rec", "stream", "--ckpt_path", "best.ckpt", "--listen=:0"],
        cwd=folder,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stderr is not None
        lines = iter(server.stderr.readline, "")
        address = next(found[0] for line in lines if (found := re.findall(r"ws://[\d.:]+", line)))
        words = [sys.executable, "-c", client, address, "one.npy"]
        done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=True)
    finally:
        server.terminate()
        server.communicate()
    assert done.stderr == ""
    rows = [line.split() for line in done.stdout.splitlines()]
    assert [row[0] for row in rows] == ["0", "1", "2", "3", "4"]
    assert {row[1] for row in rows} <= {"drink", "eat", "hug"}


def test_the_python_example(folder: Path) -> None:
    words = [sys.executable, "-c", program("LiveRecognizer(")]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()
    assert lines[0] in {"drink", "eat", "hug"}
    assert len(lines) == 1 + 2 * 5
    assert lines[1].startswith("('left',) ")
