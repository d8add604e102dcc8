"""Joint sets: the joints of a skeleton, its bones, and which joints mirror each other.

The sets known by name are YAML files in `skeletons`, in the format that users write for their own.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from action_rec.errors import InputError

NAMES = ("kinect_v2", "kinect_v1", "coco17", "openpose18", "openpose25", "mediapipe33")
_KEYS = ("name", "joints", "bones", "root", "pairs", "centre")


@dataclass(frozen=True)
class JointSet:
    """The joints of one kind of skeleton.

    Attributes:
        name: The name by which a store refers to it.
        joints: V joint names, in the order of the data.
        parents: V indices from 0: the parent of each joint; the root is its own parent. A *bone* is
            a joint minus its parent.
        mirror: V indices: the joint on the other side of the body, for a joint in the middle
            itself. No joint has another side if not given.
        centre: The joints whose mean is the middle of the body; the root if not given.

    Raises:
        InputError: The bones are no tree with one root, or the mirror is not its own inverse.
    """

    name: str
    joints: tuple[str, ...]
    parents: tuple[int, ...]
    mirror: tuple[int, ...] = ()
    centre: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        every = range(len(self.joints))
        _require(len(every) > 0, "has no joints; list them")
        for name in self.joints:
            _require(self.joints.count(name) == 1, f"lists '{name}' twice; rename one of them")
        _require(
            len(self.parents) == len(every) and all(parent in every for parent in self.parents),
            f"needs a parent from 0 to {len(every) - 1} for each of its joints",
        )
        roots = [self.joints[joint] for joint in every if self.parents[joint] == joint]
        _require(
            len(roots) == 1, f"has {len(roots)} roots ({', '.join(roots)}); connect all to one"
        )
        for joint in every:
            _require(
                self._ancestor(joint) == self.root,
                f"has bones in a circle: '{self.joints[joint]}' never leads to the root "
                f"'{roots[0]}'; correct its bones",
            )
        object.__setattr__(self, "mirror", self.mirror or tuple(every))
        object.__setattr__(self, "centre", self.centre or (self.root,))
        _require(
            len(self.mirror) == len(every)
            and all(0 <= i < len(every) and self.mirror[i] == j for j, i in enumerate(self.mirror)),
            "has a mirror that does not lead back; pair every joint with one other",
        )
        _require(all(joint in every for joint in self.centre), "has a centre that does not exist")

    def _ancestor(self, joint: int) -> int:
        """Where as many steps as there are joints lead."""
        for _ in self.joints:
            joint = self.parents[joint]
        return joint

    @property
    def root(self) -> int:
        """The index of the joint that is its own parent."""
        return next(joint for joint, parent in enumerate(self.parents) if joint == parent)


def load_joint_set(name: str) -> JointSet:
    """Look up a joint set.

    Args:
        name: One of `NAMES`, or the path of a YAML file (docs/your_own_data.md shows one).

    Raises:
        InputError: There is no such set or file, or the file does not describe a joint set.
    """
    if name in NAMES:
        return _known(name)
    path = Path(name)
    if path.suffix not in (".yaml", ".yml"):
        raise InputError(
            f"joint set '{name}' is unknown; use {', '.join(NAMES)}, or the path of a .yaml file"
        )
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"joint set '{name}' cannot be read ({error}); check its path and that it is text"
        ) from None
    return _parse(text, path.stem, f"joint set '{name}'")


@cache
def _known(name: str) -> JointSet:
    file = files("action_rec.skeletons").joinpath("joint_set_files", f"{name}.yaml")
    return _parse(file.read_text(encoding="utf-8"), name, f"joint set '{name}'")


def _parse(text: str, name: str, where: str) -> JointSet:
    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise InputError(f"{where} is not YAML ({' '.join(str(error).split())})") from None
    try:
        return _build(content, name)
    except InputError as error:
        raise InputError(f"{where} {error}") from None


def _build(content: Any, name: str) -> JointSet:  # noqa: ANN401 (whatever YAML holds)
    _require(isinstance(content, dict), f"is not a mapping with the keys {', '.join(_KEYS)}")
    for key in content:
        _require(key in _KEYS, f"has the key '{key}'; the keys are {', '.join(_KEYS)}")
    for key in ("joints", "bones", "root"):
        _require(key in content, f"lacks '{key}'")
    joints = _texts(content["joints"], "joints")
    bones = _couples(content["bones"], "bones", joints)
    pairs = _couples(content.get("pairs") or [], "pairs", joints)
    root = _index(content["root"], "root", joints)
    _require(root not in bones, f"gives its root '{joints[root]}' a parent; leave that bone out")
    for joint in set(range(len(joints))) - {root} - bones.keys():
        raise InputError(
            f"gives '{joints[joint]}' no parent, but the root is '{joints[root]}'; add its bone"
        )
    backward = {right: left for left, right in pairs.items()}
    for joint in [*(pairs.keys() & backward.keys()), *_repeated(pairs.values())]:
        raise InputError(f"has '{joints[joint]}' in two pairs or paired with itself")
    mirror = pairs | backward
    centre = _texts(content.get("centre") or [joints[root]], "centre")
    return JointSet(
        name=str(content.get("name", name)),
        joints=joints,
        parents=tuple(bones.get(joint, joint) for joint in range(len(joints))),
        mirror=tuple(mirror.get(joint, joint) for joint in range(len(joints))),
        centre=tuple(_index(joint, "centre", joints) for joint in centre),
    )


def _couples(content: Any, key: str, joints: tuple[str, ...]) -> dict[int, int]:  # noqa: ANN401
    """A list of [joint, joint] as indices, from the first to the second."""
    _require(isinstance(content, list), f"needs '{key}' as a list of [joint, joint]")
    couples: dict[int, int] = {}
    for couple in content:
        _require(
            isinstance(couple, list) and len(couple) == 2,
            f"has {couple!r} among its {key}, where [joint, joint] is needed",
        )
        first, second = (_index(joint, key, joints) for joint in couple)
        _require(first not in couples, f"has '{couple[0]}' first in two of its {key}; keep one")
        couples[first] = second
    return couples


def _index(joint: object, key: str, joints: tuple[str, ...]) -> int:
    _require(joint in joints, f"names '{joint}' under '{key}', which is none of its joints")
    return joints.index(str(joint))


def _texts(content: Any, key: str) -> tuple[str, ...]:  # noqa: ANN401
    _require(
        isinstance(content, list) and all(isinstance(text, str) for text in content),
        f"needs '{key}' as a list of names (in quotes where YAML takes them for numbers or yes/no)",
    )
    return tuple(content)


def _repeated(values: Iterable[int]) -> list[int]:
    seen = list(values)
    return [value for value in seen if seen.count(value) > 1]


def _require(condition: bool, sentence: str) -> None:
    if not condition:
        raise InputError(sentence)


# Kinect v2, in the order of the NTU RGB+D files.
KINECT_V2 = _known("kinect_v2")
