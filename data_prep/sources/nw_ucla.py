"""``python -m data_prep nw_ucla RAW OUT.h5``: NW-UCLA JSON files to a store."""

import json
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from action_rec.errors import InputError
from action_rec.skeletons.coordinate_preparation import CoordinatePreparation
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
from data_prep.convert.conversion import convert
from data_prep.convert.items import Collection, Item
from data_prep.convert.report import print_conversion
from data_prep.sources.files import SourceFile, find_files

_MAX_BYTES = 16 << 20  # a hundred times the longest recording


def nw_ucla(raw: Path, out: Path, *, workers: int | None = None, overwrite: bool = False) -> None:
    """Convert the skeletons of Northwestern-UCLA Multiview Action 3D into a store.

    Every sequence is moved so that the spine of its first frame is the origin, as in CTR-GCN's
    loader. The benchmark is xview: views 1 and 2 to train, view 3 to test. An interrupted
    conversion continues when the same command is run again.

    Args:
        raw: The folder of the .json files, or the .zip of it; the zip is not unpacked.
        out: The store to write, a name that ends in .h5.
        workers: Number of processes; by default as many as processors.
        overwrite: Replace an existing store.

    Raises:
        InputError: There is nothing to convert, or the store cannot be written there.
    """
    store = convert(partial(_collect, raw), out, workers=workers, overwrite=overwrite)
    if store.provenance["counts"]["found"] >= NUM_RECORDINGS:
        print_conversion(store, KNOWN_TOTALS)
    else:
        part = f"a part of nw_ucla ({len(store.names):,} of {NUM_RECORDINGS:,} recordings)"
        print_conversion(store, remark=f"{part}: totals not compared")


def _collect(raw: Path) -> Collection[NDArray[np.float64]]:
    files, rejected = find_files([raw], ".json", SampleName.parse)
    return Collection(
        sources=[raw],
        dataset="nw_ucla",
        class_names=list(ACTIONS.values()),
        unit="metre",
        preparation=CoordinatePreparation(load_joint_set("kinect_v1"), scaling="none"),
        items=[
            Item(
                name=str(name),
                label=LABELS[name.action],
                size=file.size,
                read=partial(_read, file, LABELS[name.action]),
                columns={
                    "camera": name.view,
                    "replication": name.execution,
                    "subject": name.subject,
                },
                benchmarks={"xview": TRAIN if name.view in TRAIN_VIEWS else TEST},
                fingerprint=file.fingerprint,
            )
            for name, file in files.items()
        ],
        rejected=rejected,
    )


def _read(file: SourceFile, label: int) -> NDArray[np.float64]:
    """The joints (T, 1, 20, 3) of a recording in metres."""
    try:
        content = json.loads(file.read(_MAX_BYTES))
    except (
        ValueError,
        RecursionError,
    ) as error:  # json also raises those of decoding and of numbers
        raise InputError(
            f"file '{file.label}' is not JSON ({error}); copy the data set again"
        ) from None
    if not isinstance(content, dict) or not {"skeletons", "label"} <= content.keys():
        raise InputError(f"file '{file.label}' lacks 'skeletons' or 'label'; copy it again")
    if content["label"] != label + 1:
        raise InputError(
            f"file '{file.label}' has label {content['label']!r:.20}, but its name says {label + 1}"
        )
    try:
        joints = np.array(content["skeletons"], dtype=np.float64)
    except (ValueError, TypeError, OverflowError):
        joints = np.empty(0)
    if joints.ndim != 3 or joints.shape[1:] != (20, 3) or len(joints) == 0:
        raise InputError(
            f"file '{file.label}' holds skeletons that are not numbers [frames][20][3]; copy it "
            "again"
        )
    return joints[:, None]
