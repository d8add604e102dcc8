"""``python -m data_prep nw_ucla RAW OUT.h5``: from the JSON files of NW-UCLA to a store."""

import json
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from action_rec.errors import InputError
from action_rec.skeletons.joint_sets import load_joint_set
from action_rec.skeletons.nw_ucla import (
    ACTIONS,
    KNOWN_TOTALS,
    LABELS,
    NUM_RECORDINGS,
    TRAIN_VIEWS,
    SampleName,
)
from action_rec.store.reader import TEST, TRAIN
from data_prep.convert.conversion import Collection, Item, convert
from data_prep.convert.output import check_out, partial_folder
from data_prep.convert.placement import PlacementRules
from data_prep.convert.report import print_conversion
from data_prep.sources.files import Member, members

_MOST_BYTES = 16 << 20  # a hundred times the longest recording


def nw_ucla(raw: Path, out: Path, *, overwrite: bool = False) -> None:
    """Convert the skeletons of Northwestern-UCLA Multiview Action 3D into a store.

    Every sequence is moved so that the spine of its first frame is the origin, as in CTR-GCN's
    loader. The benchmark is xview: views 1 and 2 to train, view 3 to test.

    Args:
        raw: The folder of the .json files, or the .zip of it; the zip is not unpacked.
        out: The store to write, a name that ends in .h5.
        overwrite: Replace the store if it exists.

    Raises:
        InputError: There is nothing to convert, or the store cannot be written there.
    """
    check_out(out, overwrite or partial_folder(out).is_dir())
    collection = _collect(members(raw, ".json", _MOST_BYTES))
    rules = PlacementRules(load_joint_set("kinect_v1"), scaling="none")
    store = convert(collection, rules, out, overwrite=overwrite)
    if store.provenance["counts"]["found"] >= NUM_RECORDINGS:
        print_conversion(store, KNOWN_TOTALS)
    else:
        part = f"a part of nw_ucla ({len(store.names):,} of {NUM_RECORDINGS:,} recordings)"
        print_conversion(store, remark=f"{part}: totals not compared")


def _collect(files: list[Member]) -> Collection:
    items: dict[str, Item] = {}
    rejected: dict[str, str] = {}
    for file in files:
        try:
            item = _item(file)
        except InputError as error:
            rejected[file.file] = str(error)
            continue
        if item.name in items:
            rejected[file.file] = "a second file of this name; the first one is used"
        else:
            items[item.name] = item
    return Collection(
        dataset="nw_ucla",
        class_names=list(ACTIONS.values()),
        unit="metre",
        items=[items[name] for name in sorted(items)],
        rejected=rejected,
    )


def _item(file: Member) -> Item:
    name = SampleName.parse(file.stem)
    return Item(
        name=str(name),
        label=LABELS[name.action],
        size=file.size,
        read=partial(_read, file, LABELS[name.action]),
        columns={"subject": name.subject, "camera": name.view, "replication": name.execution},
        benchmarks={"xview": TRAIN if name.view in TRAIN_VIEWS else TEST},
    )


def _read(file: Member, label: int) -> NDArray[np.float64]:
    """The joints (T, 1, 20, 3) of a recording in metres."""
    try:
        content = json.loads(file.read())
    except (ValueError, RecursionError) as error:  # json lets those of text and of numbers through
        raise InputError(
            f"file '{file.file}' is not JSON ({error}); copy the data set again"
        ) from None
    if not isinstance(content, dict) or not {"skeletons", "label"} <= content.keys():
        raise InputError(f"file '{file.file}' lacks 'skeletons' or 'label'; copy it again")
    if content["label"] != label + 1:
        raise InputError(
            f"file '{file.file}' has label {content['label']!r:.20}, but its name says {label + 1}"
        )
    try:
        joints = np.array(content["skeletons"], dtype=np.float64)
    except (ValueError, TypeError, OverflowError):
        joints = np.empty(0)
    if joints.ndim != 3 or joints.shape[1:] != (20, 3) or len(joints) == 0:
        raise InputError(
            f"file '{file.file}' holds skeletons that are no numbers [frames][20][3]; copy it again"
        )
    return joints[:, None]
