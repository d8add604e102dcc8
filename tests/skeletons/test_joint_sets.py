"""Tests of joint sets: bundled sets, sets from files, and errors of invalid sets."""

from pathlib import Path

import pytest

from action_rec.errors import InputError
from action_rec.skeletons.joint_sets import KINECT_V2, NAMES, JointSet, load_joint_set

STICK = """
joints: [hip, neck, left hand, right hand]
bones: [[hip, neck], [left hand, neck], [right hand, neck]]
root: neck
pairs: [[left hand, right hand]]
centre: [hip]
"""


def written(folder: Path, text: str) -> str:
    path = folder / "stick.yaml"
    path.write_text(text)
    return str(path)


@pytest.mark.parametrize(
    ("name", "num_joints", "root"),
    [
        ("kinect_v2", 25, "spine shoulder"),
        ("kinect_v1", 20, "shoulder centre"),
        ("coco17", 17, "nose"),
        ("openpose18", 18, "neck"),
        ("openpose25", 25, "neck"),
        ("mediapipe33", 33, "nose"),
    ],
)
def test_mirror_of_a_bundled_set_maps_left_to_right_and_bones_to_bones(
    name: str, num_joints: int, root: str
) -> None:
    joints = load_joint_set(name)
    assert (joints.name, len(joints.joints), joints.joints[joints.root]) == (name, num_joints, root)
    swap = {"left": "right", "right": "left"}
    mirrored = [" ".join(swap.get(w, w) for w in joint.split()) for joint in joints.joints]
    assert [joints.joints[other] for other in joints.mirror] == mirrored
    for joint, parent in enumerate(joints.parents):
        assert joints.parents[joints.mirror[joint]] == joints.mirror[parent]
    assert sorted(joints.mirror[joint] for joint in joints.centre) == sorted(joints.centre)


def test_bundled_sets_have_the_published_bones() -> None:
    assert set(NAMES) == {
        "kinect_v2", "kinect_v1", "coco17", "openpose18", "openpose25", "mediapipe33",
    }  # fmt: skip
    kinect_v1 = [(1, 2), (2, 3), (4, 3), (5, 3), (6, 5), (7, 6), (8, 7), (9, 3), (10, 9), (11, 10)]
    kinect_v1 += [(12, 11), (13, 1), (14, 13), (15, 14), (16, 15), (17, 1), (18, 17), (19, 18)]
    kinect_v1 += [(20, 19)]
    assert _bones("kinect_v1") == {(joint - 1, parent - 1) for joint, parent in kinect_v1}
    coco17 = [(15, 13), (13, 11), (16, 14), (14, 12), (11, 5), (12, 6), (9, 7), (7, 5), (10, 8)]
    coco17 += [(8, 6), (5, 0), (6, 0), (1, 0), (3, 1), (2, 0), (4, 2)]
    assert _bones("coco17") == set(coco17)
    openpose18 = [(2, 1), (5, 1), (3, 2), (4, 3), (6, 5), (7, 6), (8, 1), (9, 8), (10, 9), (11, 1)]
    openpose18 += [(12, 11), (13, 12), (0, 1), (14, 0), (16, 14), (15, 0), (17, 15)]
    assert _bones("openpose18") == set(openpose18)
    assert _bones("openpose25") >= {(8, 1), (9, 8), (12, 8), (19, 14), (21, 14), (22, 11), (24, 11)}
    assert load_joint_set("kinect_v2") is KINECT_V2
    assert _bones("kinect_v2") >= {(0, 1), (1, 20), (3, 2), (21, 22), (22, 7), (23, 24), (24, 11)}


def _bones(name: str) -> set[tuple[int, int]]:
    joints = load_joint_set(name)
    bones = enumerate(joints.parents)
    return {(joint, parent) for joint, parent in bones if joint != parent}


def test_load_joint_set_from_a_file(tmp_path: Path) -> None:
    assert load_joint_set(written(tmp_path, STICK)) == JointSet(
        "stick",
        ("hip", "neck", "left hand", "right hand"),
        parents=(1, 1, 1, 1),
        mirror=(0, 1, 3, 2),
        centre=(0,),
    )
    minimal = load_joint_set(
        written(tmp_path, "name: pair\njoints: [a, b]\nbones: [[a, b]]\nroot: b\n")
    )
    assert minimal == JointSet("pair", ("a", "b"), parents=(1, 1), mirror=(0, 1), centre=(1,))


