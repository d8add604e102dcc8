"""The page in headless Chromium: cells, players, sorting, hostile names."""

from pathlib import Path
from typing import Any

from action_rec.report.command import make_page
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
