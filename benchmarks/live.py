"""``python -m benchmarks.live``: cost of recognition frame by frame.

Latency of a frame by PyTorch, by onnxruntime and by running a window of 20 frames again; 100 people
in one batch against one at a time; and a long stream. One CPU thread, networks with random weights.
The ways of a network are measured in turns, in processor time, which other processes on the machine
lengthen less than the time on the clock.
"""

import argparse
import gc
import os
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from numpy.typing import NDArray

from action_rec.checkpoints.trained import Trained
from action_rec.data.clip_format import ClipFormat
from action_rec.live import LiveBodies, LiveRecognizer
from action_rec.live.engine import StepEngine, TorchEngine
from action_rec.models import JointEmbedding, MovingJoints, ResidualIndRNN
from action_rec.models.classifiers import RecurrentClassifier
from action_rec.recognizer import ActionRecognizer
from action_rec.skeletons.joint_sets import JointSet, load_joint_set
from benchmarks.measurements import Measurement, report

WINDOW, PEOPLE = 20, 100
TURNS, CALLS = 40, 25
A_DAY = 1_000_000  # frames: nine hours at 30 a second
PIECES = 10

RECIPE = partial(ResidualIndRNN, 10, (1, 20, 3), hidden_size=256, num_blocks=3)
# |u| <= 1, as a network for streams is trained: with more, states grow with each frame.
READ = {"readout": "running_mean", "gamma": 1.0}
NETWORKS: dict[str, tuple[str, Callable[[], RecurrentClassifier]]] = {
    "residual-21 (512), NTU RGB+D": ("kinect_v2", lambda: ResidualIndRNN(60, gamma=1.0)),
    "recipe (7 x 256), JointEmbedding": (
        "kinect_v1",
        lambda: RECIPE(**READ, features=partial(JointEmbedding, channels=16)),
    ),
    "recipe (7 x 256), MovingJoints": (
        "kinect_v1",
        lambda: RECIPE(**READ, features=partial(MovingJoints, channels=16)),
    ),
}


def trained_of(name: str) -> Trained:
    """A checkpoint of a network with random weights, as one that is read at every frame."""
    joint_set, build = NETWORKS[name]
    torch.manual_seed(0)
    network = build().eval()
    shape = network.features.frame_shape
    assert shape is not None
    joints: JointSet = load_joint_set(joint_set)
    source = {
        "joint_set": joint_set,
        "joint_names": list(joints.joints),
        "joint_parents": list(joints.parents),
        "joint_mirror": list(joints.mirror),
        "unit": "metre",
        "rules": {"name": "sgn"} if shape[0] > 1 else {},
    }
    classes = [f"action {index}" for index in range(network.classifier.out_features)]
    format = ClipFormat(num_bodies=shape[0], normalize="start")
    return Trained(ActionRecognizer(network, classes).eval(), format, shape, source)


def people(count: int, frames: int, joints: int) -> NDArray[np.float32]:
    """(frames, count, joints, 3) people who move around their places, in metres."""
    random = np.random.default_rng(0)
    body = random.normal(0, 0.4, (count, joints, 3))
    phase = random.uniform(0, 2 * np.pi, (count, joints, 3))
    swing = np.sin(np.arange(frames)[:, None, None, None] / 5 + phase)
    return (body + 0.1 * swing + random.normal(0, 2, (count, 1, 3))).astype(np.float32)


def onnx_engine(trained: Trained) -> StepEngine | None:
    """The step by onnxruntime with one thread; None where it is not installed."""
    try:
        from action_rec.export.graph import build_step
        from action_rec.onnx_file.engine import OnnxEngine

        model, _ = build_step(trained)
        with TemporaryDirectory() as folder:
            path = Path(folder) / "step.onnx"
            path.write_bytes(model.SerializeToString())
            engine: StepEngine = OnnxEngine(path)
    except ImportError:
        return None
    return engine


def stepper(engine: StepEngine) -> Callable[[], object]:
    """A function that processes the next frame of one stream."""
    frames = np.zeros((64, 1, *engine.frame_shape), np.float32)
    frames[:, 0, 0] = people(1, 64, engine.frame_shape[1])[:, 0]
    states = [np.zeros((1, size), np.float32) for size in engine.state_sizes]
    turn = [0, states]

    def step() -> None:
        _, turn[1] = engine.step(frames[turn[0] % 64], turn[1])
        turn[0] += 1

    return step


def window(trained: Trained) -> Callable[[], object]:
    """A function that processes the last 20 frames again, without their normalization."""
    clip = torch.zeros(1, WINDOW, *trained.frame_shape)
    clip[0, :, 0] = torch.from_numpy(people(1, WINDOW, trained.frame_shape[1])[:, 0])

    def run() -> None:
        with torch.inference_mode():
            trained.recognizer.network(clip)

    return run


def latencies(ways: dict[str, Callable[[], object]]) -> dict[str, NDArray[np.float64]]:
    """Call functions in turns; return the milliseconds of each call."""
    times: dict[str, list[float]] = {name: [] for name in ways}
    for call in ways.values():
        call()
    for _ in range(TURNS):
        for name, call in ways.items():
            for _ in range(CALLS):
                start = time.process_time()
                call()
                times[name].append(1e3 * (time.process_time() - start))
    return {name: np.array(values) for name, values in times.items()}


