"""Raw recordings as a network was trained to see them: prepared by the rules of its own store."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from action_rec import __version__
from action_rec.checkpoints.trained import Trained
from action_rec.errors import InputError
from action_rec.skeletons.joint_sets import KINECT_V2
from action_rec.skeletons.ntu import SampleName, action_names
from action_rec.skeletons.parser import parse_skeleton
from action_rec.skeletons.people import ChosenPeople, Rules, View, choose_people
from action_rec.skeletons.people_sgn import SgnRules
from action_rec.skeletons.people_simple import EnergyRules, FirstRules, KeepAll
from action_rec.store.reader import Store
from action_rec.store.writer import SequenceTable, StoreFacts, write_store

_RULES: dict[str, type[Rules]] = {
    rules.name: rules for rules in (SgnRules, EnergyRules, FirstRules, KeepAll)
}
_MOST_BYTES = 32 << 20  # as in data_prep: ten times the longest recording


class Person(NamedTuple):
    """A recording that was read: the file, and the people in it."""

    path: Path
    people: ChosenPeople


@dataclass(frozen=True)
class Preparation:
    """How .skeleton files became the sequences of a store."""

    rules: Rules
    view: View

    @classmethod
    def of(cls, trained: Trained) -> "Preparation":
        """What the store of a network was prepared by, as its checkpoint recorded it.

        Raises:
            InputError: Its store was not made of .skeleton files.
        """
        source = trained.source
        described = dict(source.get("rules") or {})
        rules = _RULES.get(described.pop("name", ""))
        if rules is None or source.get("joint_set") != KINECT_V2.name:
            raise InputError(
                f"the checkpoint was trained on dataset '{source.get('dataset')}' with joint set "
                f"'{source.get('joint_set')}', which was not made of .skeleton files; convert the "
                "recordings in its way with 'python -m data_prep' and give the store"
            )
        try:
            return cls(rules(**described), source.get("view", "recorded"))
        except TypeError:
            raise InputError(
                f"the checkpoint was trained on recordings chosen by '{rules.name}' rules with the "
                f"parameters {', '.join(described)}, which this version does not know; convert the "
                "recordings with 'python -m data_prep' and give the store"
            ) from None

    def read(self, path: Path) -> ChosenPeople:
        """Read one recording.

        Raises:
            InputError: The file cannot be read, or is no good recording.
        """
        try:
            if not path.is_file():  # reading a pipe would wait for ever
                raise InputError("is no file, or a link to none")
            if (size := path.stat().st_size) > _MOST_BYTES:
                raise InputError(f"has {size:,} bytes, more than a recording can have")
            if not path.stem.isascii():
                raise InputError("has a name outside ASCII; rename it")
            content = path.read_bytes()
        except OSError as error:
            raise InputError(f"cannot be read ({error.strerror}); check its permissions") from None
        return choose_people(parse_skeleton(content, path.name), self.rules, self.view)


def read_recordings(
    paths: Iterable[Path], preparation: Preparation, rejected: dict[str, str]
) -> Iterator[Person]:
    """Yield the good recordings; `rejected` gets the others, each with the reason."""
    first: dict[str, Path] = {}
    for path in paths:
        if path.stem in first:
            rejected[str(path)] = f"a second recording of this name; {first[path.stem]} is used"
            continue
        try:
            people = preparation.read(path)
        except InputError as error:
            rejected[str(path)] = str(error)
            continue
        first[path.stem] = path
        yield Person(path, people)


def stores_of(
    recordings: Iterator[Person], trained: Trained, size: int
) -> Iterator[tuple[Store, list[Path]]]:
    """Yield temporary stores of up to `size` recordings, and the file of each sequence.

    A store is gone when the next one is asked for; its labels say nothing.
    """
    while chunk := list(islice(recordings, size)):
        with TemporaryDirectory(prefix="action_rec-", ignore_cleanup_errors=True) as folder:
            yield _write(Path(folder) / "recordings.h5", chunk, trained), [p.path for p in chunk]


def truth_of(name: str, class_names: list[str]) -> str | None:
    """The action that a name of NTU RGB+D gives; None for another name."""
    try:
        action = SampleName.parse(name).action
    except InputError:
        return None
    return (class_names + list(action_names("ntu120"))[len(class_names) :])[action - 1]


def _write(path: Path, chunk: list[Person], trained: Trained) -> Store:
    people = [person.people for person in chunk]
    facts = StoreFacts(
        dataset=trained.source["dataset"],
        joint_set=KINECT_V2,
        class_names=trained.recognizer.class_names,
        provenance={"written_by": f"action_rec {__version__}"},
    )
    table = SequenceTable(
        names=[person.path.stem for person in chunk],
        length=[one.poses.shape[0] for one in people],
        bodies=[one.poses.shape[1] for one in people],
        label=[0] * len(chunk),
        origin=[one.origin for one in people],
        decision=[one.decision for one in people],
        columns={},
        benchmarks={},
        rotation=[one.rotation for one in people],
        recorded_frames=[one.num_frames for one in people],
    )
    poses = (one.poses.reshape(-1, *one.poses.shape[2:]) for one in people)
    return write_store(path, facts, table, poses)
