"""Ctrl-C ends every command with status 130 and without a traceback."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from lightning import Callback

from action_rec.cli import main
from tests.command_line import SMALL, run


@pytest.mark.parametrize("when", ["while it is loaded", "while it works"])
def test_ctrl_c_ends_with_130_and_one_line(
    when: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    if when == "while it works":
        monkeypatch.setattr("action_rec.console.program.run_command", interrupt)
    else:
        monkeypatch.setattr("action_rec.cli._run", interrupt)
    assert main(["results", "x.json"]) == 130
    assert capsys.readouterr().err == "interrupted\n"


_PROGRAM = """
from action_rec.console.interrupts import run_program

def load():
    print("ready", flush=True)
    from action_rec.long_memory.cli import main
    return lambda: main(["help"])

run_program(load)
"""


@pytest.mark.parametrize("seconds", [0.0, 0.5, 1.0])
def test_ctrl_c_pressed_three_times_shows_no_traceback(seconds: float) -> None:
    words = [sys.executable, "-c", _PROGRAM]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    time.sleep(seconds)
    for _ in range(3):
        process.send_signal(signal.SIGINT)
        time.sleep(0.02)
    _, error = process.communicate()
    # Python itself ends by the signal once it has begun to exit; a shell calls both 130.
    assert process.returncode in (130, -signal.SIGINT)
    assert "Traceback" not in error


def test_torch_is_loaded_where_ctrl_c_is_handled() -> None:
    """``python -m`` imports the package before its `__main__`."""
    code = "import sys, action_rec.long_memory; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


class Interrupt(Callback):
    """Presses Ctrl-C after the first step."""

    def on_train_batch_end(self, *_: object) -> None:
        os.kill(os.getpid(), signal.SIGINT)


def test_ctrl_c_ends_a_fit_with_130_and_says_how_to_continue(
    store_path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # A process that a shell has started in the background ignores SIGINT.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    switch = ("--trainer.callbacks+", "tests.console.test_interrupts.Interrupt")
    try:
        with pytest.raises(SystemExit) as ended:
            run("fit", store_path, tmp_path, *SMALL, *switch)
    finally:
        signal.signal(signal.SIGINT, before)
    assert ended.value.code == 130
    error = capsys.readouterr().err
    assert "interrupted at step 1: " in error
    assert "Traceback" not in error