def measure_frame(name: str) -> list[Measurement]:
    """Latency of a frame of one person, by all ways."""
    trained = trained_of(name)
    ways = {"PyTorch": stepper(TorchEngine(trained)), "window": window(trained)}
    if (engine := onnx_engine(trained)) is not None:
        ways["ONNX"] = stepper(engine)
    times = latencies(ways)
    middle = {way: float(np.median(values)) for way, values in times.items()}

    def row(way: str, goal: str, reached: bool | None, remark: str) -> Measurement:
        value = f"{middle[way]:.3f} ms, p99 {np.percentile(times[way], 99):.3f} ms"
        return Measurement(f"{name}: frame by {way}", value, goal, reached, remark)

    ratio = middle["window"] / middle["PyTorch"]
    rows = [row("window", "", None, f"{WINDOW} frames again for each frame")]
    rows.append(row("PyTorch", "window / 5", ratio >= 5, f"{ratio:.1f} x faster than the window"))
    if "ONNX" in middle:
        ratio = middle["window"] / middle["ONNX"]
        fast = "recipe" not in name or middle["ONNX"] <= 1
        goal = "window / 5" + (", 1,000 frames/s" if "recipe" in name else "")
        remark = f"{ratio:.1f} x faster than the window, {1e3 / middle['ONNX']:,.0f} frames/s"
        rows.append(row("ONNX", goal, ratio >= 5 and fast, remark))
        ratio = middle["PyTorch"] / middle["ONNX"]
        rows.append(Measurement(f"{name}: PyTorch / ONNX", f"{ratio:.1f} x", "3 x", ratio <= 3))
    return rows


def measure_people(name: str) -> list[Measurement]:
    """Frames of 100 people: in one batch, and one at a time."""
    engine = TorchEngine(trained_of(name))
    frames = people(PEOPLE, 16, engine.frame_shape[1])
    together = LiveBodies(engine, people="each")
    alone = [LiveRecognizer(engine) for _ in range(PEOPLE)]
    given = [dict(enumerate(frame)) for frame in frames]
    turn = [0]

    def one_batch() -> None:
        together.forward_step(given[turn[0] % 16])
        turn[0] += 1

    def one_at_a_time() -> None:
        for recognizer, joints in zip(alone, frames[turn[0] % 16], strict=True):
            recognizer.forward_step(joints)

    times: dict[str, list[float]] = {"batch": [], "alone": []}
    one_batch()
    for _ in range(TURNS):
        for key, call in (("batch", one_batch), ("alone", one_at_a_time)):
            start = time.process_time()
            call()
            times[key].append(time.process_time() - start)
    batch, single = (float(np.median(values)) for values in times.values())
    memory = 4 * sum(engine.state_sizes)
    return [
        Measurement(
            f"{name}: {PEOPLE} people in one batch",
            f"{PEOPLE / batch:,.0f} frames/s",
            "10 x one at a time",
            single / batch >= 10,
            f"{single / batch:.1f} x the {PEOPLE / single:,.0f} frames/s of one at a time",
        ),
        Measurement(f"{name}: memory of a person", f"{memory / 1000:.1f} kB", "", None, "states"),
    ]


def measure_day(name: str, frames: int) -> list[Measurement]:
    """A long stream: memory, finite states, and the same result as in pieces."""
    engine = TorchEngine(trained_of(name))
    joints = people(1, 9_973, engine.frame_shape[1])[:, 0]
    recognizer = LiveRecognizer(engine)
    same, memory = True, []
    start = time.process_time()
    for index in range(frames):
        found = recognizer.forward_step(joints[index % len(joints)])
        if (index + 1) % max(1, frames // PIECES) == 0:
            gc.collect()
            memory.append(_resident())
            other = LiveRecognizer(engine)  # another process would do the same
            other.set_state(recognizer.get_state())
            piece = joints[:100]
            going_on = recognizer.forward_steps(piece, update_state=False)
            same &= bool((other.forward_steps(piece) == going_on).all())
    seconds = time.process_time() - start
    finite = all(np.isfinite(state).all() for state in recognizer.get_state().states)
    grown = (memory[-1] - memory[0]) / 1e6
    what = f"{name}: {frames:,} frames"
    return [
        Measurement(
            f"{what}: memory",
            f"{grown:+.1f} MB",
            "no growth",
            grown < 1,
            f"from {memory[0] / 1e6:,.0f} MB after the first tenth; {frames / seconds:,.0f} "
            "frames/s",
        ),
        Measurement(
            f"{what}: states",
            "finite" if finite else "not finite",
            "finite",
            bool(finite and np.isfinite(found).all()),
        ),
        Measurement(
            f"{what}: in {len(memory)} pieces", "the same" if same else "others", "the same", same
        ),
    ]


def _resident() -> int:
    """Bytes of this process that are in memory."""
    pages = int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def main() -> None:
    """Measure, print the table and write JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--frames", type=int, default=A_DAY, help="frames of the long stream (default: %(default)s)"
    )
    frames = parser.parse_args().frames
    if frames < PIECES:
        parser.error(f"--frames must be at least {PIECES}")
    torch.set_num_threads(1)
    rows = [row for name in NETWORKS for row in measure_frame(name)]
    rows += [row for name in NETWORKS for row in measure_people(name)]
    rows += measure_day(list(NETWORKS)[-1], frames)
    report("live", rows)


if __name__ == "__main__":
    main()
