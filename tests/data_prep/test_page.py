"""The page of a store: ``info --page``."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from action_rec.skeletons.joint_sets import KINECT_V2
from action_rec.store.writer import SequenceTable, StoreFacts, write_store
from data_prep.__main__ import main
from tests.browser import errors, opened
from tests.report.test_report import HOSTILE, Page
from tests.synthetic import standing

NAMES = tuple(sorted(HOSTILE))


def hostile_store(path: Path) -> Path:
    """Five recordings, two of them suspicious, whose names, classes and decisions are hostile."""
    poses = [standing(seed, 12).astype(np.float32) for seed in range(5)]
    poses[1] = poses[1][..., [1, 0, 2]]  # wider than high
    poses[3] = poses[3][..., [1, 0, 2]]
    poses[3][6:] += 9  # and far away in the next frame, which is worse
    table = SequenceTable(
        names=list(NAMES),
        length=[12] * 5,
        bodies=[1] * 5,
        label=list(range(5)),
        origin=np.zeros((5, 3)),
        decision=[f"kept {name}; body 1 dropped: {name}" for name in NAMES],
        columns={"subject": [1, 1, 2, 2, 3]},
        benchmarks={"all": [0, 0, 1, 1, 1]},
    )
    joints = replace(KINECT_V2, name=NAMES[0])
    provenance = {"written_by": NAMES[1], "rules": {"name": NAMES[2]}, "counts": {}}
    facts = StoreFacts("mine", joints, NAMES, provenance)
    return write_store(path, facts, table, iter(poses), {NAMES[3]: NAMES[1]}).path


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("page")
    out = folder / "data.html"
    assert main(["info", str(hostile_store(folder / "store.h5")), "--page", str(out)]) == 0
    return out


def test_hostile_names_stay_text(page: Path) -> None:
    read = Page(page.read_text(encoding="utf-8"))
    assert read.tags.count("script") == 2
    assert not {"img", "iframe", "object", "a", "link"} & set(read.tags)
    assert not [name for name in read.attributes if name.startswith("on")]


def test_filters_and_suspicious_recordings(page: Path, browser: Any) -> None:  # noqa: ANN401
    run = opened(browser, page).execute_script
    listed = "return [...document.querySelectorAll('#sequences li div:nth-of-type(2)')]"
    listed += ".map(one => one.textContent)"
    names = run(listed)
    assert sorted(names) == sorted(NAMES)
    assert names[:2] == [NAMES[3], NAMES[1]]  # suspicious ones first, the worst of them
    change = "const c = document.querySelector(arguments[0]); c.value = arguments[1];"
    change += "c.dispatchEvent(new Event('input'));"
    run(change, ".column", "2")
    assert sorted(run(listed)) == sorted(NAMES[2:4])
    run(change, "#class", NAMES[3])
    assert run(listed) == [NAMES[3]]
    assert f"people: kept {NAMES[3]}" in run("return document.body.textContent")
    assert run("return window.hacked === undefined")
    assert errors(browser) == []


def test_the_page_must_be_html(page: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["info", str(page.parent / "store.h5"), "--page", str(page.parent / "data.pdf")]
    assert main(words) == 2
    assert "must end in .html" in capsys.readouterr().err
