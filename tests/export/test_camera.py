"""The camera of the page: Chromium's own test camera, and a stub of MediaPipe Pose."""

import functools
import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

pytest.importorskip("onnxscript")
pytest.importorskip("selenium")

from selenium.webdriver import Chrome

from action_rec.export.comparison import moving_bodies
from action_rec.models import ResidualIndRNN
from action_rec.skeletons.joint_sets import load_joint_set
from tests.export.browser import (
    check_labels,
    expected,
    open_page,
    start_browser,
    wait_for,
    wait_for_message,
    write_folder,
)
from tests.live.networks import random_network, trained_on

STEPS = ("camera starts", "library is loaded", "first image", "images stay in this browser")


@pytest.fixture(scope="module")
def browser() -> Iterator[Chrome]:
    """Headless Chromium with a test camera that moves a disc over a green image."""
    yield from start_browser("--use-fake-device-for-media-stream", "--enable-unsafe-swiftshader")


@pytest.fixture(scope="module")
def frames() -> NDArray[np.float32]:
    """What the camera sees, (T, 1, V, 3) in metres: nobody in a frame, hidden joints in another."""
    seen = moving_bodies(30, (1, 33, 3), 0.4)
    seen[4] = 0
    seen[9, 0, 20:] = 0
    return seen


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory, frames: NDArray[np.float32]) -> Path:
    """The page of a network for MediaPipe's joints, beside the stub."""
    folder = tmp_path_factory.mktemp("page")
    pose = folder / "node_modules" / "@mediapipe" / "pose"
    pose.mkdir(parents=True)
    landmarks: list[Any] = [
        [[*joint, 0.9 if any(joint) else 0.1] for joint in person] if np.any(person) else None
        for person in frames[:, 0].tolist()
    ]
    landmarks[9] = [[*joint[:2], joint[2] or 7.0, joint[3]] for joint in landmarks[9]]
    stub = (Path(__file__).parent / "stub_pose.js").read_text()
    (pose / "pose.js").write_text(f"const FRAMES = {json.dumps(landmarks)};\n{stub}")
    joints = load_joint_set("mediapipe33")
    described = {
        "joint_set": joints.name,
        "joint_names": list(joints.joints),
        "joint_parents": list(joints.parents),
        "joint_mirror": list(joints.mirror),
        "reading": {"min_score": 0.5},
    }
    network = random_network(ResidualIndRNN(4, (1, 33, 3), hidden_size=16, num_blocks=1))
    one = trained_on(network, (1, 33, 3), source=described, normalize="none")
    return write_folder(folder, one)


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *words: object) -> None:
        """Write nothing."""


@pytest.fixture(scope="module")
def address(page: Path) -> Iterator[str]:
    """The page from a server on this machine, to which a browser gives a camera."""
    handler = functools.partial(_Quiet, directory=str(page))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/index.html"
        server.shutdown()
        thread.join()


def allow(browser: Chrome, setting: str) -> None:
    """Answer the question whether a page may use the camera: granted or denied."""
    permission = {"permission": {"name": "camera"}, "setting": setting}
    browser.execute_cdp_cmd("Browser.setPermission", permission)


def start(browser: Chrome, address: str, before: str = "", setting: str = "granted") -> None:
    """Open the page, run JavaScript and press the button of the camera."""
    allow(browser, setting)
    open_page(browser, address)
    browser.execute_script(before)
    browser.find_element("id", "camera").click()


def has_stopped(browser: Chrome) -> bool:
    """Whether the page holds no camera, and offers to start it."""
    holds = browser.execute_script("return camera.running || byId('video').srcObject !== null")
    return not holds and browser.find_element("id", "camera").text == "Camera"


def test_a_camera_gives_the_labels_of_python(
    browser: Chrome, address: str, page: Path, frames: NDArray[np.float32]
) -> None:
    start(
        browser, address, "const s = say; said = []; say = (...a) => { said.push(a[0]); s(...a); }"
    )
    wait_for(browser, f"labels.length >= {len(frames)}")
    labels = browser.execute_script("return labels")[: len(frames)]
    check_labels(labels, expected(page, frames))
    said = browser.execute_script("return said")
    for one, words in zip(said[:4], STEPS, strict=True):
        assert words in one
    inked = browser.execute_script(
        "const c = byId('skeleton'); const p = c.getContext('2d').getImageData(0, 0, c.width,"
        "c.height).data; return p.filter((v, i) => i % 4 === 3 && v > 0).length"
    )
    assert inked > 1000
    browser.find_element("id", "camera").click()
    assert has_stopped(browser)
    assert browser.find_element("id", "message").text == "The camera was stopped."
    assert browser.find_element("id", "save").is_displayed()
    assert not browser.get_log("browser")


