"""Networks for Kinect v2 with random weights and statistics, as checkpoints would give them."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import onnx
from numpy.typing import NDArray

from action_rec.checkpoints.trained import Trained
from action_rec.data.streams import Stream
from action_rec.export.graph import build_clip, build_step
from action_rec.models import (
    GRU,
    LRU,
    LSTM,
    TCN,
    CausalAttention,
    DenseIndRNN,
    GraphIndRNN,
    IndRNN,
    JointGraph,
    MinGRU,
    ResidualIndRNN,
    StackedIndRNN,
)
from action_rec.models.classifiers import RecurrentClassifier
from action_rec.models.inputs import FrameShape
from action_rec.onnx_file.facts import Format, Precision
from action_rec.onnx_file.opening import OnnxModel
from action_rec.skeletons.formats.reading import read_kinect
from action_rec.skeletons.joint_sets import KINECT_V2
from tests.live.networks import random_network, trained_on

BUILD = {"step": build_step, "clip": build_clip}


class Case(NamedTuple):
    """A network to export: built for (M, V, C) and a width, its bodies and input streams."""

    build: Callable[[FrameShape, int], RecurrentClassifier]
    bodies: int = 2
    streams: tuple[Stream, ...] = ("joint",)


CASES = {
    "stacked": Case(lambda shape, n: StackedIndRNN(4, shape, hidden_size=n, num_layers=2), 1),
    "residual": Case(
        lambda shape, n: ResidualIndRNN(4, shape, hidden_size=n, num_blocks=2, norm="before"),
        streams=("joint", "bone", "joint_motion"),
    ),
    "dense": Case(
        lambda shape, n: DenseIndRNN(
            4, shape, growth=max(2, n // 4), blocks=(1, 1), time_difference=True
        )
    ),
    "joint graph": Case(
        lambda shape, n: StackedIndRNN(
            4,
            shape,
            hidden_size=n,
            num_layers=2,
            readout="running_mean",
            features=lambda shape: JointGraph(shape, channels=max(4, n // 8)),
        )
    ),
    "graph": Case(
        lambda shape, n: GraphIndRNN(4, shape, num_layers=2, channels=max(4, n // 8)),
    ),
    "elu": Case(
        lambda shape, n: StackedIndRNN(
            4, shape, hidden_size=n, num_layers=1, recurrence=partial(IndRNN, activation="elu")
        ),
        1,
    ),
    "prelu": Case(
        lambda shape, n: StackedIndRNN(
            4, shape, hidden_size=n, num_layers=1, recurrence=partial(IndRNN, activation="prelu")
        ),
        1,
    ),
    "LSTM": Case(
        lambda shape, n: StackedIndRNN(4, shape, hidden_size=n, num_layers=1, recurrence=LSTM), 1
    ),
    "GRU": Case(
        lambda shape, n: StackedIndRNN(4, shape, hidden_size=n, num_layers=1, recurrence=GRU)
    ),
}
for baseline in (MinGRU, LRU, TCN, CausalAttention):
    CASES[baseline.__name__] = Case(
        lambda shape, n, baseline=baseline: StackedIndRNN(  # type: ignore[misc]
            4, shape, hidden_size=n, num_layers=1, recurrence=baseline
        ),
        1,
    )


def trained(case: Case, width: int = 16) -> Trained:
    """What the checkpoint of a network would hold."""
    shape = (case.bodies, 25, 3 * len(case.streams))
    described = {
        "joint_set": KINECT_V2.name,
        "joint_names": list(KINECT_V2.joints),
        "joint_parents": list(KINECT_V2.parents),
        "joint_mirror": list(KINECT_V2.mirror),
        "rules": {"name": "sgn"},
        "dataset": "ntu60",
        "benchmark": "xsub",
        "body_size": 0.4,
    }
    network = random_network(case.build(shape, width))
    for module in network.modules():
        if isinstance(module, IndRNN):  # no state may grow without end over a long recording
            module.bound = 0.95
            module.clamp_recurrent_weight()
    return trained_on(network, shape, source=described, streams=case.streams)


def export_to(path: Path, one: Trained, format: Format, precision: Precision = "fp32") -> OnnxModel:
    """Export and open again."""
    model, _ = BUILD[format](one, precision)
    onnx.save(model, path)
    return OnnxModel(path)


def real_frames(file: Path, bodies: int) -> NDArray[np.float32]:
    """The frames (T, M, 25, 3) of a recording, its bodies in the order in which they appear."""
    recording = read_kinect(file)
    frames = np.zeros((recording.num_frames, bodies, 25, 3), np.float32)
    for place, body in enumerate(recording.bodies[:bodies]):
        frames[body.frames, place] = body.joints
    return frames
