"""Headless Chromium with a page that `export --web` writes."""

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from selenium import webdriver
from selenium.webdriver import Chrome

from action_rec.checkpoints.trained import Trained
from action_rec.export.graph import build_step
from action_rec.export.web import find_runtime, write_page
from action_rec.onnx_file.engine import OnnxEngine
from tests.export.networks import export_to

_SECONDS = 120
# The folder of the npm package onnxruntime-web; `npm install --prefix FOLDER onnxruntime-web`.
_RUNTIME = Path(os.environ.get("ONNXRUNTIME_WEB", "node_modules/onnxruntime-web"))


def start_browser(*arguments: str) -> Iterator[Chrome]:
    """Start headless Chromium with command-line arguments; end it at the end."""
    program, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if program is None or driver is None:
        pytest.skip("needs Chromium and its driver")
    options = webdriver.ChromeOptions()
    options.binary_location = program
    for word in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", *arguments):
        options.add_argument(word)
    options.add_argument("--window-size=1100,1000")
    started = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    yield started
    started.quit()


def write_folder(folder: Path, one: Trained) -> Path:
    """Write the page of a network, and beside it ``step.onnx``."""
    if not _RUNTIME.is_dir():
        pytest.skip("needs the npm package onnxruntime-web; set ONNXRUNTIME_WEB to its folder")
    model, facts = build_step(one)
    write_page(folder, model.SerializeToString(), facts, find_runtime(folder, _RUNTIME))
    export_to(folder / "step.onnx", one, "step")
    return folder


def wait_for(browser: Chrome, script: str) -> None:
    """Wait until JavaScript is true."""
    end = time.monotonic() + _SECONDS
    while not browser.execute_script(f"return {script}"):
        assert time.monotonic() < end, browser.find_element("id", "message").text
        time.sleep(0.1)


def wait_for_message(browser: Chrome, sentence: str) -> None:
    """Wait until the page says a sentence."""
    wait_for(browser, f"document.getElementById('message').textContent.includes('{sentence}')")


def open_page(browser: Chrome, address: str) -> None:
    """Open the page, and wait until the network is loaded."""
    browser.get(address)
    wait_for_message(browser, "Ready.")


def expected(page: Path, frames: NDArray[np.float32]) -> list[tuple[str | None, float]]:
    """Label and probability of onnxruntime in Python."""
    engine = OnnxEngine(page / "step.onnx")
    states = [np.zeros((1, size), np.float32) for size in engine.state_sizes]
    found: list[tuple[str | None, float]] = []
    for frame in frames:
        if not frame.any():
            found.append((None, 0.0))
            continue
        probabilities, states = engine.step(frame[None], states)
        best = int(probabilities.argmax())
        found.append((engine.class_names[best], float(probabilities[0, best])))
    return found


def check_labels(labels: list[dict[str, Any]], wanted: list[tuple[str | None, float]]) -> None:
    """Check labels, probabilities and that each frame was timed."""
    assert [one["label"] for one in labels] == [label for label, _ in wanted]
    assert [one["probability"] or 0 for one in labels] == pytest.approx(
        [probability for _, probability in wanted], abs=1e-4
    )
    assert all(one["milliseconds"] >= 0 for one in labels)
