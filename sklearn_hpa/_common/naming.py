"""Names of files in messages: added to the errors that lack them, and safe to print."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

_NO_MEMORY = "not enough memory"


def printable(text: object, keep: str = "") -> str:
    r"""Return a text with escapes for everything that is not a visible character or a space.

    Control characters can clear a terminal, and characters without a width can hide a difference.
    Python represents a byte of a file name that is not UTF-8 by a surrogate, which no encoding
    accepts; it is shown as the byte.

    Parameters
    ----------
    text : object
        The text, or an object that `str` converts.
    keep : str, default=""
        Characters that are not escaped, such as ``"\n"``.

    Examples
    --------
    >>> print(printable("Malmö \x1b[2J \udcf6"))
    Malmö \x1b[2J \xf6
    """
    text = str(text)
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() or char in keep else _escaped(char) for char in text)


def _escaped(char: str) -> str:
    if "\udc80" <= char <= "\udcff":
        return f"\\x{ord(char) - 0xDC00:02x}"
    return char.encode("unicode_escape").decode()


@contextmanager
def errors_named(path: str | os.PathLike[str]) -> Iterator[None]:
    """Add the name of a file to an `OSError` or a `MemoryError` that does not have it.

    An error of opening a file has its name. An error of reading or writing does not.

    Examples
    --------
    >>> try:
    ...     with errors_named("cells/a_red.png"):
    ...         raise OSError(5, "Input/output error")
    ... except OSError as error:
    ...     print(error)
    [Errno 5] Input/output error: 'cells/a_red.png'
    """
    try:
        yield
    except OSError as error:
        if error.errno is None and printable(path) not in str(error):
            error.args = (f"{printable(path)}: {error}",)
        elif error.errno is not None and error.filename is None:
            error.filename = os.fspath(path)
        raise
    except MemoryError as error:
        if _NO_MEMORY in str(error):  # it has the name of another file
            raise
        reason = f" ({error})" if str(error) else ""
        raise MemoryError(f"{printable(path)}: {_NO_MEMORY}{reason}") from error
