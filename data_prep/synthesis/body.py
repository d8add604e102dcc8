"""Kinematic model of a Kinect v2 body: controls of each frame to positions of 25 joints.

Hands and feet are positioned by two-bone inverse kinematics, so that a hand reaches its target and
a foot stays on the floor for any limb lengths and torso angles.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from action_rec.skeletons.joint_sets import KINECT_V2

Array = NDArray[np.float64]

# Every control has three values. Angles are degrees (forward, to the right, turned to the right),
# offsets are metres: (right, up, forward) for the trunk, (outward, up, forward) for limbs.
# travel moves the whole body, hips only the pelvis.
CONTROLS = (
    *("travel", "turn", "hips", "torso", "head"),
    *("left_hand", "right_hand"),  # offset from the spine shoulder, in the frame of the torso
    *("left_foot", "right_foot"),  # offset of the ankle from its standing position
    *("left_grip", "right_grip"),  # (elbow raised 0-1, thumb up, fingers stretched)
)
CONTROL = {name: index for index, name in enumerate(CONTROLS)}

_TRUNK = np.array([1, 1, -1])  # (right, up, forward) to the world frame
_KNEE_POLE = np.array([0, 0.3, -1.0])
_ANKLE_HEIGHT, _SOLE = 0.08, 0.02


@dataclass(frozen=True)
class BodyProportions:
    """Factors on the lengths of a standing person of 1.7 m."""

    height: float = 1.0
    torso: float = 1.0
    shoulders: float = 1.0
    upper_arm: float = 1.0
    forearm: float = 1.0
    thigh: float = 1.0
    shin: float = 1.0


def rotation(degrees: ArrayLike) -> Array:
    """Return rotations (..., 3, 3): lean forward, bend right, then turn right by (..., 3)."""
    lean, bend, turn = np.moveaxis(-np.radians(degrees), -1, 0)
    (cl, cb, ct), (sl, sb, st) = np.cos((lean, bend, turn)), np.sin((lean, bend, turn))
    rows = (
        (ct * cb + st * sl * sb, st * sl * cb - ct * sb, st * cl),
        (cl * sb, cl * cb, -sl),
        (ct * sl * sb - st * cb, st * sb + ct * sl * cb, ct * cl),
    )
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


def pose(controls: Array, proportions: BodyProportions) -> Array:
    """Compute the joints of one body.

    Args:
        controls: (T, 11, 3) controls, in the order of `CONTROLS`.
        proportions: Factors on the lengths of the body.

    Returns:
        (T, 25, 3) joints in metres in the world frame.
    """
    values = {name: controls[:, index] for name, index in CONTROL.items()}
    torso = rotation(values["torso"])
    parts = _trunk(values, torso, proportions)
    for side, sign in (("left", -1), ("right", 1)):
        limb = {name: values[f"{side}_{name}"] for name in ("hand", "foot", "grip")}
        outward = np.array([sign, 1, -1])
        arm = _arm(parts["spine shoulder"], torso, limb["hand"], limb["grip"], outward, proportions)
        leg = _leg(parts["spine base"], limb["foot"], outward, proportions)
        parts |= {f"{side} {joint}": place for joint, place in (arm | leg).items()}

    joints: Array = np.stack([parts[name] for name in KINECT_V2.joints], axis=1)
    joints = np.einsum("tij,tvj->tvi", rotation(values["turn"]), joints)
    joints += (values["travel"] * _TRUNK)[:, None]
    return proportions.height * joints


def _trunk(
    values: dict[str, Array], torso: Array, proportions: BodyProportions
) -> dict[str, Array]:
    legs = 0.41 * proportions.thigh + 0.40 * proportions.shin
    base = (0, legs + _ANKLE_HEIGHT, 0) + values["hips"] * _TRUNK
    middle = base + rotation(0.5 * values["torso"]) @ (0, 0.28 * proportions.torso, 0)
    shoulder = middle + torso @ (0, 0.22 * proportions.torso, 0)
    neck = shoulder + torso @ (0, 0.06, 0)
    head = neck + torso @ rotation(values["head"]) @ (0, 0.13, -0.04)
    return {
        "spine base": base,
        "spine mid": middle,
        "spine shoulder": shoulder,
        "neck": neck,
        "head": head,
    }


def _arm(
    collar: Array,
    torso: Array,
    hand: Array,
    grip: Array,
    outward: Array,
    proportions: BodyProportions,
) -> dict[str, Array]:
    """Return the joints (T, 3) of an arm with the hand at offset `hand` from the collar."""
    shoulder = collar + torso @ (0.17 * proportions.shoulders * outward[0], -0.03, 0)
    target = collar + _rotate(torso, hand * outward)
    raised, thumb, stretched = grip.T[..., None]
    pole = outward * np.hstack([0.45 + raised, raised - 1, -0.4 * (1 - raised)])
    forearm, palm = 0.24 * proportions.forearm, 0.08
    elbow, hand = _two_bones(
        shoulder, target, 0.28 * proportions.upper_arm, forearm + palm, _rotate(torso, pole)
    )
    along = (hand - elbow) / (forearm + palm)
    thumb_side = _rotate(torso, outward * np.hstack([0 * thumb - 0.03, 0.05 * thumb, 0 * thumb]))
    return {
        "shoulder": shoulder,
        "elbow": elbow,
        "wrist": hand - palm * along,
        "hand": hand,
        "hand tip": hand + (0.06 + 0.04 * stretched) * along,
        "thumb": hand + 0.02 * along + thumb_side,
    }


def _leg(
    base: Array, foot: Array, outward: Array, proportions: BodyProportions
) -> dict[str, Array]:
    """Return the joints (T, 3) of a leg with the ankle at offset `foot` from where it stands."""
    hip = base + np.array([0.08 * outward[0], -0.02, 0])
    target = (0.11 * outward[0], _ANKLE_HEIGHT, 0) + foot * outward
    shin = 0.40 * proportions.shin
    knee, ankle = _two_bones(hip, target, 0.41 * proportions.thigh, shin, _KNEE_POLE)
    _, y, z = ((ankle - knee) / shin).T
    toes = ankle + 0.13 * np.stack([0.2 * outward[0] * np.ones_like(y), -z, y], axis=1)
    toes[:, 1] = np.maximum(toes[:, 1], _SOLE)
    return {"hip": hip, "knee": knee, "ankle": ankle, "foot": toes}


def _two_bones(
    root: Array, target: Array, first: float, second: float, pole: Array
) -> tuple[Array, Array]:
    """Solve a chain of two bones by the law of cosines.

    Args:
        root: (T, 3) fixed start of the chain.
        target: (T, 3) desired end; if it is out of reach, the chain points to it.
        first: Length of the bone at the root, in metres.
        second: Length of the other bone, in metres.
        pole: (3,) or (T, 3) direction in which the middle joint bends.

    Returns:
        The middle joint and the end, (T, 3) each.
    """
    offset = target - root
    wanted = np.linalg.norm(offset, axis=1, keepdims=True)
    direction = offset / np.maximum(wanted, 1e-6)
    distance = np.clip(wanted, 1.05 * abs(first - second) + 0.02, 0.998 * (first + second))
    along = (distance**2 + first**2 - second**2) / (2 * distance)
    across = np.sqrt(np.maximum(first**2 - along**2, 0))
    side = pole - np.sum(pole * direction, axis=1, keepdims=True) * direction
    side /= np.maximum(np.linalg.norm(side, axis=1, keepdims=True), 1e-6)
    return root + along * direction + across * side, root + distance * direction


def _rotate(rotations: Array, vectors: Array) -> Array:
    """Rotate one vector (T, 3) per frame."""
    rotated: Array = np.einsum("tij,tj->ti", rotations, vectors)
    return rotated
