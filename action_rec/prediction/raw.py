"""Raw recordings, prepared as those of the store that a network was trained on."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from action_rec.checkpoints.trained import Trained
from action_rec.errors import InputError
from action_rec.skeletons.joint_sets import KINECT_V2
from action_rec.skeletons.ntu import SampleName, action_names
from action_rec.skeletons.parser import parse_skeleton
from action_rec.skeletons.people_preparation import RULES, PeoplePreparation
from action_rec.skeletons.preparation import PreparedSequence
from action_rec.skeletons.recording_file import MAX_SKELETON_BYTES, read_recording_file


def preparation_of(trained: Trained) -> PeoplePreparation:
    """The preparation of the store that a network was trained on, as its checkpoint recorded it.

    Raises:
        InputError: The store was not made of .skeleton files.
    """
    source = trained.source
    parameters = dict(source.get("rules") or {})
    rules = RULES.get(parameters.pop("name", ""))
    if rules is None or source.get("joint_set") != KINECT_V2.name:
        raise InputError(
            f"the checkpoint was trained on dataset '{source.get('dataset')}' with joint set "
            f"'{source.get('joint_set')}', which was not made of .skeleton files; convert the "
            "recordings as that data set was, with 'python -m data_prep', and give the store"
        )
    try:
        return PeoplePreparation(rules(**parameters), source.get("view", "recorded"))
    except TypeError:
        raise InputError(
            f"the checkpoint was trained on recordings selected by '{rules.name}' rules with the "
            f"parameters {', '.join(parameters)}, which this version does not know; convert the "
            "recordings with 'python -m data_prep' and give the store"
        ) from None


def read_recordings(
    paths: Iterable[Path], preparation: PeoplePreparation, rejected: dict[str, str]
) -> Iterator[tuple[Path, PreparedSequence]]:
    """Yield the recordings that can be used; `rejected` gets the others, each with the reason."""
    used: dict[str, Path] = {}
    for path in paths:
        try:
            if path.stem in used:
                raise InputError(f"a second recording of this name; {used[path.stem]} is used")
            if not path.stem.isascii():
                raise InputError("has a name outside ASCII; rename it")
            content = read_recording_file(path, MAX_SKELETON_BYTES)
            prepared = preparation.prepare(parse_skeleton(content, path.name))
        except InputError as error:
            rejected[str(path)] = str(error)
            continue
        used[path.stem] = path
        yield path, prepared


def truth_of(name: str, class_names: list[str]) -> str | None:
    """The action that a name of NTU RGB+D contains; None for another name."""
    try:
        action = SampleName.parse(name).action
    except InputError:
        return None
    return (class_names + list(action_names("ntu120"))[len(class_names) :])[action - 1]
