"""A trained network out of a checkpoint alone, and the stores that it can be used on."""

from pathlib import Path
from typing import Any, NamedTuple

from action_rec.checkpoints.reading import check_class_paths, clip_format, load_checkpoint
from action_rec.data.clip_format import ClipFormat
from action_rec.data.datamodule import SkeletonDataModule
from action_rec.errors import InputError
from action_rec.recognizer import ActionRecognizer
from action_rec.store.reader import Store


class Trained(NamedTuple):
    """What a checkpoint holds.

    Attributes:
        recognizer: In eval mode, on the CPU.
        format: How the clips were made that it was trained on.
        frame_shape: (M, V, C) of the clips; C counts the coordinates of all streams.
        source: What else it knows of its data: dataset, joint_set, benchmark, rules, ...
    """

    recognizer: ActionRecognizer
    format: ClipFormat
    frame_shape: tuple[int, ...]
    source: dict[str, Any]


def load_trained(path: Path) -> Trained:
    """Rebuild the recognizer of a checkpoint; nothing is imported but this package and torch.

    Raises:
        InputError: The checkpoint cannot be read, or names other modules.
    """
    checkpoint = load_checkpoint(path)
    check_class_paths(checkpoint, path)
    format = clip_format(checkpoint, path)
    if "network" not in checkpoint.get("hyper_parameters", {}):
        raise InputError(
            f"{path} does not describe its network, which was built in Python and not from a "
            "config; give a checkpoint that 'python -m action_rec fit' wrote"
        )
    recognizer = ActionRecognizer.load_from_checkpoint(path, map_location="cpu", weights_only=True)
    network = checkpoint["hyper_parameters"]["network"]
    frame_shape = tuple(network["init_args"]["frame_shape"])
    data = checkpoint[SkeletonDataModule.__qualname__]
    return Trained(recognizer.eval(), format, frame_shape, data)


def check_joint_set(trained: Trained, store: Store) -> None:
    """Check that a store has the joints that a network was trained on.

    Raises:
        InputError: It has others.
    """
    if store.joint_set != trained.source.get("joint_set"):
        raise InputError(
            f"{store.path} has the joint set '{store.joint_set}', but the checkpoint was trained "
            f"on '{trained.source.get('joint_set')}', whose joints mean something else; use a "
            "checkpoint trained on this joint set"
        )


def check_store(trained: Trained, store: Store) -> None:
    """Check that a store is of the data set, joints and classes that a network was trained on.

    Raises:
        InputError: It is of others.
    """
    check_joint_set(trained, store)
    dataset = trained.source.get("dataset")
    if store.dataset != dataset:
        raise InputError(
            f"{store.path} holds dataset '{store.dataset}', but the checkpoint was trained on "
            f"'{dataset}'; use the store that it was trained with"
        )
    if list(store.class_names) != trained.recognizer.class_names:
        raise InputError(
            f"{store.path} has other classes than the checkpoint was trained on; use the store "
            "that it was trained with"
        )