INVALID = {
    "not YAML": ("joints: [a", "is not YAML"),
    "a list": ("[a, b]", "is not a mapping with the keys name, joints"),
    "other key": (STICK + "hands: 2", "has the key 'hands'; the keys are name, joints"),
    "no root": (STICK.replace("root: neck", ""), "lacks the key 'root'"),
    "number": (STICK.replace("[hip, neck, l", "[1, neck, l"), "needs 'joints' as a list of names"),
    "twice": (
        STICK.replace("[hip, neck, l", "[neck, neck, l"),
        "'hip' under 'bones', which is",
    ),
    "unknown joint": (STICK.replace("[[hip, neck]", "[[hip, nek]"), "names 'nek' under 'bones'"),
    "unknown root": (STICK.replace("root: neck", "root: head"), "names 'head' under 'root'"),
    "three joints": (
        STICK.replace("[[hip, neck]", "[[hip, neck, hip]"),
        "where .joint, joint.",
    ),
    "two parents": (
        STICK.replace("[[hip, neck]", "[[hip, neck], [hip, left hand]"),
        "'hip' as first joint of two bones",
    ),
    "two roots": (STICK.replace("[hip, neck], ", ""), "gives 'hip' no parent, but the root is"),
    "root with a parent": (
        STICK.replace("[[hip, neck]", "[[neck, hip], [hip, neck]"),
        "gives its root 'neck' a parent",
    ),
    "circle": (
        STICK.replace("[hip, neck]", "[hip, left hand]").replace("hand, neck]", "hand, hip]"),
        "cycle of bones: 'hip' is not connected to the root 'neck'",
    ),
    "paired with itself": (
        STICK.replace("[[left hand, right hand]]", "[[hip, hip]]"),
        "'hip' in two pairs or paired with itself",
    ),
    "in two pairs": (
        STICK.replace("right hand]]", "right hand], [hip, left hand]]"),
        "'left hand' in two pairs",
    ),
    "shared partner": (
        STICK.replace("right hand]]", "right hand], [hip, right hand]]"),
        "'right hand' in two pairs",
    ),
    "deep": ("joints: " + "[" * 5_000 + "]" * 5_000, "is not YAML"),
    "unknown centre": (STICK.replace("centre: [hip]", "centre: [knee]"), "'knee' under 'centre'"),
}


@pytest.mark.parametrize(("text", "message"), INVALID.values(), ids=INVALID)
def test_an_invalid_file_raises(tmp_path: Path, text: str, message: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(InputError, match=message) as caught:
        load_joint_set(path)
    assert str(caught.value).startswith(f"joint set '{path}' ")


@pytest.mark.parametrize(
    ("name", "message"),
    [("coco", "'coco' is unknown; use kinect_v2, .*or the path"), ("no.yaml", "cannot be read")],
)
def test_a_set_that_does_not_exist_raises(name: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        load_joint_set(name)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"joints": (), "parents": ()}, "has no joints"),
        ({"joints": ("a", "a"), "parents": (0, 0)}, "lists 'a' twice"),
        ({"joints": ("a", "b"), "parents": (0, 2)}, "needs a parent from 0 to 1"),
        ({"joints": ("a", "b"), "parents": (0,)}, "needs a parent from 0 to 1"),
        ({"joints": ("a", "b"), "parents": (0, 1)}, r"has 2 roots \(a, b\)"),
        ({"joints": ("a", "b"), "parents": (1, 0)}, r"has 0 roots \(\)"),
        ({"joints": ("a", "b"), "parents": (0, 0), "mirror": (1, 1)}, "is not its own inverse"),
        (
            {"joints": ("a", "b"), "parents": (0, 0), "centre": (2,)},
            "has a centre outside its joints 0 to 1",
        ),
    ],
)
def test_invalid_constructor_arguments_raise(fields: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        JointSet("x", **fields)  # type: ignore[arg-type]
