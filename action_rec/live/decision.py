"""When to speak: smoothing, a threshold, and a lower one until which a label is kept."""

import json
import math
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Self

import numpy as np

from action_rec.errors import InputError
from action_rec.live.engine import Array


@dataclass(frozen=True)
class DecisionRule:
    """Parameters of the rule by which probabilities become a label or nothing.

    Attributes:
        smoothing: Time constant in frames of the exponential mean over the probabilities; 0 for
            none.
        threshold: The mean probability of a class from which on it is the label.
        release: The mean probability below which a label is given up, at most `threshold`. Between
            the two a label is kept: one that is not sure any more, but not wrong, does not flicker.

    Raises:
        InputError: A value is out of range.
    """

    smoothing: float = 3.0
    threshold: float = 0.6
    release: float = 0.4

    def __post_init__(self) -> None:
        for name in ("smoothing", "threshold", "release"):
            value = getattr(self, name)
            most = math.inf if name == "smoothing" else 1
            number = isinstance(value, int | float) and not isinstance(value, bool)
            if not (number and 0 <= value <= most and value < math.inf):
                raise InputError(
                    f"{name} of a decision rule must be a number from 0, got {value!r}"
                )
        if self.release > self.threshold:
            raise InputError(
                f"release {self.release} of a decision rule must be at most its threshold "
                f"{self.threshold}"
            )

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read the file that ``python -m action_rec decide`` wrote.

        Raises:
            InputError: It cannot be read, or holds no rule.
        """
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError) as error:
            raise InputError(
                f"decision rule '{path}' cannot be read ({' '.join(str(error).split()):.150}); "
                "write it with 'python -m action_rec decide'"
            ) from None
        names = [field.name for field in fields(cls)]
        rule = content.get("rule") if isinstance(content, dict) else None
        if not isinstance(rule, dict) or sorted(rule) != sorted(names):
            raise InputError(
                f"'{path}' holds no decision rule, which is an object 'rule' with "
                f"{', '.join(names)}; write it with 'python -m action_rec decide'"
            )
        return cls(**rule)


class Decider:
    """Applies a rule to the probabilities of a stream.

    Args:
        rule: The rule.

    Attributes:
        label: The class, from 0; None while there is nothing to say.
    """

    def __init__(self, rule: DecisionRule) -> None:
        self.rule = rule
        self.label: int | None = None
        self.smoothed: Array | None = None
        # Of a frame in the exponential mean.
        self._weight = np.float32(-math.expm1(-1 / rule.smoothing) if rule.smoothing else 1)

    def step(self, probabilities: Array) -> tuple[int | None, Array]:
        """Decide after a frame.

        Args:
            probabilities: (K,) after the frame.

        Returns:
            The class or None, and the smoothed probabilities (K,).
        """
        if self.smoothed is None:
            self.smoothed = probabilities
        self.smoothed = self.smoothed + self._weight * (probabilities - self.smoothed)
        if self.label is not None and self.smoothed[self.label] < self.rule.release:
            self.label = None
        if self.label is None:
            best = int(np.argmax(self.smoothed))
            if self.smoothed[best] >= self.rule.threshold:
                self.label = best
        return self.label, self.smoothed
