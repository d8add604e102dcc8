"""The figure of graphs over joints: strongest edges on a skeleton, and adjacency matrices."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import CenteredNorm, LogNorm, Normalize
from matplotlib.figure import Figure, SubFigure
from matplotlib.patches import FancyArrowPatch
from numpy.typing import NDArray

from action_rec.console.text import printable, shorten
from action_rec.drawing.axes import SkeletonLines, set_window
from action_rec.drawing.skeleton import Bones

_PANEL = 3.0  # inches, each side
_OVER_TIME = 1.6  # panels, the width of the picture over time
_PAIRS = 2  # layers side by side
_POSE, _LEARNED = "viridis_r", "coolwarm"
_LARGEST_NAMES = 7  # points


@dataclass(frozen=True)
class DrawnGraphs:
    """The graphs of a clip and the skeletons that they are drawn on.

    Attributes:
        title: Of the figure.
        joint_names: V names.
        bones: Of the skeleton.
        frames: (T,) frames of the sequence that the clip consists of.
        positions: (T, M, V, 2) joints in the picture; NaN if not detected.
        learned: (L, V, V) adjacency of each layer; None if there is none.
        pose: (T, M', V, V) graph of each body and frame, M' >= M; None if there is none.
    """

    title: str
    joint_names: tuple[str, ...]
    bones: Bones
    frames: NDArray[np.int64]
    positions: NDArray[np.float64]
    learned: NDArray[np.float32] | None
    pose: NDArray[np.float32] | None

    @property
    def short_names(self) -> list[str]:
        """V names as they stand beside a matrix."""
        return [shorten(printable(name), 18) for name in self.joint_names]

    @property
    def name_size(self) -> float:
        """Their size in points."""
        return min(_LARGEST_NAMES, 150 / len(self.joint_names))

    def present(self) -> NDArray[np.bool_]:
        """(T, M) whether a body is there."""
        return np.asarray(np.isfinite(self.positions).any(axis=(2, 3)))

    def pose_when_present(self) -> NDArray[np.float32]:
        """(N, V, V) the graphs of the pose of all bodies that are there, times V."""
        if self.pose is None:
            return np.empty((0, 0, 0), np.float32)
        there = self.present()
        return self.pose[:, : there.shape[1]][there] * len(self.joint_names)


def strongest_edges(weights: NDArray[np.floating], count: int) -> list[tuple[int, int]]:
    """Return the (joint, neighbour) pairs of the largest absolute weights, the largest first.

    Args:
        weights: (V, V); the diagonal is left out.
        count: The number of pairs.
    """
    size = np.abs(weights) * ~np.eye(len(weights), dtype=bool)
    order = np.argsort(-size, axis=None, kind="stable")[: min(count, size.size - len(size))]
    return [(int(v), int(w)) for v, w in zip(*np.unravel_index(order, size.shape), strict=True)]


def draw_graphs(drawn: DrawnGraphs, frames: int, edges: int) -> Figure:
    """Draw the graphs of the pose in some frames, and the learned ones on a skeleton and as matrix.

    Args:
        drawn: The graphs, one of them at least.
        frames: Number of frames to draw.
        edges: Number of edges in each graph.
    """
    rows = 0 if drawn.learned is None else -(-len(drawn.learned) // _PAIRS)
    heights = [*([1.0] if drawn.pose is not None else []), *([float(rows)] if rows else [])]
    width = max(frames + _OVER_TIME if drawn.pose is not None else 0, 2 * _PAIRS)
    figure = Figure(figsize=(_PANEL * width, _PANEL * sum(heights) + 1), layout="constrained")
    figure.suptitle(drawn.title, parse_math=False)
    parts: Any = figure.subfigures(len(heights), 1, squeeze=False, height_ratios=heights)
    if drawn.pose is not None:
        _draw_pose(parts[0, 0], drawn, drawn.pose, frames, edges)
    if drawn.learned is not None:
        _draw_learned(parts[-1, 0], drawn, drawn.learned, edges)
    return figure


def _draw_pose(
    part: SubFigure, drawn: DrawnGraphs, pose: NDArray[np.float32], frames: int, edges: int
) -> None:
    """The graph of the pose in frames at equal distances, and what joints receive over time."""
    weights = pose * pose.shape[-1]
    steps = ((np.arange(frames) + 0.5) * len(weights) / frames).astype(int).tolist()
    there = drawn.present()
    shown = [(at, body) for at in steps for body in np.flatnonzero(there[at]).tolist()]
    largest = [float(weights[one][strongest_edges(weights[one], 1)[0]]) for one in shown]
    norm = LogNorm(1.0, max([1.01, *largest]))
    part.suptitle("Graph of the pose: strongest edges in some frames", fontsize=10)
    ratios = [*[1.0] * frames, _OVER_TIME]
    panels = part.subplots(1, frames + 1, squeeze=False, width_ratios=ratios)[0]
    for panel, step in zip(panels[:-1], steps, strict=True):
        panel.set_title(f"frame {drawn.frames[step] + 1}", fontsize=9)
        set_window(panel, drawn.positions)
        for body in (body for at, body in shown if at == step):
            joints, graph = drawn.positions[step, body], weights[step, body]
            _skeleton(panel, joints, drawn.bones)
            _edges(panel, joints, graph, strongest_edges(graph, edges), norm, _POSE)
    _bar(part, panels[:-1].tolist(), norm, _POSE, "weight (1: equal attention)")
    _over_time(panels[-1], drawn, weights, steps)


def _over_time(
    panel: Axes, drawn: DrawnGraphs, weights: NDArray[np.float32], steps: list[int]
) -> None:
    """What each joint receives in each frame, of the body for which it varies most."""
    there = drawn.present()
    every = weights[:, : there.shape[1]].mean(axis=2)
    body = int(((every - 1) ** 2 * there[..., None]).sum(axis=(0, 2)).argmax())
    received = np.where(there[:, body, None], every[:, body], np.nan).T
    norm = CenteredNorm(1.0)
    image = panel.imshow(received, aspect="auto", cmap=_LEARNED, norm=norm, interpolation="nearest")
    panel.set_title(f"attention that each joint receives, body {body + 1}", fontsize=9)
    panel.set_xticks(steps, [str(drawn.frames[step] + 1) for step in steps], fontsize=7)
    panel.set_xlabel("frame", fontsize=8)
    panel.set_yticks(
        range(len(received)), drawn.short_names, fontsize=drawn.name_size, parse_math=False
    )
    bar = panel.figure.colorbar(image, ax=panel, shrink=0.8, aspect=16)
    bar.set_label("mean weight (1: as much as the others)", fontsize=8)
    bar.ax.tick_params(labelsize=7)


def _draw_learned(
    part: SubFigure, drawn: DrawnGraphs, learned: NDArray[np.float32], edges: int
) -> None:
    """The learned adjacency of each layer, on the skeleton and as a matrix beside it."""
    limit = max(float(np.abs(learned).max()), 1e-6)
    norm = Normalize(-limit, limit)
    seen = np.isfinite(drawn.positions).all(axis=3).sum(axis=2)
    joints = drawn.positions[np.unravel_index(seen.argmax(), seen.shape)]
    part.suptitle("Learned adjacency of each layer: strongest edges, all weights", fontsize=10)
    panels = part.subplots(-(-len(learned) // _PAIRS), 2 * _PAIRS, squeeze=False)
    for panel in panels.flat[2 * len(learned) :]:
        panel.set_axis_off()
    for layer, adjacency in enumerate(learned):
        on_skeleton, matrix = panels.flat[2 * layer : 2 * layer + 2]
        on_skeleton.set_title(f"layer {layer + 1}", fontsize=9)
        set_window(on_skeleton, joints)
        _skeleton(on_skeleton, joints, drawn.bones)
        _edges(on_skeleton, joints, adjacency, strongest_edges(adjacency, edges), norm, _LEARNED)
        matrix.imshow(adjacency, cmap=_LEARNED, norm=norm)
        names, size = drawn.short_names, drawn.name_size
        matrix.set_xticks(range(len(names)), names, rotation=90, fontsize=size, parse_math=False)
        matrix.set_yticks(range(len(names)), names, fontsize=size, parse_math=False)
        matrix.set_xlabel("attends to", fontsize=8)
    _bar(part, panels.flat[:].tolist(), norm, _LEARNED, "learned weight")


def _bar(part: SubFigure, panels: list[Axes], norm: Normalize, colours: str, label: str) -> None:
    bar = part.colorbar(ScalarMappable(norm, colours), ax=panels, shrink=0.8, aspect=16)
    bar.set_label(label, fontsize=8)
    bar.ax.tick_params(which="both", labelsize=7)
    bar.ax.yaxis.set_major_formatter("{x:.3g}")
    bar.ax.yaxis.set_minor_formatter("{x:.3g}")


def _skeleton(axes: Axes, joints: NDArray[np.float64], bones: Bones) -> None:
    """Bones in grey, under the edges."""
    SkeletonLines(axes, bones, 1, colours=("0.75",) * 3).show(joints[None])


def _edges(
    axes: Axes,
    joints: NDArray[np.float64],
    weights: NDArray[np.floating],
    edges: list[tuple[int, int]],
    norm: Normalize,
    colours: str,
) -> None:
    """An arrow from each joint to the one that it attends to, the strongest on top."""
    for place, (joint, other) in enumerate(reversed(edges)):
        if np.isfinite(joints[[joint, other]]).all():
            arrow = FancyArrowPatch(
                *(tuple(joints[joint]), tuple(joints[other])),
                arrowstyle="-|>",
                connectionstyle="arc3,rad=0.2",
                mutation_scale=8,
                linewidth=1.3,
                color=colormaps[colours](norm(weights[joint, other])),
                zorder=3 + place,
            )
            axes.add_patch(arrow)
