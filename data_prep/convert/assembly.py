"""Making the store of an NTU data set from a finished journal."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from action_rec import __version__
from action_rec.errors import InputError
from action_rec.skeletons.joint_sets import KINECT_V2
from action_rec.skeletons.ntu import BENCHMARKS, Dataset, SampleName, action_names
from action_rec.skeletons.people import Rules, View
from action_rec.store.reader import COLUMNS, TEST, TRAIN
from action_rec.store.writer import SequenceTable, StoreFacts, write_store
from data_prep.convert.journal import Journal
from data_prep.inspect.completeness import compare_names
from data_prep.sources.ntu_files import Found

_POSE_SHAPE = (len(KINECT_V2.joints), 3)


@dataclass(frozen=True)
class Method:
    """How recordings become sequences: who is kept, and what the axes are."""

    rules: Rules
    view: View = "recorded"

    def described(self) -> dict[str, Any]:
        """The rules with all parameters, and the view, as JSON."""
        parameters = asdict(self.rules)  # type: ignore[call-overload]  # every rule set is one
        return {"rules": {"name": self.rules.name, **parameters}, "view": self.view}


def assemble(found: Found, method: Method, journal: Journal, out: Path) -> None:
    """Write the store beside the journal, and put it into its place in one step.

    Raises:
        InputError: Nothing was converted.
    """
    rows = list(journal.rows())
    converted = [row for row in rows if "rejected" not in row]
    rejected = found.rejected | {row["name"]: row["rejected"] for row in rows if "rejected" in row}
    if not converted:
        journal.remove()
        raise _nothing_converted(found, rejected)
    facts = StoreFacts(
        dataset=found.dataset,
        joint_set=KINECT_V2,
        class_names=action_names(found.dataset),
        provenance={
            "written_by": f"action_rec {__version__}",
            **method.described(),
            "counts": _counts(found, [row["name"] for row in converted], rejected),
        },
    )
    table = _table(found.dataset, method, converted)
    write_store(journal.result, facts, table, _poses(journal), dict(sorted(rejected.items())))
    journal.publish(out)


def _counts(found: Found, converted: list[str], rejected: dict[str, str]) -> dict[str, int]:
    against = compare_names(found.dataset, converted, rejected)
    return {
        "found": found.total,
        "converted": len(converted),
        "rejected": len(rejected),
        "outside": found.outside,
        "missing": len(against.missing),
        "extra": len(against.extra),
    }


def _nothing_converted(found: Found, rejected: dict[str, str]) -> InputError:
    if not rejected:
        return InputError(
            f"none of the {found.total:,} recordings belongs to {found.dataset}; leave out "
            "--dataset, or name another folder"
        )
    name, reason = min(rejected.items())
    return InputError(
        f"none of the {found.total:,} recordings can be converted, the first one, {name}, because: "
        f"{reason}"
    )


def _poses(journal: Journal) -> Iterator[NDArray[np.float32]]:
    for block in journal.data(multiple=4 * _POSE_SHAPE[0] * _POSE_SHAPE[1]):
        yield np.frombuffer(block, "<f4").reshape(-1, *_POSE_SHAPE)


def _table(dataset: Dataset, method: Method, rows: list[dict[str, Any]]) -> SequenceTable:
    names = [SampleName.parse(row["name"]) for row in rows]
    return SequenceTable(
        names=[row["name"] for row in rows],
        length=[row["length"] for row in rows],
        bodies=[row["bodies"] for row in rows],
        label=[name.action - 1 for name in names],
        origin=[row["origin"] for row in rows],
        decision=[row["decision"] for row in rows],
        columns={column: [getattr(name, column) for name in names] for column in COLUMNS},
        benchmarks={
            benchmark: [TRAIN if name.is_train(dataset, benchmark) else TEST for name in names]
            for benchmark in BENCHMARKS[dataset]
        },
        rotation=[row["rotation"] for row in rows] if method.view == "normalized" else None,
        recorded_frames=[row["recorded_frames"] for row in rows],
    )
