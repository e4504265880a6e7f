"""Charts as SVG elements of a page. The style sheet of the page gives them their colours.

No text of a chart is inside the area of its curves: names are above it, ticks below and left of it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ._html import Html, element

_WIDTH, _HEIGHT = 260, 190
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 8, 8, 40
_MOST_POINTS = 400


@dataclass(frozen=True)
class Curve:
    """A curve of a chart.

    Attributes
    ----------
    name : str
        Its name in the legend and for screen readers.
    x, y : array-like of one length
        Its points.
    style : str
        Class of the style sheet, such as "first", "second" or "baseline".
    steps : bool
        Whether each value holds until the next point.
    """

    name: str
    x: ArrayLike
    y: ArrayLike
    style: str = "first"
    steps: bool = False


def line_chart(
    curves: Sequence[Curve],
    description: str,
    *,
    x_label: str,
    y_label: str,
    x_range: tuple[float, float] | None = None,
    y_range: tuple[float, float] | None = None,
) -> Html:
    """Return a chart of curves.

    Parameters
    ----------
    curves : sequence of Curve
        The curves; the first is on top. Points that are not finite are left out.
    description : str
        Text for readers who cannot see the chart.
    x_label, y_label : str
        Names of the axes.
    x_range, y_range : (float, float), optional
        Ranges of the axes. By default they hold all points, and the y axis starts at 0 if no value
        is negative.

    Returns
    -------
    Html
        An ``<svg>`` element.
    """
    points = [_finite(curve) for curve in curves]
    x_low, x_high = x_range or _range_of([x for x, _ in points], from_zero=False)
    y_low, y_high = y_range or _range_of([y for _, y in points], from_zero=True)
    y_ticks = ticks(y_low, y_high)
    if y_range is None:
        y_low, y_high = min(y_low, y_ticks[0]), max(y_high, y_ticks[-1])
    right, bottom = _WIDTH - _RIGHT, _HEIGHT - _BOTTOM

    def across(x: float | NDArray[np.float64]) -> NDArray[np.float64]:
        return _LEFT + (np.asarray(x) - x_low) / (x_high - x_low) * (right - _LEFT)

    def up(y: float | NDArray[np.float64]) -> NDArray[np.float64]:
        return bottom - (np.asarray(y) - y_low) / (y_high - y_low) * (bottom - _TOP)

    grid, texts = [], []
    for value in y_ticks:
        y = float(up(value))
        grid.append(element("line", x1=_LEFT, x2=right, y1=_short(y), y2=_short(y), class_="grid"))
        texts.append(
            element("text", _number(value), x=_LEFT - 6, y=_short(y + 3.5), class_="tick end")
        )
    for value in ticks(x_low, x_high):
        if not x_low <= value <= x_high:
            continue
        x = float(across(value))
        texts.append(
            element("text", _number(value), x=_short(x), y=bottom + 15, class_="tick middle")
        )
    axis = element("line", x1=_LEFT, x2=right, y1=bottom, y2=bottom, class_="axis")
    middle_x, middle_y = _short((_LEFT + right) / 2), _short((_TOP + bottom) / 2)
    names = [
        element("text", x_label, x=middle_x, y=_HEIGHT - 6, class_="name middle"),
        element(
            "text",
            y_label,
            x=12,
            y=middle_y,
            class_="name middle",
            transform=f"rotate(-90 12 {middle_y})",
        ),
    ]
    paths = [
        element("path", d=_path(across(x), up(y), curve.steps), class_=f"curve {curve.style}")
        for curve, (x, y) in reversed(list(zip(curves, points, strict=True)))
        if len(x)
    ]
    return element(
        "svg",
        element("g", grid, axis, texts, names, aria_hidden="true"),
        element("g", paths),
        viewBox=f"0 0 {_WIDTH} {_HEIGHT}",
        class_="chart",
        role="img",
        aria_label=description,
    )


def legend(entries: Sequence[tuple[str, str]]) -> Html:
    """Return the legend of charts: pairs of a name and a class of the style sheet."""
    return element(
        "ul",
        [
            element(
                "li",
                element(
                    "svg",
                    element("path", d="M0 5H22", class_=f"curve {style}"),
                    viewBox="0 0 22 10",
                    width=22,
                    height=10,
                    aria_hidden="true",
                ),
                " ",
                name,
            )
            for name, style in entries
        ],
        class_="legend",
    )


def bar(value: float, style: str = "first") -> Html:
    """Return a horizontal bar of a value in [0, 1], as wide as its surroundings.

    Readers who cannot see it are given nothing: write the number next to it.
    """
    share = 0.0 if np.isnan(value) else min(max(float(value), 0.0), 1.0)
    return element(
        "svg",
        element("rect", width="100%", height=8, rx=2, class_="bar track"),
        element("rect", width=f"{_short(100 * share)}%", height=8, rx=2, class_=f"bar {style}"),
        class_="bars",
        width="100%",
        height=8,
        aria_hidden="true",
    )


def ticks(low: float, high: float, n_most: int = 6) -> list[float]:
    """Return round numbers that cover a range, at most `n_most` where this is possible.

    Examples
    --------
    >>> ticks(0, 1)
    [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    >>> ticks(1, 60)
    [0.0, 20.0, 40.0, 60.0]
    """
    width = max(high - low, 1e-12)
    power = 10.0 ** math.floor(math.log10(width / n_most))
    for factor in (1, 2, 5, 10, 20):
        step = factor * power
        first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
        if last - first < n_most:
            break
    return [round(number * step, 12) for number in range(first, last + 1)]


def _finite(curve: Curve) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    x, y = np.asarray(curve.x, dtype=float), np.asarray(curve.y, dtype=float)
    finite = np.isfinite(x) & np.isfinite(y)
    x, y = x[finite], y[finite]
    if len(x) > _MOST_POINTS:
        chosen = np.unique(np.linspace(0, len(x) - 1, _MOST_POINTS).round().astype(int))
        x, y = x[chosen], y[chosen]
    return x, y


def _range_of(values: Sequence[NDArray[np.float64]], from_zero: bool) -> tuple[float, float]:
    known = np.concatenate([*values, np.empty(0)])
    low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)
    if from_zero and low > 0:
        low = 0.0
    return (low, high) if high > low else (low, low + 1.0)


def _path(x: NDArray[np.float64], y: NDArray[np.float64], steps: bool) -> str:
    path = f"M{_short(x[0])} {_short(y[0])}"
    for right, up in zip(x[1:], y[1:], strict=True):
        path += f"H{_short(right)}V{_short(up)}" if steps else f"L{_short(right)} {_short(up)}"
    if len(x) == 1:
        path += "h0.01"
    return path


def _short(value: float) -> str:
    """Write a coordinate with at most one decimal place."""
    return f"{round(float(value), 1):g}"


def _number(value: float) -> str:
    return f"{value:g}"
