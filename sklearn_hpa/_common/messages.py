"""Parts of error messages: lists of names, plurals, suggestions, text of files."""

from __future__ import annotations

from collections.abc import Iterable, Sized
from difflib import get_close_matches

from .naming import printable


def first_dozen(names: Iterable[object], separator: str = ", ") -> str:
    r"""Join the first dozen names and count the others.

    Parameters
    ----------
    names : iterable of objects
        The names, converted with `str`.
    separator : str, default=", "
        Text between two names. ``"\n  "`` puts each name on its own line.

    Returns
    -------
    str

    Examples
    --------
    >>> first_dozen(["red", "green"])
    'red, green'
    >>> first_dozen(range(15))
    '0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, and 3 more'
    """
    shown = list(map(str, names))
    more = [f"and {len(shown) - 12} more"] if len(shown) > 12 else []
    return separator.join(shown[:12] + more)


def plural(things: Sized | int, noun: str) -> str:
    """Return the number of things and the noun, in the plural if needed.

    Examples
    --------
    >>> plural(["a"], "image"), plural(2, "image")
    ('1 image', '2 images')
    """
    number = things if isinstance(things, int) else len(things)
    return f"{number} {noun}{'s' * (number != 1)}"


def did_you_mean(unknown: str | Iterable[str], known: Iterable[str]) -> str:
    """Suggest the known names closest to unknown names, or return "" if none is close.

    Examples
    --------
    >>> did_you_mean("f1_macr", ["f1_macro", "f1_micro"])
    "; did you mean 'f1_macro'?"
    >>> did_you_mean("speed", ["f1_macro"])
    ''
    """
    known = list(map(str, known))
    names = [unknown] if isinstance(unknown, str) else unknown
    near = dict.fromkeys(
        match for name in names for match in get_close_matches(str(name), known, n=1)
    )
    return f"; did you mean {first_dozen(map(repr, near))}?" if near else ""


def shortened(text: object, longest: int = 300) -> str:
    r"""Return text of a file as it can be shown: without control characters, and not too long.

    Parameters
    ----------
    text : object
        The text, converted with `str`.
    longest : int, default=300
        Number of characters from which the text is cut.

    Examples
    --------
    >>> shortened("x" * 1000, longest=5)
    'xxxxx…'
    """
    whole = str(text)
    return printable(whole[:longest]) + ("…" if len(whole) > longest else "")
