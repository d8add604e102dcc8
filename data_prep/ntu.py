"""``python -m data_prep ntu RAW_DIR OUT.h5``: from the skeletons of NTU RGB+D to a store."""

import hashlib
import sys
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any, Literal

from action_rec import __version__
from action_rec.data.ntu import Dataset, SampleName
from action_rec.data.people import ChosenPeople, choose_people
from action_rec.data.people_sgn import SgnRules
from action_rec.data.skeleton_file import parse_skeleton
from action_rec.data.store import Store
from action_rec.data.store_file import VERSION
from action_rec.errors import InputError
from data_prep.assembly import assemble, described
from data_prep.finding import Found, SkeletonFile, find_recordings
from data_prep.journal import Journal
from data_prep.output import check_out
from data_prep.parallel import map_in_order, number_of_workers
from data_prep.progress import progress
from data_prep.report import report


def ntu(
    raw_dir: Path,
    out: Path,
    *,
    dataset: Dataset | None = None,
    rules: Literal["sgn"] = "sgn",
    workers: int | None = None,
    overwrite: bool = False,
) -> None:
    """Convert the .skeleton files of NTU RGB+D into a store, one file that serves every benchmark.

    Recordings that cannot be used are left out; the store keeps their names and the reasons. An
    interrupted conversion continues when the same command is run again.

    Args:
        raw_dir: The folder of the .skeleton files; its subfolders are searched too.
        out: The store to write, a name that ends in .h5.
        dataset: Recordings of which data set to convert; if not given, ntu60 if all the names that
            are found belong to it, else ntu120.
        rules: How to choose the people: sgn, the rules of SGN's scripts.
        workers: Number of processes; as many as there are processors if not given.
        overwrite: Replace the store if it exists.

    Raises:
        InputError: The folder holds nothing to convert, or the store cannot be written there.
    """
    workers = number_of_workers(workers)
    check_out(out, overwrite)
    found = find_recordings(raw_dir, dataset)
    sgn = SgnRules()
    with Journal(out.with_name(f"{out.name}.partial"), _header(found, sgn)) as journal:
        _say_where_it_starts(journal, found)
        _convert_all(found, sgn, workers, journal)
        assemble(found, sgn, journal, out)
    report(Store(out), found)


def _header(found: Found, rules: SgnRules) -> dict[str, Any]:
    """What must be the same for an interrupted conversion to be continued."""
    names = hashlib.sha256()
    for file in found.files:
        names.update(f"{file.name} {file.size}\n".encode())
    return {
        "dataset": found.dataset,
        "recordings": names.hexdigest(),
        "rules": described(rules),
        "store_version": VERSION,
        "written_by": f"action_rec {__version__}",
    }


def _say_where_it_starts(journal: Journal, found: Found) -> None:
    if journal.restarted:
        print(f"{journal.folder}: other recordings or rules, starting again", file=sys.stderr)
    elif journal.done:
        done, total = journal.done, len(found.files)
        print(f"{journal.folder}: continuing after {done:,} of {total:,}", file=sys.stderr)


def _convert_all(found: Found, rules: SgnRules, workers: int, journal: Journal) -> None:
    files = found.files[journal.done :]
    workers = min(workers, max(len(files), 1))
    results = map_in_order(partial(_convert, rules), files, workers)
    with progress(len(found.files), journal.done) as advance, closing(results):
        for file, result in zip(files, results, strict=True):
            if isinstance(result, str):
                journal.append({"name": str(file.name), "rejected": result}, b"")
            else:
                journal.append(*_entry(file.name, result))
            advance(file.size)


def _convert(rules: SgnRules, file: SkeletonFile) -> ChosenPeople | str:
    """The people of a recording, or the reason why it is rejected."""
    try:
        return choose_people(parse_skeleton(file.path.read_bytes(), file.file), rules)
    except InputError as error:
        return str(error)
    except OSError as error:
        return f"file '{file.file}' cannot be read ({error.strerror}); check it and convert again"


def _entry(name: SampleName, people: ChosenPeople) -> tuple[dict[str, Any], bytes]:
    row = {
        "name": str(name),
        "length": people.poses.shape[0],
        "bodies": people.poses.shape[1],
        "origin": people.origin.tolist(),
        "decision": people.decision,
    }
    return row, people.poses.astype("<f4", copy=False).tobytes()