def test_a_camera_can_be_started_again(browser: Chrome, address: str) -> None:
    start(browser, address)
    wait_for(browser, "labels.length > 2")
    for _ in range(3):  # while the browser asks, too
        browser.execute_script("for (let i = 0; i < 3; i++) byId('camera').click()")
    browser.execute_script("if (!camera.running) byId('camera').click()")
    wait_for(browser, "labels.length > 5 && labels[0].frame === 0")
    assert browser.execute_script("return poses.started") == 1


def test_images_do_not_wait_for_a_slow_pose_library(browser: Chrome, address: str) -> None:
    slow = "loadScript(`${MODEL.pose}/pose.js`).then(() => { poses.wait = 200; })"
    start(browser, address, slow)
    wait_for_message(browser, "the network was trained on 30")
    assert "error" in browser.find_element("id", "message").get_attribute("class")
    assert browser.execute_script("return poses.most") == 1


def test_a_recording_takes_the_place_of_the_camera(
    browser: Chrome, address: str, tmp_path: Path
) -> None:
    (tmp_path / "it.json").write_text(json.dumps(moving_bodies(3, (1, 33, 3), 0.4).tolist()))
    start(browser, address)
    wait_for(browser, "labels.length > 2")
    browser.find_element("id", "file").send_keys(str(tmp_path / "it.json"))
    wait_for_message(browser, "it.json: 3 frames")
    wait_for(browser, "!byId('save').hidden")
    assert browser.execute_script("return labels.length") == 3
    assert has_stopped(browser)


FAILURES = {
    "refused": ("", "denied", "it was refused; allow the camera"),
    "none": (
        "navigator.mediaDevices.getUserMedia = async () => { "
        "throw new DOMException('x', 'NotFoundError'); }",
        "granted",
        "no camera was found; connect one",
    ),
    "no WebGL": (
        "const get = HTMLCanvasElement.prototype.getContext; HTMLCanvasElement.prototype.getContext"
        " = function (kind) { return kind === '2d' ? get.call(this, kind) : null; }",
        "granted",
        "MediaPipe Pose needs WebGL",
    ),
    "no library": ("MODEL.pose = 'elsewhere'", "granted", "elsewhere/pose.js cannot be loaded"),
    "broken library": (
        "loadScript(`${MODEL.pose}/pose.js`).then(() => { poses.broken = true; })",
        "granted",
        "MediaPipe Pose failed (the graphics card is lost)",
    ),
    "a library that hangs": (
        "loadScript(`${MODEL.pose}/pose.js`).then(() => { poses.hangs = true; })",
        "granted",
        "MediaPipe Pose failed (no file)",
    ),
}


@pytest.mark.parametrize("name", FAILURES)
def test_a_camera_that_cannot_be_used_is_explained(
    browser: Chrome, address: str, name: str
) -> None:
    before, setting, sentence = FAILURES[name]
    start(browser, address, before, setting)
    wait_for_message(browser, "The camera cannot be used: ")
    assert sentence in browser.find_element("id", "message").text
    assert has_stopped(browser)


def test_a_camera_that_is_disconnected_is_explained(browser: Chrome, address: str) -> None:
    start(browser, address)
    wait_for(browser, "labels.length > 2")
    browser.execute_script("camera.stream.getVideoTracks()[0].dispatchEvent(new Event('ended'))")
    wait_for_message(browser, "it was disconnected; connect it")
    assert has_stopped(browser)


def test_a_page_from_disk_explains_that_the_camera_needs_a_server(
    browser: Chrome, page: Path
) -> None:
    start(browser, (page / "index.html").as_uri())
    wait_for_message(browser, "serve its folder")
    assert has_stopped(browser)
