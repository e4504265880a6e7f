"""Helpers of all displays: import of matplotlib, axes, grids of panels, colours."""

from __future__ import annotations

from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

from .text import text_height, wrap

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.gridspec import SubplotSpec

#: Font size of captions, in points.
CAPTION_SIZE = 8

#: Options of texts that contain names: a dollar sign does not start a formula.
AS_WRITTEN: dict[str, Any] = {"parse_math": False}

#: Colours that people with any colour vision can distinguish.
#: M. Okabe and K. Ito, "Color Universal Design", 2008.
BLUE, ORANGE, GREEN, VERMILION, PURPLE, SKY, GREY = (
    "#0072B2",
    "#E69F00",
    "#009E73",
    "#D55E00",
    "#CC79A7",
    "#56B4E9",
    "#8A8A8A",
)


def import_pyplot(caller: str) -> ModuleType:
    """Import matplotlib.pyplot, or raise an error that names `caller`."""
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError(
            f"{caller} draws with matplotlib, which is not installed: "
            "pip install 'sklearn-hpa[plot]'"
        ) from error
    return plt


def check_axes(ax: object) -> None:
    """Refuse anything but rectilinear axes, such as an array of axes or polar axes.

    Raises
    ------
    TypeError
        If `ax` is not a matplotlib Axes.
    ValueError
        If the projection of `ax` is not rectilinear.
    """
    from matplotlib.axes import Axes

    if not isinstance(ax, Axes):
        several = isinstance(ax, np.ndarray | list | tuple)
        raise TypeError(
            f"ax is of type {type(ax).__name__}; expected a matplotlib Axes"
            + (". Pass one of the axes in it" if several else "")
        )
    if ax.name != "rectilinear":
        raise ValueError(
            f"ax has the projection {ax.name!r}; expected axes made without a projection"
        )


def axes_to_draw_in(ax: Axes | None, figsize: tuple[float, float], caller: str) -> Axes:
    """Return `ax`, or the axes of a new figure whose layout keeps all text inside."""
    plt = import_pyplot(caller)
    if ax is None:
        _, ax = plt.subplots(figsize=figsize, layout="constrained")
    check_axes(ax)
    return ax


def text_color(strength: float = 1.0) -> tuple[float, float, float, float]:
    """Return the text colour of matplotlib's settings, which also suits dark styles.

    Parameters
    ----------
    strength : float, default=1.0
        Opacity in (0, 1]. Captions have 0.7.
    """
    import matplotlib as mpl
    from matplotlib.colors import to_rgba

    return to_rgba(mpl.rcParams["text.color"], strength)


def divide_axes(ax: Axes, n_rows: int, n_columns: int, caption: str = "") -> np.ndarray:
    """Replace `ax` by a grid of panels and make `ax` invisible.

    The `caption` is shown below the panels, wrapped to their width.

    Returns
    -------
    ndarray of Axes, of shape (n_rows, n_columns)
    """
    check_axes(ax)
    spec = ax.get_subplotspec()
    if spec is None:
        raise ValueError(
            "ax is not part of a grid that can be divided: expected axes made by plt.subplots or "
            "Figure.add_subplot"
        )
    ax.set_axis_off()
    if caption:
        spec = _spec_above_caption(ax, spec, caption)
    cells = spec.subgridspec(n_rows, n_columns)
    return np.array(
        [
            [ax.figure.add_subplot(cells[row, column]) for column in range(n_columns)]
            for row in range(n_rows)
        ]
    )


def size_in_points(ax: Axes) -> tuple[float, float]:
    """Return width and height of `ax` before any layout, in points (1/72 inch)."""
    box, points_per_pixel = ax.get_window_extent(), 72 / ax.figure.dpi
    return box.width * points_per_pixel, box.height * points_per_pixel


def _spec_above_caption(ax: Axes, spec: SubplotSpec, caption: str) -> SubplotSpec:
    width, room = size_in_points(ax)
    text = wrap(caption, width, CAPTION_SIZE)
    strip = text_height(text, CAPTION_SIZE) + 0.25 * CAPTION_SIZE
    parts = spec.subgridspec(2, 1, height_ratios=(max(room - strip, strip), strip))
    strip_axes = ax.figure.add_subplot(parts[1])
    strip_axes.set_axis_off()
    strip_axes.text(
        0, 1, text, va="top", fontsize=CAPTION_SIZE, color=text_color(0.7), **AS_WRITTEN
    )
    return parts[0]
