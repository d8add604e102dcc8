"""``python -m data_prep pickle FILE.pkl OUT.h5``: from the pickles of PYSKL and MMAction2.

Their format: a dict with `split` (name to list of identifiers) and `annotations` (a list of dicts
with `frame_dir`, `label`, `total_frames`, `keypoint` (M, T, V, C) and, for 2D, `keypoint_score`
(M, T, V)), as described in the README of PYSKL's data folder (Duan et al., ACM MM 2022).
"""

import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from action_rec.errors import InputError
from action_rec.skeletons.coordinate_preparation import CoordinatePreparation, Missing, Scaling
from action_rec.skeletons.joint_sets import load_joint_set
from action_rec.store.reader import TEST, TRAIN, VAL
from data_prep.convert.conversion import convert
from data_prep.convert.items import Collection
from data_prep.convert.report import print_conversion
from data_prep.sources.annotations import (
    Benchmarks,
    annotation_name,
    class_names,
    collect_items,
)
from data_prep.sources.unpickling import read_pickle

_SPLIT = re.compile(
    r"(?:(?P<before>[\w.-]*?)[_.-])?(?P<part>train|val|test)(?P<after>\d*|[_.-][\w.-]*)", re.ASCII
)
_PARTS = {"train": TRAIN, "val": VAL, "test": TEST}


def pickle(
    file: Path,
    out: Path,
    *,
    joint_set: str,
    classes: Path | None = None,
    missing: Missing = "reject",
    scaling: Scaling = "auto",
    dataset: str | None = None,
    unit: str = "unspecified",
    workers: int | None = None,
    overwrite: bool = False,
) -> None:
    """Convert a pickle of PYSKL or MMAction2 into a store, without running anything in it.

    Every split becomes a part of a benchmark: xsub_train and xsub_val the benchmark xsub, train and
    test the benchmark split. A benchmark with val but no test is tested on its val. Joints of score
    0 were not detected. An interrupted conversion continues when the same command is run again.

    Args:
        file: The pickle.
        out: The store to write, a name that ends in .h5.
        joint_set: kinect_v2, kinect_v1, coco17, openpose18, openpose25, mediapipe33 or a YAML file.
        classes: A text file with the name of a class in each line; NTU's are known.
        missing: What to do with a recording in which single joints are not a number: reject it, or
            treat the joints as not detected (zero).
        scaling: Divide by the size of the body: none, body, or auto (two dimensions only).
        dataset: Name of the data set; by default that of the file.
        unit: Unit of the coordinates, e.g. metre.
        workers: Number of processes; by default as many as processors.
        overwrite: Replace an existing store.

    Raises:
        InputError: The pickle is damaged, hostile or of another kind, or nothing can be converted.
    """
    preparation = CoordinatePreparation(load_joint_set(joint_set), missing, scaling)

    def collect() -> Collection[NDArray[np.float64]]:
        splits, annotations = _content(read_pickle(file), file)
        fingerprint = f"{file.stat().st_size} {file.stat().st_mtime_ns}"
        benchmarks = _benchmarks(splits, file)
        items, rejected = collect_items(annotations, benchmarks, fingerprint)
        _report_absent(benchmarks, annotations)
        return Collection(
            sources=[file],
            dataset=dataset or file.stem,
            class_names=class_names(items, classes),
            unit=unit,
            preparation=preparation,
            items=[items[name] for name in sorted(items)],
            rejected=rejected,
        )

    print_conversion(convert(collect, out, workers=workers, overwrite=overwrite))


def _content(content: object, file: Path) -> tuple[dict[Any, Any], list[Any]]:
    if isinstance(content, dict):
        splits, annotations = content.get("split"), content.get("annotations")
        if isinstance(splits, dict) and isinstance(annotations, list) and annotations:
            return splits, annotations
    raise InputError(
        f"pickle '{file}' is not a dict with 'split' (a dict) and 'annotations' (a list that is "
        "not empty), as PYSKL and MMAction2 write it; for other arrays use "
        "'python -m data_prep folder'"
    )


def _benchmarks(splits: Mapping[Any, Any], file: Path) -> Benchmarks:
    """The splits of one name, such as xsub_train and xsub_val, as one benchmark."""
    found: Benchmarks = {}
    for name, identifiers in splits.items():
        match = _SPLIT.fullmatch(name) if isinstance(name, str) else None
        if match is None or not isinstance(identifiers, list | tuple | set | frozenset):
            print(f"split {name!r:.60} is not train, val or test: left out", file=sys.stderr)
            continue
        part = _PARTS[match["part"]]
        splits_of = found.setdefault(_benchmark(match["before"] or "", match["after"]), {})
        for identifier in identifiers:
            if isinstance(identifier, str) and splits_of.setdefault(identifier, part) != part:
                raise InputError(
                    f"pickle '{file}' has '{identifier:.80}' in split '{name}' and in another one "
                    "of the same benchmark; correct its splits"
                )
    for splits_of in found.values():
        if TEST not in splits_of.values():
            splits_of |= {name: TEST for name, part in splits_of.items() if part == VAL}
    if not found:
        raise InputError(f"pickle '{file}' has no split of train, val or test; add one")
    return found


def _report_absent(benchmarks: Benchmarks, annotations: list[Any]) -> None:
    """Print which recordings a split names that no annotation is of."""
    present = {annotation_name(annotation) for annotation in annotations}
    for benchmark, splits in benchmarks.items():
        if absent := sorted(splits.keys() - present):
            shown = ", ".join(f"{name!r:.60}" for name in absent[:3])
            print(
                f"benchmark '{benchmark}' names {len(absent):,} recordings that no annotation is "
                f"of ({shown}{', ...' if len(absent) > 3 else ''}): left out",
                file=sys.stderr,
            )


def _benchmark(before: str, after: str) -> str:
    """The name of a benchmark: that of its splits without train, val or test."""
    rest = "_".join(part.strip("_.-") for part in (before, after)).strip("_")
    return rest if re.search("[A-Za-z]", rest) else f"split{rest}"
