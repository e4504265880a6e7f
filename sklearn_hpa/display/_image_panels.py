"""Panels of images and their captions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .._images.composition import STAINED, Rgb
from ._captions import RIGHT, WRONG, wrap_caption_line
from ._layout.figure import BLUE, ORANGE, SKY, VERMILION, axes_to_draw_in, check_axes, divide_axes
from ._layout.text import LINE_SPACING, points, text_font, text_width

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.transforms import Transform

#: The colour of each channel, in the order of the channels. In the composite, the colour of the
#: endoplasmic reticulum has a lower weight.
Stains = dict[str, Rgb]

_PANELS = "_sklearn_hpa_panels"  # attribute of axes that hold a grid
_FONT_SIZE = "small"
_SIGN_COLORS = {RIGHT: BLUE, WRONG: VERMILION}
_SIGN_COLORS_ON_DARK = {RIGHT: SKY, WRONG: ORANGE}
_LEAST_PANEL, _GREATEST_PANEL, _PAGE = 1.6, 2.8, 10.0  # widths in inches
_INCH = 72  # points
_PAD = 2.5  # points that the layout of a new figure leaves on each side of a panel
_ROW_GAP = 7  # points, below a caption and above the next row
_LINE_GAP = 2  # points, above each line of a caption
_MARGIN = 0.08  # fraction of a panel's width without text


def draw_grid(
    ax: Axes | None,
    pictures: np.ndarray,
    captions: Sequence[str],
    stains: Stains,
    n_columns: int | None,
    caller: str,
) -> tuple[Axes, np.ndarray]:
    """Plot images in a grid above their captions; a new figure also gets a legend of the stains."""
    n_columns = min(n_columns or int(np.ceil(np.sqrt(len(pictures)))), len(pictures))
    n_rows = -(-len(pictures) // n_columns)
    width = _panel_width(ax, n_columns)
    texts = [_wrap_lines(caption, width) for caption in captions]
    heights = [_text_height(text) for text in texts]
    text_heights = [
        _ROW_GAP + max(heights[k : k + n_columns]) for k in range(0, len(heights), n_columns)
    ]
    if ax is None:
        picture_height = _height(pictures, width)
        key_columns = _key_columns(stains, n_columns * width)
        key_height = (-(-len(stains) // key_columns) + 0.5) * _line_height()
        height = sum(text_heights) + n_rows * (picture_height + 4 * _PAD) + key_height
        ax = _new_axes(n_columns * width, height, caller)
        _draw_key(ax, stains, key_columns)
    else:
        room = _INCH * ax.get_window_extent().height / ax.figure.dpi
        picture_height = max(room - sum(text_heights), 0.1 * room) / n_rows
    rows = _divide_anew(ax, 2 * n_rows, n_columns)
    _set_heights(rows, [part for text in text_heights for part in (picture_height, text)])
    for panel in rows.flat:
        panel.set_axis_off()
    panels = rows[::2]
    for panel, below, picture, text in zip(
        panels.flat, rows[1::2].flat, pictures, texts, strict=False
    ):
        panel.imshow(picture, origin="upper")
        panel.set_anchor("S")
        _write(below, text, "center" if len(text) == 1 else "left")
    return ax, panels


def draw_rows(
    ax: Axes | None,
    pictures: np.ndarray,
    planes: np.ndarray,
    captions: Sequence[str],
    stains: Stains,
    caller: str,
) -> tuple[Axes, np.ndarray]:
    """Plot one row per image: its caption, its composite, and each plane in grey."""
    from matplotlib.patches import Rectangle

    n_columns = 2 + planes.shape[-1]
    width = _panel_width(ax, n_columns)
    headers = [_wrap_lines(header, width)[0] for header in ["composite", *_key(stains)]]
    texts = [_wrap_lines(caption, width) for caption in captions]
    heights = [max(_height(pictures, width), _text_height(text) + _ROW_GAP) for text in texts]
    if ax is None:
        header_height = max(_text_height([header]) for header in headers) + _line_height()
        height = sum(heights) + len(heights) * 2 * _PAD + header_height
        ax = _new_axes(n_columns * width, height, caller)
    panels = _divide_anew(ax, len(pictures), n_columns)
    _set_heights(panels, heights)
    for panel in panels.flat:
        panel.set_axis_off()
        panel.set_anchor("N")
    for row, picture, image, text in zip(panels, pictures, planes, texts, strict=True):
        row[0].set_box_aspect(pictures.shape[1] / pictures.shape[2])
        _write(row[0], text, "left")
        row[1].imshow(picture, origin="upper")
        for panel, plane in zip(row[2:], np.moveaxis(image, -1, 0), strict=True):
            panel.imshow(plane, cmap="gray", vmin=0, vmax=255, origin="upper")
    for panel, header in zip(panels[0, 1:], headers, strict=True):
        panel.set_title(header, fontsize=_FONT_SIZE)
    for panel, color in zip(panels[0, 2:], stains.values(), strict=True):
        panel.add_patch(
            Rectangle((0, 1), 1, 0.03, transform=panel.transAxes, clip_on=False, **_swatch(color))
        )
    return ax, panels[:, 1:]


def _key(stains: Stains) -> list[str]:
    return [f"{STAINED[name]} ({name})" if name in STAINED else name for name in stains]


def _key_columns(stains: Stains, width: float) -> int:
    room = max(text_width(text, _FONT_SIZE) for text in _key(stains)) + 4 * _line_height()
    return int(min(len(stains), max(1, width // room)))


def _draw_key(ax: Axes, stains: Stains, n_columns: int) -> None:
    from matplotlib.patches import Patch

    ax.figure.legend(
        handles=[Patch(**_swatch(color)) for color in stains.values()],
        labels=_key(stains),
        loc="outside lower center",
        ncols=n_columns,
        fontsize=_FONT_SIZE,
        frameon=False,
        handlelength=1,
    )


def _swatch(color: Rgb) -> dict[str, Any]:
    return {"facecolor": color, "edgecolor": "0.6", "linewidth": 0.5}


def _new_axes(width: float, height: float, caller: str) -> Axes:
    ax = axes_to_draw_in(None, (width / _INCH, height / _INCH), caller)
    pad = _PAD / _INCH
    engine: Any = ax.figure.get_layout_engine()
    engine.set(w_pad=pad, h_pad=pad, wspace=0, hspace=0)
    return ax


def _divide_anew(ax: Axes, n_rows: int, n_columns: int) -> np.ndarray:
    """Replace `ax` by panels, after removing the panels of an earlier call."""
    for panel in getattr(ax, _PANELS, ()):
        if panel in ax.figure.axes:
            panel.remove()
    panels = divide_axes(ax, n_rows, n_columns)
    setattr(ax, _PANELS, panels.ravel().tolist())
    return panels


def _panel_width(ax: Axes | None, n_columns: int) -> float:
    """Return the width of a panel in points, in `ax` or in a new figure."""
    if ax is None:
        return _INCH * min(_GREATEST_PANEL, max(_LEAST_PANEL, _PAGE / n_columns))
    check_axes(ax)
    return _INCH * ax.get_window_extent().width / ax.figure.dpi / n_columns


def _height(pictures: np.ndarray, width: float) -> float:
    return (width - 2 * _PAD) * pictures.shape[1] / pictures.shape[2]


def _line_height() -> float:
    """Return the height of a line in points, with the space between lines."""
    return LINE_SPACING * points(_FONT_SIZE)


def _wrap_lines(caption: str, width: float) -> list[str]:
    """Wrap each line of a caption."""
    return [
        wrap_caption_line(line, (1 - _MARGIN) * width, _FONT_SIZE) for line in caption.split("\n")
    ]


def _text_height(lines: list[str]) -> float:
    return sum(_line_height() * (line.count("\n") + 1) + _LINE_GAP for line in lines)


def _write(panel: Axes, lines: list[str], align: str) -> None:
    """Write lines, each in its colour, below one another from the top of the panel."""
    x = {"left": 0.0, "center": 0.5}[align]
    anchor: Artist | Transform = panel.transAxes
    corner = (x, 1.0)
    colors = _SIGN_COLORS_ON_DARK if _text_is_light() else _SIGN_COLORS
    for line in lines:
        written = panel.annotate(
            line,
            xy=corner,
            xycoords=anchor,
            xytext=(0, -_LINE_GAP),
            textcoords="offset points",
            horizontalalignment=align,
            verticalalignment="top",
            fontproperties=text_font(_FONT_SIZE),
            color=colors.get(line[:1]),
            parse_math=False,
        )
        # The text is wrapped to the panel, so the layout must not widen the panel.
        written.set_in_layout(False)
        anchor, corner = written, (x, 0.0)


def _text_is_light() -> bool:
    from matplotlib import colors, rcParams

    return float(np.mean(colors.to_rgb(rcParams["text.color"]))) > 0.5


def _set_heights(rows: np.ndarray, heights: list[float]) -> None:
    rows[0, 0].get_subplotspec().get_gridspec().set_height_ratios(heights)
    for panel in rows.flat:
        panel.set_subplotspec(panel.get_subplotspec())
