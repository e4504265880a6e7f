"""Layout of label names next to the rows of a figure: line breaks, font size and margins."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .figure import AS_WRITTEN, axes_to_draw_in, check_axes, import_pyplot, size_in_points
from .text import LINE_SPACING, fill, points, text_height, text_width, wrap

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# All in points.
_GREATEST_SIZE, _LEAST_SIZE = 9.0, 3.0
_WIDEST_NAME = 320
_ROW_HEIGHT = 16.6
_BARS_WIDTH = 360
_TITLE_SIZE = 9
_MARGIN = 30

#: Maximum fraction of given axes that names may use.
_NAMES_SHARE = 0.45


@dataclass(frozen=True)
class Names:
    """Names wrapped into lines, all in one font size, in points."""

    texts: list[str]
    size: float

    @property
    def width(self) -> float:
        """Width of the widest line, in points."""
        return max(text_width(line, self.size) for text in self.texts for line in text.split("\n"))

    @property
    def row_height(self) -> float:
        """Height of a row in points, enough for the name with the most lines."""
        n_lines = 1 + max(text.count("\n") for text in self.texts)
        return (LINE_SPACING * n_lines + 0.08) * self.size


def lay_out_names(
    names: Iterable[object],
    room: tuple[float, float] | None,
    *,
    suffixes: Sequence[str] | None = None,
    square: bool = False,
) -> Names:
    """Wrap names into lines, in the largest font size at which all rows fit.

    Parameters
    ----------
    names : sequence of objects
        The names, converted with `str`; their own line breaks are removed.
    room : (width, height) in points, or None
        Size of given axes. None means a new figure, which grows as needed.
    suffixes : sequence of str, default=None
        Text kept on one line with the last word of each name.
    square : bool, default=False
        Whether the names are also shown below the rows, which reduces the height.
    """
    words = [str(name).split() or [""] for name in names]
    if suffixes is not None:
        words = [
            [*name[:-1], name[-1] + suffix] for name, suffix in zip(words, suffixes, strict=True)
        ]
    if room is None:
        return _broken(words, _WIDEST_NAME, _GREATEST_SIZE)
    width, height = room
    for size in np.arange(_GREATEST_SIZE, _LEAST_SIZE - 0.1, -0.5):
        laid_out = _broken(words, _NAMES_SHARE * width, float(size))
        taken = laid_out.width if square else 0
        if laid_out.row_height * len(words) <= height - taken:
            break
    return laid_out


def _broken(words: list[list[str]], width: float, size: float) -> Names:
    return Names([fill(name, width, size) for name in words], size)


def axes_for_bars(
    ax: Axes | None,
    names: Iterable[object],
    *,
    suffixes: Sequence[str] | None = None,
    title: str,
    title_color: object,
    xlabel: str,
    values_at_right: Sequence[str] = (),
    caller: str,
) -> tuple[Axes, float, float]:
    """Prepare axes with one row per name, from the top, and a title and axis label that fit.

    Returns
    -------
    ax : Axes
    width : float
        Width available for the bars, in points.
    size : float
        Font size of the names, also for other text in the rows.
    """
    settings = import_pyplot(caller).rcParams
    if ax is not None:
        check_axes(ax)
    room = None if ax is None else size_in_points(ax)
    laid_out = lay_out_names(names, room, suffixes=suffixes)
    size = laid_out.size
    right = max((1.5 * size + text_width(text, size) for text in values_at_right), default=0.0)
    width: float = _BARS_WIDTH
    if room is not None:
        width = max(room[0] - laid_out.width - right, 0.25 * room[0])
    title = wrap(title, width + right, _TITLE_SIZE)
    xlabel = wrap(xlabel, width, settings["axes.labelsize"])
    if ax is None:
        height = (
            len(laid_out.texts) * max(_ROW_HEIGHT, laid_out.row_height)
            + text_height(title, _TITLE_SIZE)
            + text_height(xlabel, settings["axes.labelsize"])
            + LINE_SPACING * points(settings["xtick.labelsize"])
            + _MARGIN
        )
        total = laid_out.width + width + right + _MARGIN
        ax = axes_to_draw_in(None, (total / 72, height / 72), caller)
    ax.set_yticks(range(len(laid_out.texts)), laid_out.texts, fontsize=size, **AS_WRITTEN)
    ax.set_ylim(len(laid_out.texts) - 0.4, -0.6)
    ax.tick_params(axis="y", length=0)
    ax.set_xlabel(xlabel)
    if title:
        ax.set_title(title, loc="left", fontsize=_TITLE_SIZE, color=title_color)
    ax.spines[["top", "right"]].set_visible(False)
    return ax, width, size
