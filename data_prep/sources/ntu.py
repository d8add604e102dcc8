"""``python -m data_prep ntu RAW_DIR OUT.h5``: from the skeletons of NTU RGB+D to a store."""

import hashlib
import sys
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any, Literal

from action_rec import __version__
from action_rec.errors import InputError
from action_rec.skeletons.ntu import Dataset, SampleName
from action_rec.skeletons.parser import parse_skeleton
from action_rec.skeletons.people import ChosenPeople, Rules, View, choose_people
from action_rec.skeletons.people_sgn import SgnRules
from action_rec.skeletons.people_simple import EnergyRules, FirstRules, KeepAll
from action_rec.store.format import VERSION
from action_rec.store.reader import Store
from data_prep.convert.assembly import Method, assemble
from data_prep.convert.journal import Journal, remove_left_over
from data_prep.convert.output import check_out
from data_prep.convert.parallel import map_in_order, number_of_workers
from data_prep.convert.progress import progress
from data_prep.convert.report import report
from data_prep.convert.run_log import logged
from data_prep.sources.ntu_files import Found, SkeletonFile, find_recordings

_RULES: dict[str, type[Rules]] = {
    rules.name: rules for rules in (SgnRules, EnergyRules, FirstRules)
}


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
    interrupted conversion continues when the same command is run again; OUT.log says what each run
    did.

    Args:
        raw_dirs: The folder of the .skeleton files, whose subfolders are searched too, or the .zip
            as downloaded, which is not unpacked; or several of them.
        out: The store to write, a name that ends in .h5.
        dataset: Recordings of which data set to convert; if not given, ntu60 if all the names that
            are found belong to it, else ntu120.
        rules: How to choose the people: sgn, the rules of SGN's scripts; energy, the two bodies
            that move most (2s-AGCN); first, the two that appear first (ST-GCN).
        keep_all: Keep every body instead, ghosts too.
        view: What the axes are: as recorded, with y up; or normalized, with the spine of the first
            actor along z and its shoulders along x. The store says how to turn back.
        workers: Number of processes; as many as there are processors if not given.
        overwrite: Replace the store if it exists.

    Raises:
        InputError: There is nothing to convert, or the store cannot be written there.
    """
    workers = number_of_workers(workers)
    method = Method(_chosen(rules, keep_all), view)
    partial_folder = out.with_name(f"{out.name}.partial")
    check_out(out, overwrite or partial_folder.is_dir())
    found = find_recordings(raw_dirs, dataset)
    header = _header(found, method)
    if not (remove_left_over(partial_folder, header) and out.exists()):
        check_out(out, overwrite)
        with Journal(partial_folder, header) as journal:
            _convert_and_assemble(found, method, workers, journal, out)
    report(Store(out))


def _chosen(name: str, keep_all: bool) -> Rules:
    if not keep_all:
        return _RULES[name]()
    if name != SgnRules.name:
        raise InputError(f"--keep-all and --rules {name} contradict each other; leave out one")
    return KeepAll()


def _header(found: Found, method: Method) -> dict[str, Any]:
    """What must be the same for an interrupted conversion to be continued."""
    names = hashlib.sha256()
    for file in found.files:
        checksum = file.member.crc if file.member else ""
        names.update(f"{file.name} {file.size} {checksum}\n".encode())
    return {
        "dataset": found.dataset,
        "recordings": names.hexdigest(),
        **method.described(),
        "store_version": VERSION,
        "written_by": f"action_rec {__version__}",
    }


def _convert_and_assemble(
    found: Found, method: Method, workers: int, journal: Journal, out: Path
) -> None:
    _say_where_it_starts(journal, found)
    sources = " ".join(dict.fromkeys(str(file.source) for file in found.files))
    what = f"{sources}, rules {method.rules.name}, view {method.view}, {workers} workers"
    with logged(out, journal, len(found.files), what):
        _convert_all(found, method, workers, journal)
        assemble(found, method, journal, out)


def _say_where_it_starts(journal: Journal, found: Found) -> None:
    if journal.restarted:
        print(f"{journal.folder}: other recordings or rules, starting again", file=sys.stderr)
    elif journal.done:
        done, total = journal.done, len(found.files)
        print(f"{journal.folder}: continuing after {done:,} of {total:,}", file=sys.stderr)


def _convert_all(found: Found, method: Method, workers: int, journal: Journal) -> None:
    files = found.files[journal.done :]
    workers = min(workers, max(len(files), 1))
    results = map_in_order(partial(_convert, method), files, workers)
    with progress(len(found.files), journal.done) as advance, closing(results):
        for file, result in zip(files, results, strict=True):
            if isinstance(result, str):
                journal.append({"name": str(file.name), "rejected": result}, b"")
            else:
                journal.append(*_entry(file.name, result))
            advance(file.size)


def _convert(method: Method, file: SkeletonFile) -> ChosenPeople | str:
    """The people of a recording, or the reason why it is rejected."""
    try:
        recording = parse_skeleton(file.read(), file.label)
        return choose_people(recording, method.rules, method.view)
    except InputError as error:
        return str(error)


def _entry(name: SampleName, people: ChosenPeople) -> tuple[dict[str, Any], bytes]:
    row = {
        "name": str(name),
        "length": people.poses.shape[0],
        "bodies": people.poses.shape[1],
        "origin": people.origin.tolist(),
        "rotation": people.rotation.tolist(),
        "recorded_frames": people.num_frames,
        "decision": people.decision,
    }
    return row, people.poses.astype("<f4", copy=False).tobytes()
