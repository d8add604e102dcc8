"""The page in headless Chromium: cells, players, sorting, hostile names."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from action_rec.report.command import make_page
from tests.report.test_report import HOSTILE, hostile_run

pytest.importorskip("selenium", reason="selenium is not installed")
pytestmark = pytest.mark.skipif(
    shutil.which("chromedriver") is None, reason="there is no chromedriver"
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1100,1400"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    yield driver
    driver.quit()


def errors(browser: Any) -> list[str]:  # noqa: ANN401
    return [entry["message"] for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]


def opened(browser: Any, path: Path) -> Any:  # noqa: ANN401
    browser.get(path.as_uri())
    assert errors(browser) == []
    return browser


def test_a_cell_a_player_and_the_table(browser: Any, run: Path) -> None:  # noqa: ANN401
    page = opened(browser, run / "version_1" / "report.html")
    run_script = page.execute_script
    run_script("point(0, 0); showCell(current.order[0], current.order[0]);")
    assert "which is right" in run_script("return document.getElementById('shown').textContent")
    run_script(
        "document.getElementById('matrix').dispatchEvent("
        "new KeyboardEvent('keydown', {key: 'ArrowRight'}));"
    )
    assert run_script("return [current.row, current.column]") == [0, 1]
    pixels = (
        "const c = document.querySelector('#sequences canvas');"
        "return c.getContext('2d').getImageData(0, 0, 256, 256).data.filter(v => v).length;"
    )
    run_script("showErrors(); for (let k = 0; k < 3; k++) showCell(k, k);")
    first = run_script(pixels)
    assert first > 0  # a skeleton is drawn
    run_script(
        "const s = document.querySelector('#sequences input');"
        "s.value = s.max; s.dispatchEvent(new Event('input'));"
    )
    assert run_script(pixels) > 0
    run_script("document.querySelectorAll('#class-table th button')[0].click();")
    names = run_script(
        "return [...document.querySelectorAll('#class-table tbody tr')]"
        ".map(row => row.cells[0].textContent)"
    )
    assert names == sorted(names)
    assert errors(page) == []


def test_hostile_names_run_nothing(browser: Any, tmp_path: Path) -> None:  # noqa: ANN401
    path = tmp_path / "page.html"
    path.write_text(make_page([hostile_run()], None), encoding="utf-8")
    page = opened(browser, path)
    page.execute_script("for (let a = 0; a < K; a++) for (let b = 0; b < K; b++) showCell(a, b);")
    assert page.execute_script("return window.hacked === undefined")
    shown = page.execute_script("return document.body.textContent")
    assert all(name in shown for name in HOSTILE)
    assert errors(page) == []
