"""The page that runs a network in a browser, in headless Chromium; skipped where it is absent."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("onnxscript")
pytest.importorskip("selenium")

from selenium.webdriver import Chrome

from action_rec.cli import main
from action_rec.export.comparison import moving_bodies
from action_rec.export.web import PAGE
from tests.export.browser import (
    check_labels,
    expected,
    open_page,
    start_browser,
    wait_for,
    wait_for_message,
    write_folder,
)
from tests.export.networks import CASES, real_frames, trained

HOSTILE = ["<img src=x onerror=alert(1)>", "</script><b>", "\u202eback", "a" * 300]


@pytest.fixture(scope="module")
def browser() -> Iterator[Chrome]:
    """Headless Chromium."""
    yield from start_browser()


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a network whose class names a page must not interpret."""
    one = trained(CASES["residual"])
    one.recognizer.class_names = HOSTILE
    return write_folder(tmp_path_factory.mktemp("page"), one)


def play(browser: Chrome, page: Path, recording: Path) -> list[dict[str, Any]]:
    """Open a recording on the page from disk; return what it recognized in each frame."""
    open_page(browser, (page / "index.html").as_uri())
    browser.execute_script("document.getElementById('fast').checked = true")
    browser.find_element("id", "file").send_keys(str(recording))
    wait_for(browser, "!document.getElementById('save').hidden")
    labels: list[dict[str, Any]] = browser.execute_script("return labels")
    return labels


def test_a_page_from_disk_gives_the_labels_of_python(
    browser: Chrome, page: Path, tmp_path: Path
) -> None:
    frames = moving_bodies(40, (2, 25, 3), 0.4)
    frames[:, 1] = 0  # one person: nobody has to be chosen
    frames[7] = 0
    recording = tmp_path / "it.jsonl"
    lines = [json.dumps({"joints": people[0].tolist()}) for people in frames]
    recording.write_text("\n".join(lines))
    check_labels(play(browser, page, recording), expected(page, frames))
    inked = browser.execute_script(
        "return ['skeleton', 'ribbon'].map((id) => { const c = document.getElementById(id);"
        "const p = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;"
        "return p.filter((v, i) => i % 4 === 3 && v > 0).length / (c.width * c.height); })"
    )
    assert inked[0] > 0.005
    assert inked[1] > 0.9
    assert not browser.get_log("browser")


def test_class_names_are_text(browser: Chrome, page: Path, tmp_path: Path) -> None:
    recording = tmp_path / "it.json"
    recording.write_text(json.dumps(moving_bodies(3, (1, 25, 3), 0.4).tolist()))
    play(browser, page, recording)
    shown = [one.text for one in browser.find_elements("css selector", "#legend span")]
    assert sorted(shown) == sorted(HOSTILE)
    assert browser.find_element("id", "label").text in HOSTILE
    assert not browser.find_elements("css selector", "img, main b[onerror], main script")


WRONG = [
    ("it.skeleton", "3\n1\n", "where the number of joints is needed"),
    ("it.json", "[", "neither JSON nor lines of JSON"),
    ("it.json", '[{"joints": [[1, 2, 3]]}]', "does not have the 25 joints"),
    ("it.json", '[{"people": 3}]', "neither joints nor bodies"),
]


def test_a_wrong_recording_is_named_and_the_page_goes_on(
    browser: Chrome, page: Path, tmp_path: Path
) -> None:
    open_page(browser, (page / "index.html").as_uri())
    message = browser.find_element("id", "message")
    for name, content, sentence in WRONG:
        (tmp_path / name).write_text(content)
        browser.find_element("id", "file").send_keys(str(tmp_path / name))
        wait_for_message(browser, sentence)
        assert "error" in message.get_attribute("class")


def test_a_real_recording(browser: Chrome, page: Path, real_recordings: Path) -> None:
    recording = real_recordings / "S001C001P001R001A001.skeleton"
    check_labels(play(browser, page, recording), expected(page, real_frames(recording, 2)))


def test_the_page_needs_onnxruntime_web(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["export", "--ckpt_path", "no.ckpt", "--web", str(tmp_path / "page")]
    assert main(words) == 2
    assert "npm install --prefix" in capsys.readouterr().err


def test_all_files_of_the_page_are_listed() -> None:
    folder = Path(__file__).parents[2] / "action_rec" / "export" / "page"
    assert sorted(PAGE) == sorted(path.name for path in folder.iterdir())
