"""Print the action after every frame of a recording; needs NumPy and onnxruntime only.

Type ``python onnx_client.py step.onnx RECORDING``, where RECORDING is a .npy array (T, V, C) or
(T, M, V, C), a .skeleton file of a Kinect v2, or JSON lines, ``-`` for those on stdin. A line is
{"joints": [[x, y, z], ...]} for one person, or {"bodies": {"ID": [[x, y, z], ...], ...}}.
Coordinates are as recorded, in the unit of the network; 0 stands for what was not detected.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnxruntime

GONE_AFTER = 30  # frames without a body after which it has left


class Recognizer:
    """A network as ``python -m action_rec export`` writes it."""

    def __init__(self, path: str) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        providers = ["CPUExecutionProvider"]
        self.session = onnxruntime.InferenceSession(path, options, providers=providers)
        facts = self.session.get_modelmeta().custom_metadata_map
        if facts.get("format") != "step":
            raise SystemExit(f"{path} is not a step; export the checkpoint without --clip")
        self.class_names = json.loads(facts["class_names"])
        self.states = json.loads(facts["states"])
        self.shape = tuple(json.loads(facts["frame_shape"]))  # (M, V, C)
        self.frame_step = int(facts["frame_step"])
        self.start()

    def start(self) -> None:
        """Forget the frames so far: all states are zeros."""
        self.values = {one["name"]: np.zeros(one["shape"], np.float32) for one in self.states}
        self.frames = 0

    def step(self, frame: np.ndarray) -> np.ndarray:
        """Return the probabilities (K,) after a frame (M, V, C)."""
        if self.frames % self.frame_step == 0:
            inputs = {"frame": frame[None].astype(np.float32), **self.values}
            self.latest, *after = self.session.run(None, inputs)
            self.values = dict(zip(self.values, after, strict=True))
        self.frames += 1
        return self.latest[0]


class Places:
    """Gives each body a place of the network, in the order in which they appear."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape
        self.ids: list[str | None] = [None] * shape[0]
        self.gone: dict[str | None, int] = {}

    def frame(self, bodies: dict[str, np.ndarray]) -> np.ndarray:
        """Return (M, V, C) of the joints (V, C) of bodies."""
        frame = np.zeros(self.shape)
        for place, body in enumerate(self.ids):
            self.gone[body] = 0 if body in bodies else self.gone.get(body, 0) + 1
            if self.gone[body] > GONE_AFTER:
                self.ids[place] = None
        for body, joints in bodies.items():
            if body not in self.ids and None in self.ids:
                self.ids[self.ids.index(None)] = body
            if body in self.ids:
                if joints.shape != self.shape[1:]:
                    raise SystemExit(f"joints of {joints.shape}, but {self.shape[1:]} are needed")
                frame[self.ids.index(body)] = np.nan_to_num(joints, posinf=0, neginf=0)
        return frame


def read(recording: str) -> Iterator[dict[str, np.ndarray]]:
    """Yield the joints (V, C) of each body by its id, frame by frame."""
    if recording.endswith(".npy"):
        array = np.load(recording, allow_pickle=False)
        for people in array if array.ndim == 4 else array[:, None]:
            there = {str(place): joints for place, joints in enumerate(people)}
            yield {body: joints for body, joints in there.items() if np.any(joints != 0)}
    elif recording.endswith(".skeleton"):
        yield from read_skeleton(recording)
    else:
        text = sys.stdin if recording == "-" else Path(recording).read_text("utf-8").splitlines()
        for line in text:
            content = json.loads(line)
            bodies = content["bodies"] if "bodies" in content else {"0": content["joints"]}
            yield {body: np.array(joints, float) for body, joints in bodies.items()}


def read_skeleton(recording: str) -> Iterator[dict[str, np.ndarray]]:
    """Yield the bodies of each frame of a file of NTU RGB+D."""
    lines = iter(Path(recording).read_text(encoding="ascii").splitlines())
    for _ in range(int(next(lines))):
        bodies = {}
        for _ in range(int(next(lines))):
            body = next(lines).split()[0]
            joints = [next(lines).split()[:3] for _ in range(int(next(lines)))]
            bodies[body] = np.array(joints, float)
        yield bodies


def main() -> None:
    """Print a line of JSON for each frame."""
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    recognizer = Recognizer(sys.argv[1])
    places = Places(recognizer.shape)
    for index, bodies in enumerate(read(sys.argv[2])):
        frame = places.frame(bodies)
        answer = {"frame": index, "label": None, "probability": None}
        if frame.any():
            probabilities = recognizer.step(frame)
            best = int(probabilities.argmax())
            answer["label"] = recognizer.class_names[best]
            answer["probability"] = round(float(probabilities[best]), 4)
        elif not any(places.ids):
            recognizer.start()  # everybody has left
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
