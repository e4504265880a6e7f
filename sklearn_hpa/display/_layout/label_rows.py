"""Names of labels beside the rows of a picture: broken, sized and given room so that all fit."""

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

#: Share of given axes that names may take.
_NAMES_SHARE = 0.45


@dataclass(frozen=True)
class Names:
    """Names as they are drawn: each broken into lines, all in one font size, in points."""

    texts: list[str]
    size: float

    @property
    def width(self) -> float:
        """Of the widest line, in points."""
        return max(text_width(line, self.size) for text in self.texts for line in text.split("\n"))

    @property
    def row_height(self) -> float:
        """In points, so that names of as many lines as the longest one do not touch."""
        n_lines = 1 + max(text.count("\n") for text in self.texts)
        return (LINE_SPACING * n_lines + 0.08) * self.size


def lay_out_names(
    names: Iterable[object],
    room: tuple[float, float] | None,
    *,
    suffixes: Sequence[str] | None = None,
    square: bool = False,
) -> Names:
    """Break names into lines, in the greatest size at which all fit below one another.

    Parameters
    ----------
    names : sequence of objects
        Shown by their `str`, without line breaks of their own.
    room : (width, height) in points, or None
        Of given axes; None stands for a new figure, which grows as needed.
    suffixes : sequence of str, default=None
        Kept in one line with the last word of each name.
    square : bool, default=False
        Whether the names also stand below, and so take from the height.
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
    """Axes with a row for each name, from the top, and their title and label in the room there is.

    Returns
    -------
    ax : Axes
    width : float
        What the layout leaves to the bars, in points.
    size : float
        Font size of the names, for what else is written in the rows.
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
