"""Joint sets: the names of the joints of a skeleton and how bones connect them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class JointSet:
    """The joints of one kind of skeleton.

    Attributes:
        name: The name by which a store refers to it.
        joints: V joint names, in the order of the data.
        parents: V indices from 0: the parent of each joint; the root is its own parent. A *bone* is
            a joint minus its parent.
    """

    name: str
    joints: tuple[str, ...]
    parents: tuple[int, ...]

    @property
    def root(self) -> int:
        """The index of the joint that is its own parent."""
        return next(joint for joint, parent in enumerate(self.parents) if joint == parent)


# Kinect v2 SDK joint order as in the NTU RGB+D files; parents as in Shahroudy et al., CVPR 2016.
KINECT_V2 = JointSet(
    name="kinect_v2",
    joints=(
        "spine base",
        "spine mid",
        "neck",
        "head",
        "left shoulder",
        "left elbow",
        "left wrist",
        "left hand",
        "right shoulder",
        "right elbow",
        "right wrist",
        "right hand",
        "left hip",
        "left knee",
        "left ankle",
        "left foot",
        "right hip",
        "right knee",
        "right ankle",
        "right foot",
        "spine shoulder",
        "left hand tip",
        "left thumb",
        "right hand tip",
        "right thumb",
    ),
    parents=(
        *(1, 20, 20, 2),  # spine base, spine mid, neck, head
        *(20, 4, 5, 6),  # left arm
        *(20, 8, 9, 10),  # right arm
        *(0, 12, 13, 14),  # left leg
        *(0, 16, 17, 18),  # right leg
        20,  # spine shoulder, the root
        *(22, 7, 24, 11),  # hand tips and thumbs
    ),
)
