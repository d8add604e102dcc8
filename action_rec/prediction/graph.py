"""``python -m action_rec graph``: draw which joints a network attends to, on one sequence."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from action_rec.checkpoints.trained import Trained, load_trained
from action_rec.console.output_path import check_picture
from action_rec.console.text import shorten
from action_rec.console.writing import write_figure
from action_rec.data.augmentation import Augmentation
from action_rec.data.clips import ClipDataset, ClipRequest
from action_rec.data.sampling import name_keys
from action_rec.drawing.flat_view import flat_view
from action_rec.drawing.skeleton import Bones
from action_rec.errors import InputError, printable
from action_rec.evaluation.finite import check_finite
from action_rec.evaluation.tables import print_table
from action_rec.models.classifiers import RecurrentClassifier
from action_rec.prediction.batches import Work
from action_rec.prediction.graph_figure import DrawnGraphs, draw_graphs, strongest_edges
from action_rec.prediction.inputs import find_inputs
from action_rec.store.sequences import Sequences

_MOST_FRAMES = 8
_PRINTED = 3  # edges of each graph


def graph(
    recording: str,
    *,
    ckpt_path: Path,
    out: Path,
    sequence: str | None = None,
    frames: int = 4,
    edges: int = 10,
) -> None:
    """Draw the learned and the pose-dependent graph of a network over the joints.

    The network must have `JointGraph` features or be a `GraphIndRNN`. It sees frames of the whole
    sequence at equal distances, without augmentation. Of the pose-dependent graph some frames are
    drawn; a weight of 1 is that of equal attention to all joints.

    Args:
        recording: A recording, or a store (.h5) of such sequences.
        ckpt_path: The .ckpt file that fit wrote.
        out: The picture to write, .png, .pdf or .svg.
        sequence: Name of the sequence; the first one if not given.
        frames: The number of frames to draw.
        edges: The number of strongest edges to draw in each graph.

    Raises:
        InputError: An option, the checkpoint or the recording cannot be used, the network has no
            graph over the joints, or the picture cannot be written.
    """
    if not 1 <= frames <= _MOST_FRAMES:
        raise InputError(f"--frames must be from 1 to {_MOST_FRAMES}, got {frames}")
    if edges < 1:
        raise InputError(f"--edges must be at least 1, got {edges}")
    check_picture(out)
    trained = load_trained(ckpt_path)
    work = Work(trained, find_inputs([recording]), "all", clips=1)
    sequences, index, truth = _find(work, recording, sequence)
    title = printable(shorten(f"{sequences.names[index]}: {truth or 'truth unknown'}", 90))
    drawn = _graphs(trained, ckpt_path, sequences, index, title)
    _print(drawn)
    write_figure(out, draw_graphs(drawn, frames, edges))
    print(f"picture: {out}")


def _find(work: Work, recording: str, name: str | None) -> tuple[Sequences, int, str | None]:
    """Return the set, the index and the true action of the sequence of a name, or of the first."""
    for batch in work.batches():
        names = batch.sequences.names[batch.indices].tolist()
        if not name or name in names:
            place = names.index(name) if name else 0
            return batch.sequences, int(batch.indices[place]), batch.truths[place]
    if name:
        raise InputError(f"'{recording}' has no sequence '{name}'; give another --sequence")
    why = next(iter(work.rejected.values()), "it is empty")
    raise InputError(f"'{recording}' cannot be used: {why}")


def _graphs(
    trained: Trained, checkpoint: Path, sequences: Sequences, index: int, title: str
) -> DrawnGraphs:
    network = trained.recognizer.network
    if not isinstance(network, RecurrentClassifier):
        raise InputError(
            f"{checkpoint} holds no recurrent network; give a checkpoint of one with features "
            "JointGraph, or of GraphIndRNN"
        )
    evenly = replace(
        trained.format, sampling="resample", share=(1.0, 1.0), augmentation=Augmentation()
    )
    chosen = np.array([index])
    batch = ClipDataset(sequences, evenly)[ClipRequest(chosen, name_keys(sequences.names[chosen]))]
    with torch.no_grad():
        learned, pose = network.graphs(batch.clip)
    if learned is None and pose is None:
        raise InputError(
            f"the network of {checkpoint} has no graph layers; give a checkpoint of one with "
            "num_layers of at least 1"
        )
    if not all(one is None or bool(one.isfinite().all()) for one in (learned, pose)):
        check_finite([str(sequences.names[index])], 1)
    at = np.linspace(0, sequences.length[index] - 1, evenly.clip_len).round().astype(np.int64)
    return DrawnGraphs(
        title=title,
        joint_names=sequences.joint_names,
        bones=Bones.of(sequences),
        frames=at,
        positions=flat_view(sequences, index)[at][:, : evenly.num_bodies],
        learned=None if learned is None else learned.numpy(),
        pose=None if pose is None else pose[0].numpy(),
    )


def _print(drawn: DrawnGraphs) -> None:
    """Print the strongest edges, and how far the pose's graph is from equal attention."""
    rows = []
    for number, adjacency in enumerate([] if drawn.learned is None else drawn.learned, start=1):
        rows += _rows(f"learned, layer {number}", adjacency, drawn.joint_names)
    present = drawn.pose_when_present()
    if len(present):
        rows += _rows("pose, mean over frames", present.mean(axis=0), drawn.joint_names)
    print_table("strongest edges", ["graph", "joint", "attends to", "weight"], rows)
    if len(present):
        print(
            f"pose: weights of {present.min():.2f} to {present.max():.2f}, where 1 is equal "
            f"attention to all joints; standard deviation over pairs of joints "
            f"{present.mean(axis=0).std():.3f}, over the frames {present.std(axis=0).mean():.3f}"
        )


def _rows(
    graph: str, weights: NDArray[np.floating], joint_names: tuple[str, ...]
) -> list[list[str]]:
    return [
        [graph, printable(joint_names[v]), printable(joint_names[w]), f"{weights[v, w]:.2f}"]
        for v, w in strongest_edges(weights, _PRINTED)
    ]
