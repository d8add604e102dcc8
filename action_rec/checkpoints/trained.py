"""A trained network out of a checkpoint alone, and the stores that it can be used on."""

from pathlib import Path
from typing import Any, NamedTuple

from action_rec.checkpoints.reading import check_class_paths, clip_format, load_checkpoint
from action_rec.data.clip_format import ClipFormat
from action_rec.data.datamodule import SkeletonDataModule
from action_rec.errors import InputError
from action_rec.recognizer import ActionRecognizer, check_classes
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


def check_store(trained: Trained, store: Store, *, same_dataset: bool = True) -> None:
    """Check that a store holds what a network was trained on.

    Args:
        trained: The network.
        store: The store.
        same_dataset: Whether it must be of the same data set, too, and not only of the same kind.

    Raises:
        InputError: Joint set, coordinates, view, classes or data set differ.
    """
    source = trained.source
    compared: dict[str, tuple[object, object]] = {
        "joint set": (source.get("joint_set"), store.joint_set),
        "coordinates per joint": (
            trained.frame_shape[2] // len(trained.format.streams),
            store.origin.shape[1],
        ),
        "view": (source.get("view", "recorded"), store.provenance.get("view", "recorded")),
    }
    if same_dataset:
        compared["dataset"] = (source.get("dataset"), store.dataset)
    for what, (theirs, here) in compared.items():
        if theirs != here:
            raise InputError(
                f"the checkpoint was trained on {what} {theirs!r}, but {store.path} has {here!r}; "
                "use a checkpoint trained on such data, or the store that it was trained with"
            )
    check_classes(trained.recognizer.class_names, list(store.class_names), str(store.path))
