"""The page of a run: what it holds, and that names are shown and never run."""

import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from action_rec.cli import main
from action_rec.evaluation.scores import Scores
from action_rec.report.command import make_page
from action_rec.report.runs import Run
from tests.evaluation.given_scores import scores

HOSTILE = (
    "</script><script>window.hacked = 1</script>",
    "<img src=x onerror='window.hacked = 1'>",
    '" onmouseover="window.hacked = 1',
    "{{ 7 * 7 }}<!--",
    "javascript:window.hacked = 1",
)


class Page(HTMLParser):
    """The elements and attributes of a page, and the text of its JSON."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.json = ""
        self._in_json = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}
        self._in_json = ("type", "application/json") in attrs

    def handle_data(self, data: str) -> None:
        if self._in_json:
            self.json += data

    def handle_endtag(self, tag: str) -> None:
        self._in_json = False


def hostile_run() -> Run:
    rng = np.random.default_rng(0)
    names = [f"{text}{number}" for number in range(4) for text in HOSTILE]
    given: Scores = scores(
        rng.normal(0, 1, (20, 5)), rng.integers(0, 5, 20).tolist(), names, classes=HOSTILE
    )
    accuracies = {"accuracy": 0.2, "accuracy_top5": 1.0, "mean_class_accuracy": 0.2}
    result = {**given.metadata, **accuracies, "checkpoint": HOSTILE[0], "versions": {"x": "1"}}
    return Run(HOSTILE[1], given, {**result, "sequences": 20}, {}, {})


def test_hostile_names_stay_text() -> None:
    run = hostile_run()
    page = Page(make_page([run], None))
    assert page.tags.count("script") == 2  # data and our own script
    assert not {"img", "iframe", "object", "a", "link"} & set(page.tags)
    assert not [name for name in page.attributes if name.startswith("on")]
    data = json.loads(page.json)
    assert data["classes"] == list(HOSTILE)
    assert data["names"] == run.scores.names.tolist()


def test_the_policy_allows_the_script_of_the_page_alone() -> None:
    text = make_page([hostile_run()], None)
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)
    assert policy is not None
    assert "default-src &#39;none&#39;" in policy[1]
    assert "unsafe-inline" not in policy[1].split("script-src")[1]
    assert not re.search(r"""(src|href)=["']?http""", text)


def test_test_writes_a_page_with_skeletons(run: Path) -> None:
    text = (run / "version_1" / "report.html").read_text(encoding="utf-8")
    skeletons = json.loads(Page(text).json)["skeletons"]
    assert skeletons["joints"] == 25
    assert len(skeletons["bones"]) == 24
    assert len(skeletons["players"]) == 6  # all test sequences
    assert "By number of bodies" in text
    assert "val/accuracy" in text  # the curves of the fit


def test_several_runs_side_by_side(run: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        shutil.copytree(run / "version_1", tmp_path / name)
    out = tmp_path / "page.html"
    words = [f"first={tmp_path / 'a'}", f"second={tmp_path / 'b'}", "--out", str(out)]
    assert main(["report", *words]) == 0
    text = out.read_text(encoding="utf-8")
    assert "only the first is right" in text
    assert "mean ± deviation" in text
    assert [one["name"] for one in json.loads(Page(text).json)["runs"]] == ["first", "second"]


def test_a_store_that_is_gone_leaves_out_the_skeletons(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(run / "version_1", tmp_path / "moved")
    results = tmp_path / "moved" / "test_results.json"
    told = json.loads(results.read_text(encoding="utf-8"))
    results.write_text(json.dumps({**told, "store": str(tmp_path / "gone.h5")}), encoding="utf-8")
    out = tmp_path / "page.html"
    assert main(["report", str(tmp_path / "moved"), "--out", str(out)]) == 0
    assert "name it with --store" in capsys.readouterr().out
    assert json.loads(Page(out.read_text(encoding="utf-8")).json)["skeletons"] is None


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nothing", "--out", "page.html"], "has no test_scores.npz"),
        (["nothing", "--out", "page.pdf"], "must end in .html"),
    ],
)
def test_mistakes(
    words: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["report", *words]) == 2
    assert message in capsys.readouterr().err
