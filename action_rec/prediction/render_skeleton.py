"""The bodies of a frame as lines: one colour per side, one shade per person."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Annotation, Text
from numpy.typing import NDArray

from action_rec.prediction.render_view import sides_of
from action_rec.store.sequences import Sequences

_COLOURS = ("#6b6b6b", "#2468b4", "#e07b1a")  # middle, left, right


class Skeleton:
    """The lines of all bodies; between frames only their ends change.

    Args:
        figure: Gets the legend.
        axes: Get the lines, which the caller draws as `artists`.
        sequences: Have the joints, bones and sides that are drawn.
        bodies: The number of bodies M.

    Attributes:
        artists: What is to be drawn in every frame.
    """

    def __init__(self, figure: Figure, axes: Axes, sequences: Sequences, bodies: int) -> None:
        parents = sequences.joint_parents
        sides = sides_of(sequences)
        children = np.flatnonzero(parents != np.arange(len(parents)))
        self._bones = [
            np.stack([children, parents[children]], axis=1)[sides.side[children] == side]
            for side in range(len(_COLOURS))
        ]
        self._lines = [
            [_line(axes, _shade(colour, body)) for colour in _COLOURS] for body in range(bodies)
        ]
        self._numbers = [_text(axes, str(body + 1) if bodies > 1 else "") for body in range(bodies)]
        self._clock = axes.text(0.02, 0.02, "", transform=axes.transAxes, fontsize=8, animated=True)
        self.artists: list[Line2D | Text] = [line for body in self._lines for line in body]
        self.artists += [*self._numbers, self._clock]
        drawn = [side for side, bones in enumerate(self._bones) if len(bones)]
        names = ("middle", *sides.names)
        figure.legend(
            [Line2D([], [], color=_COLOURS[side], linewidth=2.5) for side in drawn],
            [names[side] for side in drawn],
            loc="lower right",
            ncols=3,
            fontsize=8,
            frameon=False,
        )

    def move(self, bodies: NDArray[np.float64], time: str) -> None:
        """Show the bodies (M, V, 2) of a frame."""
        for body, lines, number in zip(bodies, self._lines, self._numbers, strict=True):
            for line, bones in zip(lines, self._bones, strict=True):
                ends = np.full((len(bones), 3, 2), np.nan)  # a gap after each bone
                ends[:, :2] = body[bones]
                line.set_data(*ends.reshape(-1, 2).T)
            seen = body[np.isfinite(body).all(axis=1)]
            number.set_visible(len(seen) > 0)
            if len(seen):
                top = seen[seen[:, 1].argmax()]
                number.xy = (float(top[0]), float(top[1]))
        self._clock.set_text(time)


def _line(axes: Axes, colour: tuple[float, ...]) -> Line2D:
    (line,) = axes.plot(
        [], [], color=colour, linewidth=2.4, marker="o", markersize=3, animated=True
    )
    return line


def _text(axes: Axes, text: str) -> Annotation:
    return axes.annotate(
        text, (0, 0), (0, 5), textcoords="offset points", ha="center", fontsize=8, animated=True
    )


def _shade(colour: str, body: int) -> tuple[float, ...]:
    """The first body in full colour, further ones lighter."""
    light = 1 - 0.55**body
    return tuple(part + (1 - part) * light for part in to_rgb(colour))
