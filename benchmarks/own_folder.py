"""Write a folder of synthetic recordings as a user of `data_prep folder` has one.

27 actions by 8 subjects, twice each, as arrays (T, 20, 3) of the Kinect v1's joints in metres
and a labels.csv with the columns file, label and subject. The motion is that of `data_prep
synthesize`; docs/your_own_data.md trains on the folder.

    python -m benchmarks.own_folder moves
"""

import csv
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from action_rec.skeletons.joint_sets import KINECT_V2, load_joint_set
from action_rec.skeletons.ntu import SampleName, action_names
from data_prep.synthesis.recording import Conditions, draft_recording

NUM_ACTIONS = 27
_NAMES_IN_V2 = {
    "hip centre": "spine base",
    "spine": "spine mid",
    "shoulder centre": "spine shoulder",
}


def recorded(action: int, subject: int, repetition: int) -> NDArray[np.float64]:
    """Return the poses (T, 20, 3) of a performance, in metres, with 2 cm of noise per joint."""
    conditions = Conditions(seed=0, frames=60, noise=0.02)
    name = SampleName(repetition, 1, subject, 1, action)
    (track,) = draft_recording(name, conditions).tracks
    wanted = load_joint_set("kinect_v1").joints
    order = [KINECT_V2.joints.index(_NAMES_IN_V2.get(joint, joint)) for joint in wanted]
    return track.joints[:, order]


def write_folder(folder: Path, subjects: int = 8, repetitions: int = 2) -> None:
    """Write the recordings and labels.csv into a new folder.

    Args:
        folder: The folder.
        subjects: Number of people.
        repetitions: Performances of an action by each.
    """
    folder.mkdir(parents=True)
    labels = action_names("ntu60")
    rows = [("file", "label", "subject")]
    for action in range(1, NUM_ACTIONS + 1):
        for subject in range(1, subjects + 1):
            for repetition in range(1, repetitions + 1):
                file = f"action{action:02}_person{subject}_{repetition}.npy"
                np.save(folder / file, recorded(action, subject, repetition))
                rows.append((file, labels[action - 1], str(subject)))
    with (folder / "labels.csv").open("w", encoding="utf-8", newline="") as file_of_labels:
        csv.writer(file_of_labels).writerows(rows)


if __name__ == "__main__":
    write_folder(Path(sys.argv[1]))
