"""The bodies that the people rules kept and dropped, read again from the recordings."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from action_rec.errors import InputError
from action_rec.skeletons.formats.reading import read_kinect
from action_rec.skeletons.ntu import BENCHMARKS, SampleName
from action_rec.skeletons.people import Rules
from action_rec.skeletons.people_preparation import RULES, PeoplePreparation
from action_rec.skeletons.people_simple import KeepAll
from action_rec.skeletons.recording import Recording
from action_rec.store.reader import Store
from action_rec.store.sequences import MemorySequences, Sequences
from data_prep.sources.files import find_files, read_skeleton

_DROPPED = re.compile(r"body \d+ dropped: ([^;]*)")  # in the decisions of all rules
_NUMBER = re.compile(r"\d[\d.,]*( frame$)?")


@dataclass(frozen=True)
class Bodies:
    """All bodies of a recording, as the Kinect tracked them.

    Attributes:
        sequences: A set of this one sequence, with M bodies.
        actors: M numbers: the actor that a body belongs to, from 0; -1 if it was dropped.
        notes: M texts: what was decided about it.
    """

    sequences: Sequences
    actors: tuple[int, ...]
    notes: tuple[str, ...]


class RawBodies:
    """Reads the bodies of the recordings that a store was made of.

    Args:
        store: The store.
        raw: The folders or zips of its recordings.

    Raises:
        InputError: The store was made without rules about people, or by rules that this version
            does not know, or the recordings are not there.
    """

    def __init__(self, store: Store, raw: Sequence[Path]) -> None:
        self._rules = _rules(store)
        self._view = store.provenance.get("view", "recorded")
        self._read = _reader(store, raw)

    def bodies(self, name: str, decision: str) -> Bodies:
        """Read a recording again and apply the rules of the store to it.

        Args:
            name: Its name in the store.
            decision: What the store says was decided.

        Raises:
            InputError: It cannot be read, or the rules decide something else.
        """
        recording = self._read(name)
        if PeoplePreparation(self._rules, self._view).prepare(recording).decision != decision:
            raise InputError("the rules decide otherwise about this recording; it is another one")
        actors, notes = self._rules.select(recording.bodies)
        actor_of = {body.body_id: n for n, actor in enumerate(actors) for body in actor.bodies}
        number = [actor_of.get(body.body_id, len(actors)) for body in recording.bodies]
        order = sorted(range(len(number)), key=number.__getitem__)  # actors first
        every = Recording(recording.num_frames, tuple(recording.bodies[n] for n in order))
        preparation = PeoplePreparation(KeepAll())
        prepared = preparation.prepare(every)
        decided = {int(note.split()[1]): note for note in notes}
        return Bodies(
            MemorySequences([name], [prepared], preparation.joint_set),
            tuple(actor_of.get(body.body_id, -1) for body in every.bodies),
            tuple(decided[body.body_id] for body in every.bodies),
        )


def drops(decision: str) -> bool:
    """Whether a body was dropped."""
    return _DROPPED.search(decision) is not None


def count_reasons(decisions: Iterable[str]) -> Counter[str]:
    """Count the dropped bodies by reason, in which N stands for any number."""
    return Counter(
        _NUMBER.sub(lambda found: "N frames" if found[1] else "N", reason)
        for one in decisions
        for reason in _DROPPED.findall(one)
    )


def _rules(store: Store) -> Rules:
    parameters: dict[str, Any] = dict(store.provenance.get("rules", {}))
    name = parameters.pop("name", "unknown")
    rules = RULES.get(name) if isinstance(name, str) else None
    if rules is None:
        raise InputError(
            f"--raw shows the bodies that rules about people dropped, but '{store.path}' was made "
            f"by the rules '{name}', which drop none; leave it out"
        )
    try:
        return rules(**parameters)
    except TypeError:
        raise InputError(
            f"'{store.path}' was made by '{name}' rules with the parameters "
            f"{', '.join(parameters)}, which this version does not know; leave out --raw"
        ) from None


def _reader(store: Store, raw: Sequence[Path]) -> Callable[[str], Recording]:
    """Return what reads a recording by its name, as the command that made the store does."""
    if store.dataset not in BENCHMARKS:
        return lambda name: _of_folder(raw, name)
    found, _ = find_files(raw, ".skeleton", SampleName.parse)
    files = {str(name): file for name, file in found.items()}

    def read(name: str) -> Recording:
        if name not in files:
            raise InputError("the recording is not there")
        return read_skeleton(files[name])

    return read


def _of_folder(raw: Sequence[Path], name: str) -> Recording:
    for path in (folder / f"{name}.skeleton" for folder in raw):
        if path.exists():
            return read_kinect(path)
    raise InputError("the recording is not there")
