"""The page in headless Chromium: cells, players, sorting, hostile names."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from action_rec.evaluation.over_time import OverTime, Readings
from action_rec.report.command import make_page
from action_rec.report.runs import read_runs
from action_rec.store.reader import Store
from tests.browser import errors, opened
from tests.report.test_report import HOSTILE, hostile_run


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
    run_script("showCell(labels[0], runs[0].predicted[0]);")
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


def test_probabilities_move_with_the_frame(
    browser: Any,  # noqa: ANN401
    run: Path,
    store_path: Path,
    tmp_path: Path,
) -> None:
    """A network that is sure of the true class from the middle of a recording on."""
    (read,) = read_runs({"one": run / "version_1"})
    store = Store(store_path)
    rows = [store.names.tolist().index(name) for name in read.scores.names.tolist()]
    parts = []
    for row in rows:
        length, label = int(store.length[row]), int(store.label[row])
        sure = np.zeros((length, 2), np.uint8)
        sure[: length // 2, 1] = sure[length // 2 :, 0] = 255
        classes = np.array([[label, (label + 1) % 3]], np.uint16)
        parts.append(Readings(classes, np.array([length]), sure))
    known = replace(read, over_time=OverTime.join(read.scores.names, parts, 1))
    path = tmp_path / "page.html"
    path.write_text(make_page([known], store), encoding="utf-8")
    script = opened(browser, path).execute_script
    script("showCell(labels[0], runs[0].predicted[0]);")
    bands = "return [...document.querySelectorAll('#sequences .bands')[0].children]"
    bands += ".map(row => row.textContent)"
    true = read.scores.class_names[read.scores.labels[0]]
    assert script(bands)[0] == f"{true} (true)0 %"
    assert script(bands)[1].endswith("100 %")
    move = "const s = document.querySelector('#sequences input');"
    move += "s.value = s.max; s.dispatchEvent(new Event('input'));"
    script(move)
    assert script(bands)[0] == f"{true} (true)100 %"
    played = (
        "const done = arguments[0], s = document.querySelector('#sequences input');"
        "s.value = 0; s.dispatchEvent(new Event('input'));"
        "document.querySelector('#sequences button').click();"
        "const look = () => (Number(s.value) > 0 ? done(s.value) : setTimeout(look, 20)); look();"
    )
    assert int(browser.execute_async_script(played)) > 0
    label = script("return document.querySelector('.ribbon').getAttribute('aria-label')")
    assert "the true class is the most likely in" in label
    assert f"in the last one {true} (true) 100 %" in label
    pixel = "const c = document.querySelector('.ribbon'); const p = c.getContext('2d');"
    pixel += "return [10, 200].map(x => [...p.getImageData(x, 40, 1, 1).data].join());"
    before, after = script(pixel)
    assert before != after
    assert errors(browser) == []


def test_a_network_that_needs_the_whole_clip_shows_none(browser: Any, run: Path) -> None:  # noqa: ANN401
    script = opened(browser, run / "version_1" / "report.html").execute_script
    script("showCell(labels[0], runs[0].predicted[0]);")
    assert script("return document.querySelectorAll('#sequences canvas').length") > 0
    assert script("return document.querySelectorAll('.ribbon').length") == 0


def test_a_narrow_window_has_nothing_beside_it(browser: Any, run: Path, tmp_path: Path) -> None:  # noqa: ANN401
    (read,) = read_runs({"one": run / "version_1"})
    long = replace(read, result={**read.result, "checkpoint": "a" * 200})
    path = tmp_path / "page.html"
    path.write_text(make_page([long], None), encoding="utf-8")
    try:
        # Headless Chromium has windows of 500 pixels at least.
        metrics = {"width": 400, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        script = opened(browser, path).execute_script
        assert script("return document.documentElement.scrollWidth") <= 400
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
