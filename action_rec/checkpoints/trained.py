"""Build a trained network from a checkpoint alone, and check stores against it."""

from pathlib import Path
from typing import Any, NamedTuple

import torch

from action_rec.checkpoints.building import build_network
from action_rec.checkpoints.reading import load_checkpoint
from action_rec.checkpoints.typed import REMEDY, TypedReader
from action_rec.data.clip_format import ClipFormat
from action_rec.data.datamodule import SkeletonDataModule
from action_rec.errors import InputError
from action_rec.models.inputs import FrameShape
from action_rec.recognizer import ActionRecognizer, check_classes
from action_rec.store.reader import Store
from action_rec.store.units import match_units

_MOST_NUMBERS = 1 << 21  # of a clip: 256 clips of a batch are 2 GB then


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
    frame_shape: FrameShape
    source: dict[str, Any]


def load_trained(path: Path) -> Trained:
    """Build the recognizer of a checkpoint; nothing that the file names is imported.

    Args:
        path: A .ckpt file.

    Raises:
        InputError: The file cannot be read, does not describe its network, or describes one that
            is not built of this package's classes.
    """
    checkpoint = load_checkpoint(path)
    described = checkpoint.get("hyper_parameters", {}).get("network")
    if described is None:
        raise InputError(
            f"{path} does not describe its network, which was built in Python and not from a "
            "config; give a checkpoint that 'python -m action_rec fit' wrote"
        )
    names = checkpoint.get("class_names")
    data = checkpoint.get(SkeletonDataModule.__qualname__, {})
    missing = sorted({"clips", "dataset", "joint_set", "benchmark"} - data.keys())
    if not names or missing:
        what = "its classes" if not names else f"its {missing[0]}"
        raise InputError(f"{path} does not name {what}; {REMEDY}")
    format: ClipFormat = TypedReader().read(data["clips"], ClipFormat, f"{path}: clips")
    weights = checkpoint["state_dict"]
    network, shape = build_network(described, weights, f"{path}: hyper_parameters.network")
    recognizer = ActionRecognizer(network, names)
    recognizer.check_weights(weights)
    recognizer.load_state_dict(weights)
    recognizer.eval()
    _check_shapes(recognizer, format, shape, path)
    return Trained(recognizer, format, shape, data)


def _check_shapes(
    recognizer: ActionRecognizer, format: ClipFormat, shape: FrameShape, path: Path
) -> None:
    """Check that the network takes the clips and names the classes of its checkpoint."""
    bodies, joints, coordinates = shape
    numbers = format.clip_len * bodies * joints * coordinates
    fits = bodies == format.num_bodies and coordinates in (
        size * len(format.streams) for size in (2, 3)
    )
    if not fits or not 0 < numbers <= _MOST_NUMBERS:
        raise InputError(
            f"{path} has a network for frames of {bodies} bodies, {joints} joints and "
            f"{coordinates} coordinates, but its clips are of {format.clip_len} frames, "
            f"{format.num_bodies} bodies and {len(format.streams)} streams; {REMEDY}"
        )
    try:
        with torch.inference_mode():
            logits = recognizer(torch.zeros(1, format.clip_len, *shape))
    except RuntimeError as error:
        words = " ".join(str(error).split())
        raise InputError(f"{path} has a network that takes no clip ({words}); {REMEDY}") from error
    if logits.shape != (1, len(recognizer.class_names)):
        raise InputError(
            f"{path} names {len(recognizer.class_names)} classes, but its network gives logits of "
            f"shape {tuple(logits.shape)}; {REMEDY}"
        )


def check_store(trained: Trained, store: Store, *, same_dataset: bool = True) -> None:
    """Check that a store holds what a network was trained on, and convert its unit.

    Args:
        trained: The network.
        store: The store; its coordinates are converted to the unit of the training data.
        same_dataset: Whether it must be of the same data set, too, and not only of the same kind.

    Raises:
        InputError: Joint set, joints, coordinates, view, classes or data set differ, the unit
            cannot be converted, or the bodies are of another size.
    """
    source = trained.source
    compared: dict[str, tuple[object, object]] = {
        "joint set": (
            source.get("joint_set"),
            source.get("joint_set") if store.same_joints(source) else store.joint_set,
        ),
        "number of joints": (trained.frame_shape[1], len(store.joint_names)),
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
    if trained.format.normalize != "clip":
        match_units(store, source.get("unit"), source.get("body_size"))
