"""How wide text is, and where it is broken to fit."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.font_manager import FontProperties

#: Height of a line of text as a multiple of its font size, the space between lines included.
LINE_SPACING = 1.25

#: Of few pixels, letters are drawn wider than their outlines: by up to a tenth at 70 to the inch.
_HINTING = 1.1


def text_width(text: str, size: float | str, weight: str = "normal") -> float:
    """In points, in `text_font` and at any resolution.

    `size` is a font size as matplotlib takes it.
    """
    from matplotlib.textpath import text_to_path

    font = text_font(size, weight)
    outlines = text_to_path.get_text_width_height_descent(text, font, ismath=False)[0]
    return _HINTING * outlines


def points(size: float | str) -> float:
    """A font size such as "medium" in points."""
    return text_font(size).get_size_in_points()


def text_height(text: str, size: float | str) -> float:
    """In points, of as many lines as `text` has; 0 where it is empty."""
    return LINE_SPACING * points(size) * (text.count("\n") + 1) if text else 0.0


def wrap(text: str, width: float, size: float | str) -> str:
    """Break the lines of a text into such that are no wider than `width`, in points.

    A line is broken at gaps of three spaces where it has them, else at any space, and within a
    word where that is too wide by itself.
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
    """How many characters of a piece that is too wide fit, at least one; best after a sign."""
    fitting = (k for k in range(len(piece) - 1, 0, -1) if text_width(piece[:k], size) <= width)
    longest = next(fitting, 1)
    return 1 + max(piece.rfind(sign, 0, longest) for sign in " -_/") or longest


def text_font(size: float | str, weight: str = "normal") -> FontProperties:
    """The font of matplotlib's settings, with another at hand for signs that it lacks."""
    from matplotlib import rcParams
    from matplotlib.font_manager import FontProperties

    return FontProperties(
        family=[*rcParams["font.family"], "DejaVu Sans"], size=size, weight=weight
    )
