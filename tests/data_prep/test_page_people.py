"""The page of a store beside its recordings: the bodies that the people rules dropped."""

import json
from base64 import b64decode
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from data_prep.__main__ import main
from tests.browser import errors, opened
from tests.report.test_report import Page
from tests.synthetic import recording, skeleton_text, standing

TWO, ONE = "S001C001P001R001A001", "S001C001P003R001A002"
SHORT, LONG = 72057594037932001, 72057594037932002  # the short one is listed first


def two_bodies(frames: int = 30, ghosts: range = range(5)) -> bytes:
    """A person, and in some frames a second body, to the right of the picture."""
    person, ghost = standing(0, frames), standing(1, frames) - np.array((1.5, 0, 0))
    both = [[(SHORT, ghost[t])] * (t in ghosts) + [(LONG, person[t])] for t in range(frames)]
    return skeleton_text(both)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Recordings, and the store that ``ntu`` makes of them."""
    folder = tmp_path_factory.mktemp("people")
    (folder / "raw").mkdir()
    (folder / "raw" / f"{TWO}.skeleton").write_bytes(two_bodies())
    (folder / "raw" / f"{ONE}.skeleton").write_bytes(recording(30))
    assert main(["ntu", str(folder / "raw"), str(folder / "store.h5")]) == 0
    return folder


def page(folder: Path, *more: str) -> dict[str, Any]:
    out = folder / "page.html"
    assert main(["info", str(folder / "store.h5"), "--page", str(out), *more]) == 0
    read: dict[str, Any] = json.loads(Page(out.read_text(encoding="utf-8")).json)
    return read


def test_the_store_alone_tells_that_a_body_was_dropped(folder: Path) -> None:
    data = page(folder)
    assert data["dropped"] == [0]
    assert data["notes"] == {}
    assert data["skeletons"]["players"]["0"]["actors"] == [0]
    assert "N frames" in (folder / "page.html").read_text(encoding="utf-8")


def test_with_the_recordings_every_body_is_shown_with_what_was_decided(folder: Path) -> None:
    data = page(folder, "--raw", str(folder / "raw"))
    assert data["notes"]["0"] == [
        [f"body {LONG} is actor 1", False],
        [f"body {SHORT} dropped: 5 frames", True],
    ]
    assert list(data["notes"]) == ["0"]  # nothing was to be decided about the other one
    assert data["skeletons"]["players"]["0"]["actors"] == [0, -1]
    assert data["skeletons"]["players"]["1"]["actors"] == [0]


def test_a_dropped_body_has_its_own_colour(folder: Path, browser: Any) -> None:  # noqa: ANN401
    page(folder, "--raw", str(folder / "raw"))
    script = opened(browser, folder / "page.html").execute_script
    script("document.getElementById('dropped').click();")
    assert script("return document.getElementById('shown').textContent") == "1 recording"
    assert "dashed" in script("return document.getElementById('key').textContent")
    assert "dropped: 5 frames" in script(
        "return document.querySelector('#sequences li.dropped').textContent"
    )
    count = (
        "const c = document.querySelector('#sequences canvas').getContext('2d');"
        "const all = c.getImageData(0, 0, 256, 256).data, want = colourOf('dropped');"
        "const rgb = [1, 3, 5].map(i => parseInt(want.slice(i, i + 2), 16)); const found = [];"
        "for (let i = 0; i < all.length; i += 4)"
        " if (all[i + 3] > 200 && rgb.every((v, k) => Math.abs(v - all[i + k]) < 8))"
        "  found.push((i / 4) % 256);"
        "return found;"
    )
    places = script(count)
    assert len(places) > 50
    assert np.mean(places) > 128  # to the right of the person
    move = "const s = document.querySelector('#sequences input');"
    script(move + "s.value = s.max; s.dispatchEvent(new Event('input'));")
    assert script(count) == []  # the body is not there any more
    assert errors(browser) == []


def test_other_recordings_are_named_and_not_shown(folder: Path, tmp_path: Path) -> None:
    other = standing(0, 30)
    ghost = standing(1, 30)
    frames = [[(SHORT, ghost[t])] * (t < 4) + [(LONG, other[t])] for t in range(30)]
    (tmp_path / f"{TWO}.skeleton").write_bytes(skeleton_text(frames))
    data = page(folder, "--raw", str(tmp_path))
    assert "decide otherwise" in data["unread"]["0"]
    (tmp_path / f"{TWO}.skeleton").rename(tmp_path / f"{ONE}.skeleton")
    assert page(folder, "--raw", str(tmp_path))["unread"] == {"0": "the recording is not there"}
    assert data["skeletons"]["players"]["0"]["actors"] == [0]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--raw", "raw"], "--raw is for the page; add --page"),
        (["--raw", "nothing", "--page", "page.html"], "'nothing' does not exist"),
    ],
)
def test_mistakes(
    words: list[str],
    message: str,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(folder)
    assert main(["info", "store.h5", *words]) == 2
    assert message in capsys.readouterr().err


def test_a_folder_of_recordings_with_labels(tmp_path: Path) -> None:
    (tmp_path / "raw/in").mkdir(parents=True)
    (tmp_path / "raw/in/first.skeleton").write_bytes(two_bodies(90, range(71, 72)))
    (tmp_path / "raw/second.skeleton").write_bytes(recording(30))
    labels = "file,label,split\nin/first.skeleton,a,train\nsecond.skeleton,b,test\n"
    (tmp_path / "raw/labels.csv").write_text(labels, encoding="utf-8")
    raw = str(tmp_path / "raw")
    assert main(["folder", raw, str(tmp_path / "store.h5"), "--joint_set", "kinect_v2"]) == 0
    data = page(tmp_path, "--raw", raw)
    assert data["names"][0] == "in/first"
    player = data["skeletons"]["players"]["0"]
    assert player["actors"] == [0, -1]
    places = np.frombuffer(b64decode(player["data"]), np.uint8).reshape(-1, 2, 25, 2)
    # The one frame in which the second body is seen is shown, and shown first.
    assert np.flatnonzero((places[:, 1] != 255).any(axis=(1, 2))).tolist() == [player["start"]]


def test_a_store_without_people_rules(
    store_path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["info", str(store_path), "--page", str(tmp_path / "page.html"), "--raw", "raw"]
    assert main(words) == 2
    assert "was made by the rules 'none', which drop none; leave it out" in capsys.readouterr().err
