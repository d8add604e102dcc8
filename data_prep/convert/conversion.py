"""The conversion of recordings of any source into a store: parallel, resumable and atomic."""

import hashlib
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

from action_rec import __version__
from action_rec.errors import InputError
from action_rec.skeletons.preparation import PreparedSequence
from action_rec.store.format import VERSION
from action_rec.store.reader import Store
from data_prep.convert.assembly import assemble
from data_prep.convert.items import Collection, Item, Recorded, prepare_item
from data_prep.convert.journal import Journal, remove_left_over
from data_prep.convert.output import check_store_path, partial_folder
from data_prep.convert.parallel import map_in_order, number_of_workers
from data_prep.convert.progress import progress
from data_prep.convert.run_log import logged


def convert(
    collect: Callable[[], Collection[Recorded]],
    out: Path,
    *,
    workers: int | None = None,
    overwrite: bool = False,
) -> Store:
    """Write the store of a collection, or continue an interrupted conversion of the same one.

    OUT.log records what each run did.

    Args:
        collect: Lists the recordings; called after the other arguments are checked.
        out: The store to write.
        workers: Number of processes; by default as many as the processors and the number of
            recordings make useful.
        overwrite: Replace an existing store.

    Raises:
        InputError: Nothing can be converted, the store exists and is not to be replaced, or another
            process writes it.
    """
    number_of_workers(workers)
    partial_store = partial_folder(out)
    # A run that was killed right after it moved its store to OUT leaves both.
    check_store_path(out, overwrite or partial_store.is_dir())
    collection = collect()
    header = _header(collection)
    if remove_left_over(partial_store, header) and out.exists():
        return Store(out)
    check_store_path(out, overwrite)
    with Journal(partial_store, header) as journal:
        items = collection.items[journal.done :]
        _print_start(journal, len(collection.items))
        num_workers = number_of_workers(workers, len(items))
        with logged(out, journal, len(collection.items), _summary(collection, num_workers)):
            _convert_items(collection, items, num_workers, journal)
            assemble(collection, journal, out)
    return Store(out)


def _header(collection: Collection[Any]) -> dict[str, Any]:
    """What must be the same for an interrupted conversion to be continued."""
    recordings = hashlib.sha256()
    for item in collection.items:
        facts = [item.name, item.label, item.size, item.fingerprint]
        facts += [dict(item.columns), dict(item.benchmarks)]
        recordings.update(json.dumps(facts).encode())
    for name, reason in sorted(collection.rejected.items()):
        recordings.update(json.dumps([name, reason]).encode())
    return {
        "dataset": collection.dataset,
        "classes": list(collection.class_names),
        "unit": collection.unit,
        "recordings": recordings.hexdigest(),
        "joint_set": repr(collection.preparation.joint_set),
        **collection.preparation.description(),
        "reading": dict(collection.reading),
        "store_version": VERSION,
        "written_by": f"action_rec {__version__}",
    }


def _print_start(journal: Journal, total: int) -> None:
    if journal.restarted:
        print(f"{journal.folder}: other recordings or rules, starting again", file=sys.stderr)
    elif journal.done:
        print(f"{journal.folder}: continuing after {journal.done:,} of {total:,}", file=sys.stderr)


def _summary(collection: Collection[Any], num_workers: int) -> str:
    sources = " ".join(map(str, collection.sources))
    description = json.dumps(collection.preparation.description())
    return f"{sources}, {collection.dataset}, {description}, {num_workers} workers"


def _convert_items(
    collection: Collection[Recorded],
    items: Sequence[Item[Recorded]],
    num_workers: int,
    journal: Journal,
) -> None:
    results = map_in_order(partial(prepare_item, collection.preparation), items, num_workers)
    with progress(len(collection.items), journal.done) as advance, closing(results):
        for item, result in zip(items, _of_one_dimension(results, journal), strict=True):
            journal.append(*_entry(item.name, result))
            advance(item.size)


def _of_one_dimension(
    results: Iterator[PreparedSequence | InputError], journal: Journal
) -> Iterator[PreparedSequence | InputError]:
    """Reject every sequence whose number of coordinates differs from that of the first one."""
    accepted = (len(row["origin"]) for row in journal.rows() if "rejected" not in row)
    needed = next(accepted, None)
    for result in results:
        if isinstance(result, PreparedSequence):
            needed = needed or len(result.origin)
            if len(result.origin) != needed:
                yield InputError(
                    f"it has {len(result.origin)} coordinates per joint, but the recordings before "
                    f"it have {needed}; convert the two kinds into two stores"
                )
                continue
        yield result


def _entry(name: str, result: PreparedSequence | InputError) -> tuple[dict[str, Any], bytes]:
    if isinstance(result, InputError):
        return {"name": name, "rejected": str(result)}, b""
    row = {
        "name": name,
        "length": result.poses.shape[0],
        "bodies": result.poses.shape[1],
        "origin": result.origin.tolist(),
        "rotation": None if result.rotation is None else result.rotation.tolist(),
        "scale": result.scale,
        "recorded_frames": result.recorded_frames,
        "decision": result.decision,
    }
    return row, result.poses.astype("<f4", copy=False).tobytes()
