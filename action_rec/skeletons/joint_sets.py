"""Joint sets: names of joints, bones and left-right pairs of a skeleton.

The bundled sets are the YAML files in `joint_set_files`, in the format of user-defined sets.
"""

from collections import Counter
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
    """Joints of a skeleton and their relations.

    Attributes:
        name: Name of the set, as recorded in a store.
        joints: V joint names, in the order of the data.
        parents: V indices from 0: the parent of each joint; the root is its own parent. A *bone* is
            a joint minus its parent.
        mirror: V indices: the left-right counterpart of each joint, or the joint itself if it has
            none. Default: no joint has a counterpart.
        centre: Indices of the joints whose mean is the centre of the body. Default: the root.

    Raises:
        InputError: The bones are not a tree with one root, or the mirror is not its own inverse.
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
                f"has a cycle of bones: '{self.joints[joint]}' is not connected to the root "
                f"'{roots[0]}'; correct its bones",
            )
        object.__setattr__(self, "mirror", self.mirror or tuple(every))
        object.__setattr__(self, "centre", self.centre or (self.root,))
        _require(
            len(self.mirror) == len(every)
            and all(0 <= i < len(every) and self.mirror[i] == j for j, i in enumerate(self.mirror)),
            "has a mirror that is not its own inverse; pair every joint with at most one other",
        )
        _require(
            all(joint in every for joint in self.centre),
            f"has a centre outside its joints 0 to {len(every) - 1}; correct its centre",
        )

    def _ancestor(self, joint: int) -> int:
        """Return the ancestor V generations up, which is the root unless the bones have a cycle."""
        for _ in self.joints:
            joint = self.parents[joint]
        return joint

    @property
    def root(self) -> int:
        """The index of the joint that is its own parent."""
        return next(joint for joint, parent in enumerate(self.parents) if joint == parent)


def load_joint_set(name: str) -> JointSet:
    """Return a bundled joint set, or read one from a file.

    Args:
        name: One of `NAMES`, or the path of a YAML file (for the format see
            docs/your_own_data.md).

    Raises:
        InputError: There is no such set, or the file cannot be read or is not a valid joint set.
    """
    if name in NAMES:
        return _bundled(name)
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
def _bundled(name: str) -> JointSet:
    file = files("action_rec.skeletons").joinpath("joint_set_files", f"{name}.yaml")
    return _parse(file.read_text(encoding="utf-8"), name, f"joint set '{name}'")


def _parse(text: str, name: str, where: str) -> JointSet:
    try:
        content = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError) as error:
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
        _require(key in content, f"lacks the key '{key}'; add it")
    joints = _strings(content["joints"], "joints")
    bones = _joint_pairs(content["bones"], "bones", joints)
    pairs = _joint_pairs(content.get("pairs") or [], "pairs", joints)
    root = _index(content["root"], "root", joints)
    _require(root not in bones, f"gives its root '{joints[root]}' a parent; remove that bone")
    for joint in set(range(len(joints))) - {root} - bones.keys():
        raise InputError(
            f"gives '{joints[joint]}' no parent, but the root is '{joints[root]}'; add its bone"
        )
    for joint, count in Counter([*pairs.keys(), *pairs.values()]).items():
        _require(
            count == 1, f"has '{joints[joint]}' in two pairs or paired with itself; keep one pair"
        )
    mirror = pairs | {right: left for left, right in pairs.items()}
    centre = _strings(content.get("centre") or [joints[root]], "centre")
    return JointSet(
        name=str(content.get("name", name)),
        joints=joints,
        parents=tuple(bones.get(joint, joint) for joint in range(len(joints))),
        mirror=tuple(mirror.get(joint, joint) for joint in range(len(joints))),
        centre=tuple(_index(joint, "centre", joints) for joint in centre),
    )


def _joint_pairs(content: Any, key: str, joints: tuple[str, ...]) -> dict[int, int]:  # noqa: ANN401
    """Convert a list of [joint, joint] to a mapping from the first index to the second."""
    _require(isinstance(content, list), f"needs '{key}' as a list of [joint, joint]")
    pairs: dict[int, int] = {}
    for pair in content:
        _require(
            isinstance(pair, list) and len(pair) == 2,
            f"has {pair!r} among its {key}, where [joint, joint] is needed",
        )
        first, second = (_index(joint, key, joints) for joint in pair)
        _require(first not in pairs, f"has '{pair[0]}' as first joint of two {key}; keep one")
        pairs[first] = second
    return pairs


def _index(joint: object, key: str, joints: tuple[str, ...]) -> int:
    _require(
        joint in joints,
        f"names '{joint}' under '{key}', which is not one of its joints; correct it",
    )
    return joints.index(str(joint))


def _strings(content: Any, key: str) -> tuple[str, ...]:  # noqa: ANN401
    _require(
        isinstance(content, list) and all(isinstance(text, str) for text in content),
        f"needs '{key}' as a list of names (quote names that YAML reads as numbers or booleans)",
    )
    return tuple(content)


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise InputError(message)


# The 25 joints of the Kinect v2, in the order of the NTU RGB+D files.
KINECT_V2 = _bundled("kinect_v2")
