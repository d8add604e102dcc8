"""Actors, and the interface of the rules that select them among the bodies of a recording."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol, Self

from action_rec.skeletons.recording import Body


@dataclass
class Actor:
    """Bodies that are assigned to one person.

    Attributes:
        bodies: The bodies; in a frame that two of them share, the later one counts.
        first: The first frame of any of them.
        last: The last frame of any of them.
    """

    bodies: list[Body]
    first: int
    last: int

    @classmethod
    def of(cls, body: Body) -> Self:
        """An actor with one body."""
        return cls([body], int(body.frames[0]), int(body.frames[-1]))

    def overlaps(self, body: Body) -> bool:
        """Whether the actor and a body share more than one frame of their intervals."""
        return min(self.last, int(body.frames[-1])) > max(self.first, int(body.frames[0]))

    def join(self, body: Body) -> None:
        """Assign another body to this actor."""
        self.bodies.append(body)
        self.first = min(self.first, int(body.frames[0]))
        self.last = max(self.last, int(body.frames[-1]))


class Rules(Protocol):
    """A rule set; it is a dataclass whose fields are its parameters."""

    name: ClassVar[str]

    def select(self, bodies: Sequence[Body]) -> tuple[list[Actor], list[str]]:
        """Select at least one actor among bodies that are in order of first appearance.

        Returns:
            The actors in the order of the store, and what was decided about each body.

        Raises:
            InputError: No body can be selected.
        """
