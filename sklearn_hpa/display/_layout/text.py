"""Size of text, and line wrapping."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.font_manager import FontProperties

#: Height of a line of text, with the space between lines, as a multiple of the font size.
LINE_SPACING = 1.25

#: Hinting makes letters wider than their outlines at low resolution, by up to 10 % at 70 dpi.
_HINTING = 1.1


def text_width(text: str, size: float | str, weight: str = "normal") -> float:
    """Return the width of a text in points, in `text_font`, at any resolution.

    `size` is a font size in any form that matplotlib accepts.
    """
    from matplotlib.textpath import text_to_path

    font = text_font(size, weight)
    outlines = text_to_path.get_text_width_height_descent(text, font, ismath=False)[0]
    return _HINTING * outlines


def points(size: float | str) -> float:
    """Convert a font size such as "medium" to points."""
    return text_font(size).get_size_in_points()


def text_height(text: str, size: float | str) -> float:
    """Return the height of the lines of a text in points; 0 for an empty text."""
    return LINE_SPACING * points(size) * (text.count("\n") + 1) if text else 0.0


def wrap(text: str, width: float, size: float | str) -> str:
    """Wrap the lines of a text to `width` points.

    A line is wrapped at gaps of three spaces if it has any, else at any space. A word that is too
    wide is broken.
    """
    lines = []
    for line in text.split("\n"):
        gap = "   " if "   " in line else " "
        lines.append(fill(line.split(gap), width, size, gap))
    return "\n".join(lines)


def fill(pieces: Iterable[str], width: float, size: float | str, separator: str = " ") -> str:
    """Join pieces into lines no wider than `width`, in points."""
    lines: list[str] = []
    rest = ""
    for piece in pieces:
        longer = f"{rest}{separator}{piece}" if rest else piece
        if rest and text_width(longer, size) > width:
            lines.append(rest)
            longer = piece
        rest = longer
        while len(rest) > 1 and text_width(rest, size) > width:
            cut = _longest_start(rest, width, size)
            lines.append(rest[:cut].rstrip())
            rest = rest[cut:].lstrip()
    return "\n".join([*lines, rest])


def _longest_start(piece: str, width: float, size: float | str) -> int:
    """Return how many characters of a wide piece fit, at least one, preferably after a sign."""
    fitting = (k for k in range(len(piece) - 1, 0, -1) if text_width(piece[:k], size) <= width)
    longest = next(fitting, 1)
    return 1 + max(piece.rfind(sign, 0, longest) for sign in " -_/") or longest


def text_font(size: float | str, weight: str = "normal") -> FontProperties:
    """Return the font of matplotlib's settings, with a fallback font for missing glyphs."""
    from matplotlib import rcParams
    from matplotlib.font_manager import FontProperties

    return FontProperties(
        family=[*rcParams["font.family"], "DejaVu Sans"], size=size, weight=weight
    )
