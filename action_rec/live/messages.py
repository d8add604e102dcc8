"""JSON messages of a stream: one frame in, one answer with labels out."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from action_rec.errors import InputError
from action_rec.live.bodies import LiveBodies, Recognized
from action_rec.live.streams import BodyId

LONGEST_MESSAGE = 1 << 19  # bytes: a frame of a hundred people with 133 joints is less

Answer = dict[str, Any]

_NEEDED = (
    'needed is {"joints": [[x, y, z], ...]} for one person, {"bodies": {"ID": [[x, y, z], ...]}} '
    'for any number, or {"request": "describe"} or "reset"'
)


class Conversation:
    """Answers the frames of one stream.

    Args:
        bodies: Recognizes them; each conversation needs its own.
        top: Number of most likely actions in an answer; 0 for none.

    Attributes:
        frames: Number of frames so far, with those that were refused.
        refused: Number of those that could not be used, as a whole or in part.
    """

    def __init__(self, bodies: LiveBodies, top: int = 0) -> None:
        self.bodies = bodies
        self.top = top
        self.frames = 0
        self.refused = 0

    def answer_message(self, message: str | bytes) -> Answer:
        """Answer a JSON message; what is wrong with one is the answer, too."""
        try:
            content = _parse(message)
            if "request" in content:
                return self._answer_request(content["request"])
            bodies = _bodies(content)
        except InputError as error:
            self.frames += 1
            return self._refusal(str(error))
        return self.answer(bodies)

    def answer(self, bodies: Mapping[BodyId, ArrayLike]) -> Answer:
        """Answer a frame: the labels of its bodies, and what is wrong with others.

        Args:
            bodies: (V, C) joints by id; see `LiveBodies.forward_step`.
        """
        self.frames += 1
        try:
            recognized = self.bodies.forward_step(bodies)
        except InputError as error:
            return self._refusal(str(error))
        answer: Answer = {
            "frame": self.frames - 1,
            "labels": [self._label(one) for one in recognized],
        }
        if self.bodies.problems:
            self.refused += 1
            answer["errors"] = {str(name): text for name, text in self.bodies.problems.items()}
        return answer

    def _label(self, recognized: Recognized) -> Answer:
        names, probabilities = self.bodies.engine.class_names, recognized.probabilities
        best = recognized.label
        shown = int(np.argmax(probabilities)) if best is None else names.index(best)
        answer: Answer = {
            "bodies": [str(name) for name in recognized.bodies],
            "label": best,
            "probability": round(float(probabilities[shown]), 4),
        }
        if self.top:
            order = np.argsort(-probabilities, kind="stable")[: self.top]
            answer["top"] = [[names[k], round(float(probabilities[k]), 4)] for k in order]
        return answer

    def _answer_request(self, request: object) -> Answer:
        if request == "reset":
            self.bodies.clean_state()
            self.frames = 0
            return {"reset": True}
        if request == "describe":
            engine = self.bodies.engine
            return {
                "class_names": engine.class_names,
                "joint_set": engine.joint_set,
                "joint_names": engine.joint_names,
                "coordinates": engine.frame_shape[2],
                "unit": engine.unit,
                "frame_rate": engine.frame_rate,
            }
        return {"error": f"request {request!r:.60} is unknown; {_NEEDED}"}

    def refuse(self, reason: str) -> Answer:
        """Answer a message that cannot be read at all."""
        self.frames += 1
        return self._refusal(reason)

    def _refusal(self, reason: str) -> Answer:
        self.refused += 1
        return {"frame": self.frames - 1, "error": reason}


def _parse(message: str | bytes) -> dict[str, Any]:
    if len(message) > LONGEST_MESSAGE:
        raise InputError(
            f"the message has {len(message):,} bytes, more than the {LONGEST_MESSAGE:,} that a "
            "frame can have; give one frame in each message"
        )
    try:
        content = json.loads(message)
    except (ValueError, RecursionError) as error:
        reason = " ".join(str(error).split())
        raise InputError(f"the message is not JSON ({reason:.150}); {_NEEDED}") from None
    if not isinstance(content, dict) or len(content.keys() & {"joints", "bodies", "request"}) != 1:
        raise InputError(f"the message is {content!r:.80}, and {_NEEDED}")
    return content


def _bodies(content: dict[str, Any]) -> dict[BodyId, ArrayLike]:
    if "joints" in content:
        return {"0": content["joints"]}
    bodies = content["bodies"]
    if not isinstance(bodies, dict):
        raise InputError(f"bodies are {bodies!r:.60}, and {_NEEDED}")
    return dict(bodies)  # what is no number is found with each body, so that the others go on
