"""Names in a message: never more than ten of them."""

from __future__ import annotations

from collections.abc import Iterable


def first_ten(names: Iterable[object], separator: str = ", ") -> str:
    r"""The first ten names, and how many there are besides.

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
    >>> first_ten(["red", "green"])
    'red, green'
    >>> first_ten(range(13))
    '0, 1, 2, 3, 4, 5, 6, 7, 8, 9, and 3 more'
    """
    names = list(map(str, names))
    more = [f"and {len(names) - 10} more"] if len(names) > 10 else []
    return separator.join(names[:10] + more)
