"""Raw recordings, prepared as those of the store that a network was trained on."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from action_rec.checkpoints.trained import Trained
from action_rec.errors import InputError
from action_rec.prediction.inputs import RawRecording
from action_rec.skeletons.coordinate_preparation import CoordinatePreparation
from action_rec.skeletons.formats.kinect import recording_of_joints
from action_rec.skeletons.formats.reading import Reading, read_kinect, read_recording
from action_rec.skeletons.joint_sets import KINECT_V2, NAMES, JointSet, load_joint_set
from action_rec.skeletons.ntu import SampleName, action_names
from action_rec.skeletons.people_preparation import RULES, PeoplePreparation
from action_rec.skeletons.preparation import PreparedSequence
from action_rec.store.sequences import MemorySequences
from action_rec.store.units import Unit, check_body_size, unit_factor

_CONVERT = "convert the recordings with 'python -m data_prep' and give the store"


class RawPreparation(Protocol):
    """Reads and prepares recordings as those that a network was trained on."""

    @property
    def joint_set(self) -> JointSet:
        """The V joints of the sequences."""

    def sequence(self, path: Path) -> PreparedSequence:
        """Read and prepare a recording.

        Raises:
            InputError: It cannot be used.
        """


@dataclass(frozen=True)
class _People:
    """Recordings of a Kinect v2, whose people are selected among its bodies.

    Attributes:
        preparation: How they are prepared.
        factor: Converts the coordinates of files that do not say their unit to metres.
    """

    preparation: PeoplePreparation
    factor: float
    joint_set = KINECT_V2

    def sequence(self, path: Path) -> PreparedSequence:
        if path.suffix.lower() == ".skeleton":
            return self.preparation.prepare(read_kinect(path))
        joints = read_recording(path, Reading(KINECT_V2)) * self.factor
        return self.preparation.prepare(recording_of_joints(joints))


@dataclass(frozen=True)
class _Coordinates:
    """Recordings of any format, whose coordinates are taken as recorded.

    Attributes:
        reading: How they are read.
        preparation: How they are prepared.
        coordinates: C that the network needs.
        unit: Unit of the coordinates of the training data.
        factor: Converts the coordinates of files that do not say their unit to that unit.
        body_size: Median size of the bodies of the training data in that unit; None if unknown, or
            if it does not matter.
    """

    reading: Reading
    preparation: CoordinatePreparation
    coordinates: int
    unit: str
    factor: float
    body_size: float | None

    @property
    def joint_set(self) -> JointSet:
        return self.preparation.joint_set

    def sequence(self, path: Path) -> PreparedSequence:
        factor = 1.0 if path.suffix.lower() == ".skeleton" else self.factor
        prepared = self.preparation.prepare(read_recording(path, self.reading) * factor)
        if (found := prepared.poses.shape[-1]) != self.coordinates:
            raise InputError(
                f"it has {found} coordinates per joint, but the network was trained on "
                f"{self.coordinates}; give recordings of the same kind"
            )
        if self.body_size is not None:
            sequences = MemorySequences(["it"], [prepared], self.joint_set)
            check_body_size(sequences, self.unit, self.body_size, "it")
        return prepared


def preparation_of(trained: Trained, unit: Unit | None = None) -> RawPreparation:
    """The preparation of the store that a network was trained on, as its checkpoint recorded it.

    Args:
        trained: The network.
        unit: Of the coordinates of recordings; None for that of the training data. Files of a
            Kinect are always in metres.

    Raises:
        InputError: The checkpoint does not say how the recordings were prepared, or its unit cannot
            be converted to.
    """
    source = trained.source
    parameters = dict(source.get("rules") or {})
    name = parameters.pop("name", "")
    if name == "as recorded":
        return _coordinates(trained, parameters, unit)
    rules = RULES.get(name) if isinstance(name, str) else None
    if rules is None or _joint_set(trained) != KINECT_V2:
        raise InputError(
            f"the checkpoint was trained on dataset '{source.get('dataset')}' with joint set "
            f"'{source.get('joint_set')}', whose store does not say how raw recordings are "
            f"prepared; {_CONVERT}"
        )
    known = all(type(value) in (int, float) for value in parameters.values())
    try:
        if not known or trained.frame_shape[2] != 3 * len(trained.format.streams):
            raise TypeError
        preparation = PeoplePreparation(rules(**parameters), source.get("view", "recorded"))
        return _People(preparation, _factor(unit, "metre"))
    except TypeError:
        raise InputError(
            f"the checkpoint was trained on recordings selected by '{rules.name}' rules with the "
            f"parameters {', '.join(parameters)}, which this version does not know; {_CONVERT}"
        ) from None


def _factor(unit: Unit | None, trained: str) -> float:
    """What coordinates of recordings are multiplied by to be in the unit of the training data."""
    return 1.0 if unit is None else unit_factor(unit, trained, "what --unit names", "the network")


def _coordinates(trained: Trained, parameters: dict[str, Any], unit: Unit | None) -> _Coordinates:
    source = trained.source
    missing, scaling = parameters.get("missing"), parameters.get("scaling")
    if missing not in ("reject", "zero") or scaling not in ("auto", "none", "body"):
        raise InputError(
            f"the checkpoint was trained on recordings prepared by {parameters!r:.200}, which this "
            f"version does not know; {_CONVERT}"
        )
    joint_set = _joint_set(trained, parameters.get("origin"))
    reading = Reading.from_description(joint_set, source.get("reading") or {})
    coordinates = trained.frame_shape[2] // len(trained.format.streams)
    matters = trained.format.normalize != "clip"
    trained_unit = str(source.get("unit", "unspecified"))
    return _Coordinates(
        reading,
        CoordinatePreparation(joint_set, missing, scaling),
        coordinates,
        trained_unit,
        _factor(unit, trained_unit),
        source.get("body_size") if matters else None,
    )


def _joint_set(trained: Trained, centre: object = None) -> JointSet:
    """The joints of the training data: as a checkpoint describes them, or those of that name.

    Raises:
        InputError: The checkpoint describes none that there can be.
    """
    source = trained.source
    name = str(source.get("joint_set"))
    if "joint_names" not in source and name not in NAMES:
        raise InputError(
            f"the checkpoint names its joint set '{name}', but does not describe it; {_CONVERT}"
        )
    joint_set = load_joint_set(name) if name in NAMES else None
    joints = tuple(source.get("joint_names") or (joint_set.joints if joint_set else ()))
    origin = centre if isinstance(centre, list) else []
    if len(joints) != trained.frame_shape[1] or not all(joint in joints for joint in origin):
        raise InputError(
            f"the checkpoint names {len(joints)} joints and an origin {origin!r:.80}, but its "
            f"network is for {trained.frame_shape[1]} joints; {_CONVERT}"
        )
    if joint_set is not None and joint_set.joints == joints:
        return joint_set
    return JointSet(
        name,
        joints,
        tuple(source.get("joint_parents", ())),
        tuple(source.get("joint_mirror", ())),
        tuple(joints.index(joint) for joint in origin),
    )


def read_recordings(
    recordings: Iterable[RawRecording], preparation: RawPreparation, rejected: dict[str, str]
) -> Iterator[tuple[RawRecording, PreparedSequence]]:
    """Yield the recordings that can be used; `rejected` gets the others, each with the reason."""
    used: dict[str, Path] = {}
    for recording in recordings:
        name, path = recording
        try:
            if name in used:
                raise InputError(f"a second recording of this name; {used[name]} is used")
            if not name.isascii():
                raise InputError("has a name outside ASCII; rename it")
            prepared = preparation.sequence(path)
        except InputError as error:
            rejected[str(path)] = str(error)
            continue
        used[name] = path
        yield recording, prepared


def truth_of(name: str, class_names: list[str]) -> str | None:
    """The action that a name of NTU RGB+D contains; None for another name."""
    try:
        action = SampleName.parse(name).action
    except InputError:
        return None
    return (class_names + list(action_names("ntu120"))[len(class_names) :])[action - 1]
