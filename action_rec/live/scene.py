"""Which bodies take the places of a network that was trained on several people at once.

The rules of training look at whole recordings. A stream has to choose while it runs, so these are
their causal counterparts: what a rule knows of a body is what was seen of it so far. A body keeps
its place until it has been gone for a time, since the state of the network knows the places.
"""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from action_rec.errors import InputError
from action_rec.live.engine import Array
from action_rec.live.streams import BodyId

_MEMORY = 300  # frames over which motion is averaged: the longest recording of NTU RGB+D
_MUCH_MORE = 2.0  # how much more another body must move to take a place


class Scene:
    """The bodies in the places of a network.

    Args:
        rules: The rules of training. Those that order by motion (``sgn``, ``energy``) fill free
            places with the bodies that moved most so far, and give a place to another body that
            moves twice as much as the one that has it; ``sgn`` leaves out bodies of an impossible
            shape and, beside others, those seen in few frames. All others fill free places in the
            order in which bodies appear.
        places: Number of places M.
        gone_after: Frames after which a body that is not seen loses its place.
    """

    def __init__(self, rules: Mapping[str, Any], places: int, gone_after: int) -> None:
        most = min(places, _number(rules, "max_bodies", places))
        self.places: list[BodyId | None] = [None] * max(1, int(most))
        self.gone_after = gone_after
        name = rules.get("name")
        self.by_motion = name in ("sgn", "energy")
        parameters = rules if name == "sgn" else {}
        self._min_frames = _number(parameters, "min_frames", 0)
        self._max_spread = _number(parameters, "max_spread", math.inf)
        self._max_invalid = _number(parameters, "max_invalid_share", math.inf)
        self._seen: dict[BodyId, _Seen] = {}

    def assign(self, bodies: Mapping[BodyId, Array]) -> list[BodyId | None]:
        """Return the body in each place in this frame; None where nobody is.

        Args:
            bodies: (V, C) by id, of the bodies in this frame.
        """
        self._forget(bodies)
        for name, joints in bodies.items():
            self._seen.setdefault(name, _Seen()).see(joints, self._max_spread)
        others = [name for name in self._seen if name in bodies and name not in self.places]
        if self.by_motion:
            others.sort(key=lambda name: -self._motion(name))
        changed = set()
        for name in others:
            if all(place is None for place in self.places) or self._may_join(name):
                place = self._place_for(name)
                if place is not None:
                    # Not from one body to another in one step: that would be motion.
                    changed |= {place} if self.places[place] is not None else set()
                    self.places[place] = name
        return [
            name if name in bodies and place not in changed else None
            for place, name in enumerate(self.places)
        ]

    def _forget(self, bodies: Mapping[BodyId, Array]) -> None:
        for name in list(self._seen):
            body = self._seen[name]
            body.gone = 0 if name in bodies else body.gone + 1
            if body.gone > self.gone_after:
                del self._seen[name]
        self.places = [name if name in self._seen else None for name in self.places]

    def _may_join(self, name: BodyId) -> bool:
        body = self._seen[name]
        return body.frames >= self._min_frames and body.wide < self._max_invalid * body.frames

    def _place_for(self, name: BodyId) -> int | None:
        if None in self.places:
            return self.places.index(None)
        if not self.by_motion:
            return None
        motions = [self._motion(one) for one in self.places if one is not None]
        least = int(np.argmin(motions))
        return least if self._motion(name) > _MUCH_MORE * motions[least] else None

    def _motion(self, name: BodyId) -> float:
        body = self._seen[name]
        valid = body.wide < self._max_invalid * body.frames
        return body.motion() if valid else 0.0


def _number(rules: Mapping[str, Any], name: str, default: float) -> float:
    value = rules.get(name, default)
    if type(value) not in (int, float) or not value >= 0:
        raise InputError(
            f"the network was trained on people selected with {name} {value!r:.60}, where a number "
            "is needed; use another checkpoint"
        )
    return float(value)


class _Seen:
    """What was seen of a body so far."""

    def __init__(self) -> None:
        self.frames = 0
        self.wide = 0  # frames in which it was wider than a person
        self.gone = 0  # frames since it was seen
        self._origin: Array | None = None
        self._weight = 0.0
        self._sum = self._squares = np.zeros(1)

    def see(self, joints: Array, max_spread: float) -> None:
        width, height = np.ptp(joints[:, :2], axis=0)
        self.frames += 1
        self.wide += int(width > max_spread * height)
        if self._origin is None:
            self._origin = joints.mean(axis=0)
        offset = (joints - self._origin).astype(np.float64)
        forget = 1 - 1 / _MEMORY
        self._weight = forget * self._weight + len(joints)
        self._sum = forget * self._sum + offset.sum(axis=0)
        self._squares = forget * self._squares + (offset**2).sum(axis=0)

    def motion(self) -> float:
        """The variance of the positions of all joints, summed over the coordinates."""
        mean = self._sum / self._weight
        return float((self._squares / self._weight - mean**2).sum())
