"""Find the recordings in a folder and its subfolders."""

import os
from pathlib import Path

from action_rec.skeletons.formats.openpose import is_openpose_folder
from action_rec.skeletons.formats.reading import SUFFIXES

LABELS = "labels.csv"


def find_recordings(folder: Path) -> tuple[list[Path], dict[str, str]]:
    """Find the recordings of any format; links to folders are not followed.

    Args:
        folder: The folder. A folder of OpenPose's files in it is one recording; a labels.csv is
            none.

    Returns:
        The recordings, sorted by path; and the entries that cannot be read, each with the reason.
    """
    found: list[Path] = []
    rejected: dict[str, str] = {}

    def refuse(error: OSError) -> None:
        rejected[printable(str(error.filename))] = (
            f"the folder cannot be read ({error.strerror}); check its permissions"
        )

    for root, folders, names in os.walk(folder, onerror=refuse):
        folders.sort()
        if is_openpose_folder(Path(root)):
            found.append(Path(root))
            names = [name for name in names if not name.lower().endswith(".json")]
        for name in names:
            path = Path(root, name)
            if path.suffix.lower() not in SUFFIXES or name == LABELS:
                continue
            if printable(name) != name:
                rejected[printable(str(path))] = "its name is not UTF-8; rename it"
            else:
                found.append(path)
    return sorted(found), rejected


def printable(name: str) -> str:
    """A file name in which bytes that are not UTF-8 are replaced."""
    return os.fsencode(name).decode("utf-8", "replace")
