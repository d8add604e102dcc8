"""Pictures of moving skeletons: the view, the sides, and the files."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from numpy.typing import NDArray
from PIL import Image, ImageSequence

from action_rec.drawing.flat_view import LEFT, MIDDLE, RIGHT, flat_view, sides_of
from action_rec.drawing.skeleton import LIGHT
from action_rec.errors import InputError
from action_rec.prediction.outputs import Prediction
from action_rec.prediction.render import Renderer, frame_step
from action_rec.prediction.render_figure import moving_skeleton
from action_rec.skeletons.joint_sets import JointSet, load_joint_set
from action_rec.store.reader import Store
from action_rec.store.writer import SequenceTable, StoreFacts, write_store

FEW = JointSet("few", ("hips", "head", "left foot", "right foot"), (0, 0, 0, 0), (0, 1, 3, 2), (0,))
BLUE, ORANGE = (np.array(to_rgb(LIGHT[side])) * 255 for side in (LEFT, RIGHT))


def store_of(
    folder: Path,
    poses: NDArray[np.float64],
    joint_set: JointSet | None = None,
    origin: tuple[float, ...] = (0.0, 0.0, 0.0),
    name: str = "a",
) -> Store:
    """A store of one sequence (T, M, V, C)."""
    frames, bodies, _, _ = poses.shape
    table = SequenceTable([name], [frames], [bodies], [0], [origin], [""], {}, {})
    facts = StoreFacts("own", joint_set or load_joint_set("kinect_v2"), ("walk", "sit"), {})
    stored = np.where(poses.any(axis=-1, keepdims=True), poses - np.array(origin), 0)
    blocks = [stored.reshape(-1, *poses.shape[2:]).astype(np.float32)]
    return write_store(folder / f"{name}.h5", facts, table, blocks)


def person(frames: int = 30, bodies: int = 1) -> NDArray[np.float64]:
    """(T, M, 25, 3) people who face a Kinect at 3 m and raise their hands; two stand apart."""
    names = load_joint_set("kinect_v2").joints
    heights = {"foot": -0.9, "ankle": -0.85, "knee": -0.5, "hip": 0.0, "base": 0.0, "mid": 0.3}
    body = np.zeros((25, 3))
    for joint, name in enumerate(names):
        body[joint, 1] = next((y for word, y in heights.items() if word in name), 0.5)
        # x grows to the left of the camera: there is the right hand of who faces it.
        body[joint, 0] = {"left": -0.2, "right": 0.2}.get(name.split()[0], 0.0)
    body[names.index("head"), 1] = 0.75
    poses = np.broadcast_to(body + np.array((0, 0, 3)), (frames, bodies, 25, 3)).copy()
    hands = [joint for joint, name in enumerate(names) if "hand" in name]
    poses[..., hands, 1] += np.linspace(-0.5, 0.4, frames)[:, None, None]
    poses[..., 0] += 1.2 * np.arange(bodies)[None, :, None]
    return poses


def prediction(name: str = "a", truth: str | None = "walk") -> Prediction:
    return Prediction(name, "x.h5", truth, np.array((0.75, 0.25), np.float32))


def pictures(store: Store) -> list[NDArray[np.uint8]]:
    """The pictures (360, 640, 3) of the frames of a store of one sequence."""
    top = [("walk", 0.75), ("sit", 0.25)]
    figure, show = moving_skeleton(store, 0, prediction(), top, 30.0)
    canvas = FigureCanvasAgg(figure)
    seen = []
    for frame in range(int(store.length[0])):
        show(frame)
        canvas.draw()  # type: ignore[no-untyped-call]
        buffer = canvas.buffer_rgba()  # type: ignore[no-untyped-call]
        seen.append(np.asarray(buffer)[..., :3].copy())
    return seen


def places(picture: NDArray[np.uint8], colour: NDArray[np.float64]) -> NDArray[np.int64]:
    """(n, 2) row and column of the pixels of a colour, the legend left out."""
    near: NDArray[np.bool_] = np.all(np.abs(picture.astype(int) - colour) < 12, axis=2)
    return np.argwhere(near[:320, :370])


def test_a_kinect_is_seen_from_the_camera(tmp_path: Path) -> None:
    poses = np.full((2, 2, 25, 3), (0.3, 1.0, 3.0))
    poses[1, 1] = 0  # absent
    flat = flat_view(store_of(tmp_path, poses, origin=(0.1, 0.2, 2.5)), 0)
    np.testing.assert_allclose(flat[0], np.full((2, 25, 2), (-0.3, 1.0)), atol=1e-6)
    assert np.isnan(flat[1, 1]).all()
    assert np.isfinite(flat[1, 0]).all()


def test_the_origin_is_a_place_and_other_zeros_are_joints_not_seen(tmp_path: Path) -> None:
    poses = person(3)
    poses[1, 0, 7] = 0
    middle = poses[0, 0, 1].copy()
    poses[2, 0, 1] += 0.1
    flat = flat_view(store_of(tmp_path, poses, origin=tuple(middle)), 0)
    assert np.isfinite(flat[0]).all()  # the spine mid, where it is stored as zero
    assert np.flatnonzero(np.isnan(flat[1, 0, :, 0])).tolist() == [1, 7]
    assert np.isfinite(flat[2]).all()


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ((0, 0, 1.7), (0.4, 0.2)),  # z up: seen along y, x to the right
        ((0, 1.7, 0), (-0.4, 0.3)),  # y up: seen along z
        ((0, -1.7, 0), (0.4, -0.3)),  # y down, as in pictures: seen along z, x to the right
        ((0, 1.7), (0.4, 0.3)),
        ((0, -1.7), (0.4, -0.3)),
    ],
    ids=["z up", "y up", "y down", "2D y up", "2D y down"],
)
def test_people_stand_upright(
    head: tuple[float, ...], expected: tuple[float, float], tmp_path: Path
) -> None:
    size = len(head)
    poses = np.full((4, 1, 4, size), 0.001)
    poses[:, 0, 0] = (0.4, 0.3, 0.2)[:size]
    poses[:, 0, 1] = head
    flat = flat_view(store_of(tmp_path, poses, FEW, (0.0,) * size), 0)
    np.testing.assert_allclose(flat[0, 0, 0], expected, atol=1e-6)
    assert flat[0, 0, 1, 1] == pytest.approx(1.7)


def test_sides_follow_the_names_of_the_joints(tmp_path: Path) -> None:
    swapped = JointSet("s", ("hip", "Right knee", "Left knee"), (0, 0, 0), (0, 2, 1))
    unnamed = JointSet("u", ("hip", "k1", "k2"), (0, 0, 0), (0, 2, 1))
    poses = np.ones((1, 1, 3, 3))
    side, names = sides_of(store_of(tmp_path, poses, swapped, name="a"))
    assert (side.tolist(), names) == ([MIDDLE, RIGHT, LEFT], ("left", "right"))
    side, names = sides_of(store_of(tmp_path, poses, unnamed, name="b"))
    assert (side.tolist(), names) == ([MIDDLE, LEFT, RIGHT], ("one side", "other side"))
    kinect = sides_of(store_of(tmp_path, person(1), name="c")).side
    names_of = load_joint_set("kinect_v2").joints
    for joint, name in enumerate(names_of):
        assert kinect[joint] == {"left": LEFT, "right": RIGHT}.get(name.split()[0], MIDDLE)


def test_who_faces_the_camera_has_the_left_at_the_right_of_the_picture(tmp_path: Path) -> None:
    first, *_, last = pictures(store_of(tmp_path, person()))
    assert first.shape == (360, 640, 3)
    left, right = places(first, BLUE), places(first, ORANGE)
    assert len(left) > 100
    assert len(right) > 100
    assert left[:, 1].mean() > right[:, 1].mean() + 20
    # The hands go up and the feet stay: rows are counted downward.
    assert places(last, BLUE)[:, 0].min() < left[:, 0].min() - 10
    assert abs(places(last, BLUE)[:, 0].max() - left[:, 0].max()) <= 1


def test_bars_say_how_likely_the_classes_are(tmp_path: Path) -> None:
    picture = pictures(store_of(tmp_path, person(1)))[0][:, 370:].astype(int)
    green, grey = (
        (np.abs(picture - colour) < 6).all(axis=2).sum(axis=1).max()
        for colour in (np.array((0x2E, 0x8B, 0x57)), np.array((0x8A, 0x8A, 0x8A)))
    )
    assert green / grey == pytest.approx(3, rel=0.1)  # 75 % in green, as it is true, and 25 %


def test_two_people_have_two_shades(tmp_path: Path) -> None:
    picture = pictures(store_of(tmp_path, person(1, 2)))[0]
    lighter = BLUE + (255 - BLUE) * 0.45
    first, second = places(picture, BLUE), places(picture, lighter)
    # The second stands farther along x, which is farther left in the picture.
    border = first[:, 1].min() - 20
    assert (second[:, 1] < border).sum() > 60
    assert len(first) > 60


@pytest.mark.parametrize(
    ("file", "frames", "fps", "step"),
    [
        ("a.gif", 90, 30, 2),
        ("a.mp4", 90, 30, 1),
        ("a.gif", 900, 30, 3),
        ("a.gif", 90, 10, 1),
        ("a.mp4", 301, 30, 2),
        ("a.gif", 1, 30, 2),
    ],
)
def test_few_hundred_pictures_are_made_at_most(
    file: str, frames: int, fps: float, step: int
) -> None:
    assert frame_step(Path(file), frames, fps) == step


@pytest.mark.parametrize(("frames", "shown"), [(90, 45), (1, 1)])
def test_a_gif_has_the_speed_of_the_recording_and_is_small(
    tmp_path: Path, frames: int, shown: int
) -> None:
    path = tmp_path / "a.gif"
    store = store_of(tmp_path, person(frames))
    Renderer(path, 1, ["walk", "sit"], 2, 30.0).draw(store, 0, prediction())
    with Image.open(path) as image:
        durations = [frame.info.get("duration", 0) for frame in ImageSequence.Iterator(image)]
    assert len(durations) == shown
    if shown > 1:
        assert sum(durations) == frames / 30 * 1000
    assert path.stat().st_size < 400_000


def test_a_folder_gets_a_file_of_each_sequence(tmp_path: Path) -> None:
    renderer = Renderer(tmp_path / "pictures", 2, ["walk", "sit"], 2, 30.0)
    store = store_of(tmp_path, person(4))
    renderer.draw(store, 0, prediction("one/1"))
    renderer.draw(store, 0, prediction("two", truth=None))
    assert sorted(p.name for p in (tmp_path / "pictures").iterdir()) == ["one_1.gif", "two.gif"]


def test_nobody_in_sight_is_still_a_picture(tmp_path: Path) -> None:
    store = store_of(tmp_path, np.zeros((2, 1, 25, 3)))
    assert len(pictures(store)) == 2


def test_mp4_needs_ffmpeg(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InputError, match="needs the program ffmpeg, which is not installed"):
        Renderer(tmp_path / "a.mp4", 1, ["walk", "sit"], 2, 30.0)


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="there is no ffmpeg")
def test_mp4_is_written_or_ffmpeg_says_why(tmp_path: Path) -> None:
    store = store_of(tmp_path, person(9))
    Renderer(tmp_path / "a.mp4", 1, ["walk", "sit"], 2, 30.0).draw(store, 0, prediction())
    assert (tmp_path / "a.mp4").read_bytes()[4:8] == b"ftyp"
    (tmp_path / "b.mp4").mkdir()
    renderer = Renderer(tmp_path / "c.mp4", 1, ["walk", "sit"], 2, 30.0)
    (tmp_path / "c.mp4").mkdir()
    with pytest.raises(InputError, match="ffmpeg could not write"):
        renderer.draw(store, 0, prediction())
