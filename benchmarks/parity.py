"""``python -m benchmarks.parity``: exported networks beside PyTorch: differences, sizes and times.

Each network, with random weights, is exported as a step and as a clip, and compared on bodies that
move at random and on recordings, if ``--recordings FOLDER`` names .skeleton files. A time is the
median of a frame or of a clip of 20 frames on one thread; PyTorch is `StepNetwork` without
compilation. `docs/export.md` reports the table.
"""

import argparse
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np
import torch
from rich.console import Console
from rich.table import Table

from action_rec.checkpoints.trained import Trained
from action_rec.export.comparison import largest_difference, moving_bodies
from action_rec.live.step import StepNetwork
from action_rec.onnx_file.opening import OnnxModel
from benchmarks.measurements import write_results
from tests.export.networks import CASES, export_to, real_frames, trained

_FRAMES, _CLIP = 300, 20


def step_times(one: Trained, model: OnnxModel) -> tuple[float, float]:
    """Return the median milliseconds of a frame with onnxruntime and with PyTorch."""
    frames = moving_bodies(_FRAMES, model.facts.frame_shape, 0.4)[:, None]
    network, theirs, ours = StepNetwork(one), [], []
    states = [np.zeros(state["shape"], np.float32) for state in model.facts.states]
    names = [state["name"] for state in model.facts.states]
    for frame in frames:
        begin = perf_counter()
        _, *states = model.run({"frame": frame, **dict(zip(names, states, strict=True))})
        theirs.append(perf_counter() - begin)
    tensors = network.start()
    with torch.inference_mode():
        for frame in torch.from_numpy(frames):
            begin = perf_counter()
            _, *tensors = network(frame, *tensors)
            ours.append(perf_counter() - begin)
    return 1e3 * median(theirs), 1e3 * median(ours)


def clip_time(model: OnnxModel) -> float:
    """Return the median milliseconds of a clip with onnxruntime."""
    clip, times = moving_bodies(_CLIP, model.facts.frame_shape, 0.4)[None], []
    for _ in range(50):
        begin = perf_counter()
        model.run({"clip": clip})
        times.append(perf_counter() - begin)
    return 1e3 * median(times)


def measure(name: str, width: int, recordings: list[Path], folder: Path) -> list[list[str]]:
    """Return the rows of the table of a network."""
    case, rows = CASES[name], []
    one = trained(case, width)
    weights = sum(parameter.numel() for parameter in one.recognizer.network.parameters())
    for format in ("step", "clip"):
        model = export_to(folder / "it.onnx", one, format)  # type: ignore[arg-type]
        shape = model.facts.frame_shape
        moving = largest_difference(one, model, moving_bodies(model.clip_len or 40, shape, 0.4))
        real = [
            largest_difference(one, model, real_frames(path, case.bodies)[: model.clip_len])
            for path in recordings
        ]
        times = step_times(one, model) if format == "step" else (clip_time(model), None)
        rows.append(
            [
                *(name, format, str(case.bodies), f"{weights:,}"),
                f"{model.path.stat().st_size / 1e6:.2f}",
                f"{moving:.1e}",
                f"{max(real):.1e}" if real else "-",
                *("-" if time is None else f"{time:.3f}" for time in times),
            ]
        )
    return rows


def main() -> None:
    """Print the table, and write it to ``results/parity.json``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--width", type=int, default=128)
    parser.add_argument("--recordings", type=Path)
    options = parser.parse_args()
    recordings = sorted(options.recordings.glob("*.skeleton")) if options.recordings else []
    torch.set_num_threads(1)
    headings = ["network", "format", "bodies", "parameters", "MB", "moving", "recordings"]
    headings += ["onnxruntime ms", "PyTorch ms"]
    table, rows = Table(*headings), []
    with tempfile.TemporaryDirectory() as folder:
        for name in CASES:
            for row in measure(name, options.width, recordings, Path(folder)):
                rows.append(row)
                table.add_row(*row)
    Console(width=140).print(table)
    write_results("parity", headings=headings, rows=rows, width=options.width)


if __name__ == "__main__":
    main()
