"""Line charts as SVG, coloured by the style of the page."""

from collections.abc import Mapping, Sequence
from math import floor, isfinite, log10

from markupsafe import Markup, escape

Points = Sequence[tuple[float, float]]

_WIDTH, _HEIGHT = 420, 240
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 10, 12, 40
_MOST_POINTS = 400


def line_chart(
    series: Mapping[str, Points],
    *,
    title: str,
    across: str,
    up: str,
    unit_square: bool = False,
    marks: bool = False,
) -> Markup:
    """Draw lines.

    Args:
        series: Points (x, y) of each line, by name; points that are not finite are left out.
        title: What the chart shows, for screen readers and as its caption.
        across: Name of the x axis.
        up: Name of the y axis.
        unit_square: Whether both axes go from 0 to 1, with the diagonal.
        marks: Whether the points are marked.

    Returns:
        A figure element; empty if there are no points.
    """
    kept = {
        name: _thin([p for p in points if all(map(isfinite, p))]) for name, points in series.items()
    }
    every = [point for points in kept.values() for point in points]
    if not every:
        return Markup()
    x_ticks, y_ticks = (
        [_unit() for _ in "xy"]
        if unit_square
        else [_ticks([point[axis] for point in every]) for axis in (0, 1)]
    )
    parts = [_axes(x_ticks, y_ticks, across, up)]
    if unit_square:
        parts.append(f'<path class="diagonal" d="{_path([(0, 0), (1, 1)], x_ticks, y_ticks)}"/>')
    for number, points in enumerate(kept.values()):
        parts.append(f'<path class="line s{number % 8}" d="{_path(points, x_ticks, y_ticks)}"/>')
        if marks or len(points) == 1:
            parts += [
                f'<circle class="mark s{number % 8}" cx="{x:.1f}" cy="{y:.1f}" r="3"/>'
                for x, y in (_place(point, x_ticks, y_ticks) for point in points)
            ]
    legend = "".join(
        f'<span class="key s{number % 8}">{escape(name)}</span>' for number, name in enumerate(kept)
    )
    drawn = "".join(parts)
    return Markup(
        f'<figure><svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(title)}">'
        f"{drawn}</svg><figcaption>{escape(title)}"
        f"{f'<br>{legend}' if len(kept) > 1 else ''}</figcaption></figure>"
    )


def _thin(points: Points) -> Points:
    step = -(-len(points) // _MOST_POINTS)
    return points if step <= 1 else [*points[::step], points[-1]]


def _unit() -> list[float]:
    return [0.0, 0.25, 0.5, 0.75, 1.0]


def _ticks(values: Sequence[float]) -> list[float]:
    """Round numbers around the values: the first is below all of them, the last above."""
    low, high = min(values), max(values)
    if high <= low:
        low, high = low - 0.5, high + 0.5
    rough = (high - low) / 4
    power = 10.0 ** floor(log10(rough))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough)
    first = floor(low / step)
    count = next(n for n in range(2, 12) if (first + n) * step >= high)
    return [(first + n) * step for n in range(count + 1)]


def _place(
    point: tuple[float, float], x_ticks: Sequence[float], y_ticks: Sequence[float]
) -> tuple[float, float]:
    right = (point[0] - x_ticks[0]) / (x_ticks[-1] - x_ticks[0])
    above = (point[1] - y_ticks[0]) / (y_ticks[-1] - y_ticks[0])
    return (
        _LEFT + right * (_WIDTH - _LEFT - _RIGHT),
        _HEIGHT - _BOTTOM - above * (_HEIGHT - _TOP - _BOTTOM),
    )


def _path(points: Points, x_ticks: Sequence[float], y_ticks: Sequence[float]) -> str:
    placed = [_place(point, x_ticks, y_ticks) for point in points]
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in placed)


def _axes(x_ticks: Sequence[float], y_ticks: Sequence[float], across: str, up: str) -> str:
    lines = []
    for tick in y_ticks:
        _, y = _place((x_ticks[0], tick), x_ticks, y_ticks)
        lines.append(f'<path class="grid" d="M{_LEFT} {y:.1f}H{_WIDTH - _RIGHT}"/>')
        lines.append(f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{tick:.4g}</text>')
    for tick in x_ticks:
        x, _ = _place((tick, y_ticks[0]), x_ticks, y_ticks)
        lines.append(
            f'<text x="{x:.1f}" y="{_HEIGHT - _BOTTOM + 16}" text-anchor="middle">'
            f"{_short(tick)}</text>"
        )
    middle = (_LEFT + _WIDTH - _RIGHT) / 2
    lines.append(
        f'<text x="{middle}" y="{_HEIGHT - 6}" text-anchor="middle">{escape(across)}</text>'
        f'<text x="12" y="{(_HEIGHT - _BOTTOM) / 2}" text-anchor="middle" '
        f'transform="rotate(-90 12 {(_HEIGHT - _BOTTOM) / 2})">{escape(up)}</text>'
    )
    return "".join(lines)


def _short(number: float) -> str:
    return f"{number / 1000:g}k" if abs(number) >= 10_000 else f"{number:g}"
