"""Names in a message: never more than a dozen of them."""

from __future__ import annotations

from collections.abc import Iterable


def first_dozen(names: Iterable[object], separator: str = ", ") -> str:
    r"""The first dozen names, and how many there are besides.

    Parameters
    ----------
    names : iterable of objects
        Shown by their `str`.
    separator : str, default=", "
        Between two names; ``"\n  "`` gives each a line of its own.

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
    names = list(map(str, names))
    more = [f"and {len(names) - 12} more"] if len(names) > 12 else []
    return separator.join(names[:12] + more)
