"""Names of the recordings of a synthetic set."""

from itertools import chain, product

from action_rec.errors import InputError
from action_rec.skeletons.ntu import NUM_ACTIONS, NUM_SETUPS, TRAIN_SUBJECTS, Dataset, SampleName

NUM_SUBJECTS: dict[Dataset, int] = {"ntu60": 40, "ntu120": 106}


def recording_names(
    dataset: Dataset,
    actions: int | list[int],
    subjects: int,
    setups: int,
    cameras: int,
    replications: int,
) -> list[SampleName]:
    """Return the names of the recordings; the cameras of a performance are adjacent.

    Args:
        dataset: Data set with the actions, subjects and setups.
        actions: Number of actions, from the first, or a list of action numbers.
        subjects: Number of subjects, alternately training and test subjects of xsub.
        setups: Number of setups, from the first.
        cameras: Number of cameras, from the first.
        replications: Number of replications, from the first.

    Raises:
        InputError: A count or an action number is outside the range of the data set.
    """
    check_range("subjects", subjects, 1, NUM_SUBJECTS[dataset], dataset)
    check_range("setups", setups, 1, NUM_SETUPS[dataset], dataset)
    check_range("cameras", cameras, 1, 3, dataset)
    check_range("replications", replications, 1, 2, dataset)
    return [
        SampleName(setup, camera, subject, replication, action)
        for setup, subject, replication, action, camera in product(
            range(1, setups + 1),
            _choose_subjects(dataset, subjects),
            range(1, replications + 1),
            _choose_actions(dataset, actions),
            range(1, cameras + 1),
        )
    ]


def check_range(
    option: str, value: float, minimum: float, maximum: float, dataset: str = ""
) -> None:
    """Check that a value is in [minimum, maximum].

    Raises:
        InputError: The value is outside the range or NaN.
    """
    if not minimum <= value <= maximum:
        suffix = f" for {dataset}" if dataset else ""
        raise InputError(
            f"--{option} is {value}, but must be from {minimum} to {maximum}{suffix}; choose a "
            "value in this range"
        )


def _choose_subjects(dataset: Dataset, count: int) -> list[int]:
    subjects = range(1, NUM_SUBJECTS[dataset] + 1)
    train = [number for number in subjects if number in TRAIN_SUBJECTS[dataset]]
    test = [number for number in subjects if number not in TRAIN_SUBJECTS[dataset]]
    return list(chain.from_iterable(zip(train, test, strict=True)))[:count]


def _choose_actions(dataset: Dataset, actions: int | list[int]) -> list[int]:
    total = NUM_ACTIONS[dataset]
    if isinstance(actions, int):
        check_range("actions", actions, 1, total, dataset)
        return list(range(1, actions + 1))
    unknown = [action for action in actions if not 1 <= action <= total]
    if unknown or not actions or len(set(actions)) < len(actions):
        raise InputError(
            f"--actions is {actions}, but must list at least one of the numbers 1 to {total} of "
            f"{dataset}, each once; correct the list"
        )
    return sorted(actions)
