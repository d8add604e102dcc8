"""Folders, zips and arrays that the tests of data_prep convert."""

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from action_rec.skeletons.joint_sets import load_joint_set
from action_rec.store.reader import Store
from data_prep.__main__ import main

COCO = ("--joint_set", "coco17")
Files = dict[str, bytes | str]
LABELS = """file,label,subject,camera,split
a.npy,wave,1,1,train
b.npy,nod,2,2,train
deep/c.npy,wave,3,1,test
"""


def pixels(frames: int, seed: int = 0, bodies: int = 1, joints: int = 17) -> NDArray[np.float64]:
    """(frames, bodies, joints, 2) coordinates in an image, exact in float32."""
    rng = np.random.default_rng(seed)
    return rng.integers(100, 900, (frames, bodies, joints, 2)).astype(np.float64)


def npy(array: object) -> bytes:
    """The bytes of a .npy file."""
    file = io.BytesIO()
    np.save(file, np.asarray(array))
    return file.getvalue()


def table(poses: NDArray[np.float64], *, named: bool = True, first_frame: int = 0) -> str:
    """The text of a .csv of poses (T, M, V, C), a joint a line."""
    names = load_joint_set("coco17").joints
    lines = ["frame,body,joint,x,y"]
    for frame, body, joint in np.ndindex(poses.shape[:3]):
        x, y = poses[frame, body, joint]
        name = names[joint] if named else joint
        lines.append(f"{frame + first_frame},{body + 5},{name},{x},{y}")
    return "\n".join([*lines, ""])


def written(folder: Path, files: Mapping[str, bytes | str]) -> Path:
    """Write files, and folders for them."""
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data.encode() if isinstance(data, str) else data)
    return folder


def zipped(path: Path, files: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    """Write a zip of files."""
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def good(labels: str = LABELS) -> Files:
    """Three arrays of 4, 5 and 6 frames; the last has two bodies."""
    return {
        "labels.csv": labels,
        "a.npy": npy(pixels(4)[:, 0]),
        "b.npy": npy(pixels(5, seed=1)[:, 0].astype(np.float32)),
        "deep/c.npy": npy(pixels(6, seed=2, bodies=2).astype(np.int16)),
    }


def convert(raw: Path, out: Path, *options: str) -> Store:
    """Run the command and open the store."""
    assert main(["folder", str(raw), str(out), *COCO, *options]) == 0
    return Store(out)


def mistake(capsys: pytest.CaptureFixture[str], *words: object) -> str:
    """The one line that a command ends with."""
    assert main([str(word) for word in words]) == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert line.startswith("error: ")
    return line
