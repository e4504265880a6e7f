"""Rows of a table file: csv text in any separator, or an Excel workbook."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from io import StringIO
from pathlib import Path

from .._common.naming import printable
from ._spreadsheet import read_workbook
from ._text import read_text, workbook_kind

#: The separators of columns, in the order in which they are tried.
SEPARATORS = (",", ";", "\t", "|")

Rows = list[tuple[int, list[str]]]


def read_rows(
    path: Path, what: str, expected: str, fits: Callable[[list[str]], bool] | None = None
) -> tuple[list[str], Rows]:
    """Read the header of a table file, and its non-blank rows with their line numbers.

    The separator of a csv file is the comma, semicolon, tab or vertical bar that splits the header.
    If several split it, it is the first with which the header fits, else the first that leaves
    quoted cells whole.

    Parameters
    ----------
    path : Path
        The file.
    what : str
        The kind of file, in messages.
    expected : str
        The expected content, in messages.
    fits : callable, optional
        Tells whether a header has the columns that are needed.

    Returns
    -------
    header : list of str
    rows : list of (int, list of str)

    Raises
    ------
    FileNotFoundError
        If the file does not exist.
    ValueError
        If the file is not a csv file in UTF-8 or UTF-16 or a readable workbook, or has no row.
    OSError
        If the file cannot be read.
    """
    name = printable(path)
    try:
        kind = workbook_kind(path)
        rows = read_workbook(path, kind) if kind else _read_csv(path, what, fits)
    except FileNotFoundError:
        raise FileNotFoundError(f"{what} not found: {name}") from None
    except (IsADirectoryError, PermissionError):
        if not path.is_dir():
            raise
        raise ValueError(f"{name} is a folder; a {what} is expected") from None
    rows = [(line, row) for line, row in rows if any(map(str.strip, row))]
    if not rows:
        raise ValueError(f"{name} is empty; expected {expected}")
    (_, header), *rows = rows
    if not rows:
        raise ValueError(f"{name} has a header ({shown(header)}) but no rows")
    return header, rows


def shown(row: list[str]) -> str:
    """Return a row for a message."""
    return printable(",".join(row))


def _read_csv(path: Path, what: str, fits: Callable[[list[str]], bool] | None) -> Rows:
    text = read_text(path, what)
    first, *after = re.split(r"\r\n|\r|\n", text, maxsplit=1)
    rest = "".join(after)
    declared = first.strip().strip('"').lower()
    skipped = 0
    if declared.startswith("sep=") and len(declared) > 4:  # a line of Excel
        text, separator, skipped = rest, first.strip().strip('"')[4], 1
    elif declared == "sep=":  # the separator is a tab, which was stripped
        text, separator, skipped = rest, "\t", 1
    else:
        separator = _find_separator(text, fits)
    reader = csv.reader(StringIO(text, newline=""), delimiter=separator)
    try:
        return [(reader.line_num + skipped, row) for row in reader]
    except csv.Error as error:
        raise ValueError(
            f"{printable(path)}, line {reader.line_num + skipped}: not a csv file ({error})"
        ) from error


def _find_separator(text: str, fits: Callable[[list[str]], bool] | None) -> str:
    headers = {separator: _header(text, separator) for separator in SEPARATORS}
    splitting = [separator for separator, header in headers.items() if len(header) > 1]
    fitting = [
        separator for separator in splitting if fits is not None and fits(headers[separator])
    ]
    whole = [separator for separator in splitting if '"' not in "".join(headers[separator])]
    return (fitting or whole or splitting or [","])[0]


def _header(text: str, separator: str) -> list[str]:
    try:
        rows = csv.reader(StringIO(text, newline=""), delimiter=separator)
        return next((row for row in rows if any(map(str.strip, row))), [])
    except csv.Error:
        return []
