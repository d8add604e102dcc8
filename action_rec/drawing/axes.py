"""Skeletons in the axes of a matplotlib figure, still or moving."""

from collections.abc import Sequence
from functools import partial

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from action_rec.drawing.skeleton import FURTHER_BODIES, LIGHT, Bones, window


class SkeletonLines:
    """The lines of bodies in axes; `show` moves them.

    Args:
        axes: Where to draw.
        bones: Their bones.
        bodies: Their number M; the first is drawn in full colour, further ones lighter.
        colours: Of the middle, left and right side.
        width: Of the lines, in points; joints are dots.
    """

    def __init__(
        self,
        axes: Axes,
        bones: Bones,
        bodies: int,
        colours: Sequence[str] = LIGHT,
        width: float = 2.4,
    ) -> None:
        self._bones = {side: bones.joints[bones.side == side] for side in np.unique(bones.side)}
        self._lines: list[list[Line2D]] = []
        for body in range(bodies):
            ink = FURTHER_BODIES if body else 1.0
            mixed = [1 - ink * (1 - np.array(to_rgb(colours[side]))) for side in self._bones]
            style = partial(Line2D, [], [], linewidth=width, marker="o", markersize=1.25 * width)
            self._lines.append([style(color=tuple(one)) for one in mixed])
            for line in self._lines[-1]:
                axes.add_line(line)

    def show(self, places: NDArray[np.float64]) -> None:
        """Draw the bodies (M, V, 2); NaN for a joint that was not detected."""
        for body, lines in zip(places, self._lines, strict=True):
            for line, joints in zip(lines, self._bones.values(), strict=True):
                ends = np.full((len(joints), 3, 2), np.nan)  # a gap after each bone
                ends[:, :2] = body[joints]
                line.set_data(*ends.reshape(-1, 2).T)


def set_window(
    axes: Axes, places: NDArray[np.float64], shape: tuple[float, float] = (1.0, 1.0)
) -> None:
    """Set limits that fit all joints (..., 2), without axes; `shape` is that of the picture."""
    (x, y), (across, up) = window(places, shape)
    axes.set(xlim=(x - across, x + across), ylim=(y - up, y + up))
    axes.set_aspect("equal")
    axes.set_axis_off()
