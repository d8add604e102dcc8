"""``python -m data_prep ntu RAW_DIR OUT.h5``: NTU RGB+D skeletons to a store."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Literal

from action_rec.errors import InputError
from action_rec.skeletons.ntu import (
    BENCHMARKS,
    Dataset,
    SampleName,
    action_names,
    missing_names,
)
from action_rec.skeletons.people_preparation import RULES, PeoplePreparation, View
from action_rec.skeletons.people_sgn import SgnRules
from action_rec.skeletons.people_simple import KeepAll
from action_rec.skeletons.recording import Recording
from action_rec.store.reader import COLUMNS, TEST, TRAIN
from data_prep.convert.conversion import convert
from data_prep.convert.items import Collection, Item
from data_prep.convert.report import report
from data_prep.inspect.completeness import expected_names
from data_prep.sources.files import SourceFile, find_files, read_skeleton

_LISTED = "the authors of NTU RGB+D list its skeletons as missing or incomplete"


def ntu(
    raw_dirs: list[Path],
    out: Path,
    *,
    dataset: Dataset | None = None,
    rules: Literal["sgn", "energy", "first"] = "sgn",
    keep_all: bool = False,
    view: View = "recorded",
    workers: int | None = None,
    overwrite: bool = False,
) -> None:
    """Convert the .skeleton files of NTU RGB+D into a store, one file that serves every benchmark.

    Recordings that cannot be used are left out; the store keeps their names and the reasons. An
    interrupted conversion continues when the same command is run again; OUT.log records each run.

    Args:
        raw_dirs: The folder of the .skeleton files, whose subfolders are searched too, or the .zip
            as downloaded, which is not unpacked, or a single .skeleton file; or several of them.
        out: The store to write, a name that ends in .h5.
        dataset: Recordings of which data set to convert; by default ntu60 if all the names that
            are found belong to it, else ntu120.
        rules: How to select the people: sgn, the rules of SGN's scripts; energy, the two bodies
            that move most (2s-AGCN); first, the two that appear first (ST-GCN).
        keep_all: Keep every body instead, including ghosts.
        view: What the axes are: as recorded, with y up; or normalized, with the spine of the first
            actor along z and its shoulders along x. The store keeps the rotation.
        workers: Number of processes; by default as many as processors.
        overwrite: Replace an existing store.

    Raises:
        InputError: There is nothing to convert, or the store cannot be written there.
    """
    if keep_all and rules != SgnRules.name:
        raise InputError(f"--keep-all and --rules {rules} contradict each other; leave out one")
    preparation = PeoplePreparation(KeepAll() if keep_all else RULES[rules](), view)
    collect = partial(_collect, raw_dirs, dataset, preparation)
    report(convert(collect, out, workers=workers, overwrite=overwrite))


def _collect(
    sources: Sequence[Path], dataset: Dataset | None, preparation: PeoplePreparation
) -> Collection[Recording]:
    files, rejected = find_files(sources, ".skeleton", SampleName.parse)
    if dataset is None:
        dataset = "ntu60" if all(name.belongs_to("ntu60") for name in files) else "ntu120"
    inside = {name: file for name, file in files.items() if name.belongs_to(dataset)}
    if not inside and not rejected:
        raise InputError(
            f"none of the {len(files):,} recordings belongs to {dataset}; leave out --dataset, or "
            "name another folder"
        )
    missing = missing_names()
    rejected |= {str(name): _LISTED for name in inside if str(name) in missing}
    return Collection(
        sources=sources,
        dataset=dataset,
        class_names=action_names(dataset),
        unit="metre",
        preparation=preparation,
        items=[
            _item(name, file, dataset) for name, file in inside.items() if str(name) not in missing
        ],
        rejected=rejected,
        outside=len(files) - len(inside),
        expected=partial(expected_names, dataset),
    )


def _item(name: SampleName, file: SourceFile, dataset: Dataset) -> Item[Recording]:
    return Item(
        name=str(name),
        label=name.action - 1,
        size=file.size,
        read=partial(read_skeleton, file),
        columns={column: getattr(name, column) for column in COLUMNS},
        benchmarks={
            benchmark: TRAIN if name.is_train(dataset, benchmark) else TEST
            for benchmark in BENCHMARKS[dataset]
        },
        fingerprint=file.fingerprint,
    )
