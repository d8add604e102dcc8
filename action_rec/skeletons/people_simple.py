"""Rules with one criterion: how much a body moves, when it appears, or none.

They identify bodies by bodyID. The scripts of the papers instead take the n-th body listed in every
frame for the same person, so that identities swap where the order of listing changes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from action_rec.errors import InputError
from action_rec.skeletons.people import Actor
from action_rec.skeletons.recording import Body


@dataclass(frozen=True)
class EnergyRules:
    """Keep the bodies with the most energy, as 2s-AGCN (Shi et al., CVPR 2019) and mmaction2 do.

    The energy of a body is the sum over x, y and z of the standard deviation of that coordinate
    over all its joints in all frames that hold it, in metres. Largest first; of equal ones the one
    that appears first. A body that returns under another bodyID is another body.

    Attributes:
        max_bodies: The number of actors.
    """

    name: ClassVar[str] = "energy"

    max_bodies: int = 2

    def select(self, bodies: Sequence[Body]) -> tuple[list[Actor], list[str]]:
        """Select the bodies with the most energy."""
        energies = {body.body_id: _energy(body) for body in bodies}
        ordered = sorted(bodies, key=lambda body: -energies[body.body_id])
        actors = ordered[: self.max_bodies]
        notes = [
            f"body {body.body_id} is actor {index}: energy {energies[body.body_id]:.3f} m"
            for index, body in enumerate(actors, 1)
        ]
        notes += [
            f"body {body.body_id} dropped: energy {energies[body.body_id]:.3f} m is less"
            for body in ordered[self.max_bodies :]
        ]
        return [Actor.of(body) for body in actors], notes


@dataclass(frozen=True)
class FirstRules:
    """Keep the bodies that appear first, after ST-GCN (Yan et al., AAAI 2018).

    Of bodies that appear in the same frame the one that is listed first comes first. ST-GCN itself
    keeps the first two bodies listed in every frame, whoever they are.

    Attributes:
        max_bodies: The number of actors.
    """

    name: ClassVar[str] = "first"

    max_bodies: int = 2

    def select(self, bodies: Sequence[Body]) -> tuple[list[Actor], list[str]]:
        """Select the first bodies."""
        actors = [Actor.of(body) for body in bodies[: self.max_bodies]]
        notes = [
            f"body {body.body_id} is actor {index}"
            if index <= self.max_bodies
            else f"body {body.body_id} dropped: {self.max_bodies} appear before it"
            for index, body in enumerate(bodies, 1)
        ]
        return actors, notes


@dataclass(frozen=True)
class KeepAll:
    """Keep every body, ghosts too, as an actor of its own, in order of first appearance.

    Attributes:
        max_bodies: A recording with more bodies is refused: the store holds every body in every
            frame, so that a damaged file in which each appearance is another body would grow to
            the square of its size.
    """

    name: ClassVar[str] = "all"

    max_bodies: int = 50

    def select(self, bodies: Sequence[Body]) -> tuple[list[Actor], list[str]]:
        """Select every body.

        Raises:
            InputError: There are too many.
        """
        if len(bodies) > self.max_bodies:
            raise InputError(
                f"it has {len(bodies)} bodies, more than the {self.max_bodies} that can be kept; "
                "convert it with --rules sgn"
            )
        notes = [f"body {body.body_id} is actor {index}" for index, body in enumerate(bodies, 1)]
        return [Actor.of(body) for body in bodies], notes


def _energy(body: Body) -> float:
    return float(np.sum(body.joints.reshape(-1, 3).std(axis=0)))
