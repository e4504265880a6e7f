"""Parsing of label files: rows as Ids and label numbers; errors name the file and the line."""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Container
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import overload

from .._common.messages import first_dozen, plural
from .._common.naming import errors_named, printable
from ._file_names import id_key
from ._labels import HPA_LABELS, HPA_LABELS_2021, canonical_label, is_number

_LABELS_BY_COLUMN = {"target": HPA_LABELS, "label": HPA_LABELS_2021}
_UTF_16 = "text in UTF-16, the 'Unicode text' of Excel"
_AS_CSV = "Save it as a csv file in UTF-8 ('CSV UTF-8' in Excel)"
#: Files that are not text in UTF-8, by their first bytes.
_OTHER_FILES = {
    b"PK\x03\x04": "an Excel workbook (xlsx) or another zip file",
    b"PK\x05\x06": "an empty zip file",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook (xls)",
    b"PAR1": "a parquet file",
    b"ARROW1": "a feather file",
    b"\x1f\x8b": "compressed by gzip",
    b"BZh": "compressed by bzip2",
    b"\xfd7zXZ\0": "compressed by xz",
    b"7z\xbc\xaf": "a 7z archive",
    b"\x28\xb5\x2f\xfd": "compressed by zstd",
    b"%PDF": "a PDF document",
    b"{\\rtf": "a rich text document (rtf)",
    b"SQLite format 3\0": "an SQLite database",
    b"<": "a web page or XML, such as the error page of a failed download",
    b"\xff\xfe": _UTF_16,
    b"\xfe\xff": _UTF_16,
}
_NOTHING = frozenset({"", "nan", "na", "none", "null"})


@dataclass(frozen=True)
class LabelTable:
    """The rows of a label file.

    Attributes
    ----------
    path : Path
        The file.
    labels : tuple of str
        The numbering: `HPA_LABELS` or `HPA_LABELS_2021`.
    ids : list of str
        The Id of each row.
    numbers : list of frozenset of int
        The label numbers of each row; empty for a row without labels.
    lines : list of int
        The line number of each row in the file. The header is line 1.
    """

    path: Path
    labels: tuple[str, ...]
    ids: list[str]
    numbers: list[frozenset[int]]
    lines: list[int]


@overload
def read_label_table(path: str | os.PathLike[str]) -> LabelTable: ...


@overload
def read_label_table(
    path: str | os.PathLike[str], known: Container[str] | None
) -> LabelTable | None: ...


def read_label_table(
    path: str | os.PathLike[str], known: Container[str] | None = None
) -> LabelTable | None:
    """Read a csv file with the columns ``Id,Target`` (2018) or ``ID,Label`` (2021).

    Parameters
    ----------
    path : str or path-like
        The csv file.
    known : container of str, optional
        The Ids of the images, as returned by `id_key`, for a file that may be unrelated to them.
        None is then returned,
        instead of an error, if the file contains none of these Ids, has other columns or cannot
        be read.

    Returns
    -------
    LabelTable or None
        The rows, or None if the file is unrelated to `known`.

    Raises
    ------
    FileNotFoundError
        If the file does not exist.
    ValueError
        If the file is not a csv file in UTF-8 with these columns or has no rows, if a row lacks its
        Id or has too many cells, or if a label is not in the numbering.
    OSError
        If the file cannot be read.
    """
    path, name = Path(path), printable(path)
    try:
        header, rows = read_rows(path, "csv file of labels", "the columns Id,Target or ID,Label")
        id_column, target_column, labels = _find_columns(header, name)
    except (OSError, ValueError):
        if known is None:
            raise
        return None
    if known is not None and not any(
        id_key(row[id_column]) in known for _, row in rows if len(row) > id_column
    ):
        return None

    ids, cells, lines = [], [], []
    for line, row in rows:
        if len(row) != len(header):
            raise ValueError(
                f"{name}, line {line}: {len(row)} cells, but the header has {len(header)}"
                f" ({_shown(header)}); quote a cell that contains commas. Row: {_shown(row)}"
            )
        if not row[id_column].strip():
            raise ValueError(f"{name}, line {line}: no Id. Row: {_shown(row)}")
        ids.append(row[id_column].strip())
        cells.append(row[target_column].strip())
        lines.append(line)
    return LabelTable(path, labels, ids, _parse_cells(cells, ids, lines, labels, name), lines)


def read_rows(
    path: Path, what: str, expected: str
) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Read the header of a csv file, and its non-blank rows with their line numbers.

    Raises
    ------
    FileNotFoundError
        If the file does not exist. The message calls it `what`.
    ValueError
        If the file is not a csv file in UTF-8, separated by commas, or has no row. For an empty
        file, the message gives `expected`.
    OSError
        If the file cannot be read.
    """
    name = printable(path)
    reader = csv.reader(StringIO(_read_text(path, what), newline=""))
    try:
        rows = [(reader.line_num, row) for row in reader if any(map(str.strip, row))]
    except csv.Error as error:
        raise ValueError(f"{name}, line {reader.line_num}: not a csv file ({error})") from error
    if not rows:
        raise ValueError(f"{name} is empty; expected {expected}")
    (_, header), *rows = rows
    _check_separator(header, name, expected)
    if not rows:
        raise ValueError(f"{name} has a header ({_shown(header)}) but no rows")
    return header, rows


def _read_text(path: Path, what: str) -> str:
    """Return the text of a file in UTF-8, or say what else the file is."""
    name = printable(path)
    try:
        with errors_named(path), open(path, "rb") as file:
            content = file.read(16)
            if kind := _other_kind(content):
                raise ValueError(f"{name} is {kind}; a {what} is expected. {_AS_CSV}")
            content += file.read()
        return content.decode("utf-8-sig")
    except FileNotFoundError:
        raise FileNotFoundError(f"{what} not found: {name}") from None
    except IsADirectoryError:
        raise ValueError(f"{name} is a folder; a {what} is expected") from None
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        row = content[content.rfind(b"\n", 0, error.start) + 1 :].split(b"\n", 1)[0]
        raise ValueError(
            f"{name} is not UTF-8 text: line {line} has the byte 0x{content[error.start]:02x}"
            f" ({printable(row.strip().decode('latin-1'))!r} if it is Latin-1 text). {_AS_CSV}"
        ) from error


def _other_kind(start: bytes) -> str | None:
    kind = next((_OTHER_FILES[known] for known in _OTHER_FILES if start.startswith(known)), None)
    return _UTF_16 if kind is None and b"\0" in start[:4] else kind


def _check_separator(header: list[str], name: str, expected: str) -> None:
    if header[0].lower().startswith("sep="):
        raise ValueError(f"{name} begins with Excel's line {_shown(header)!r}; delete this line")
    if len(header) > 1:
        return
    for separator, noun in ((";", "semicolons"), ("\t", "tabs"), ("|", "vertical bars")):
        if separator in header[0]:
            raise ValueError(
                f"{name} has the columns {_shown(header)}, separated by {noun}; expected"
                f" {expected}, separated by commas"
            )


def _shown(row: list[str]) -> str:
    return printable(",".join(row))


def _find_columns(header: list[str], name: str) -> tuple[int, int, tuple[str, ...]]:
    names = [column.strip().lower() for column in header]
    targets = [column for column in _LABELS_BY_COLUMN if column in names]
    if names.count("id") != 1 or len(targets) != 1 or names.count(targets[0]) != 1:
        raise ValueError(
            f"{name} has the columns {_shown(header)}; expected Id,Target (the"
            f" {len(HPA_LABELS)} labels of 2018) or ID,Label (the {len(HPA_LABELS_2021)} of 2021),"
            " separated by commas"
        )
    return names.index("id"), names.index(targets[0]), _LABELS_BY_COLUMN[targets[0]]


def _parse_cells(
    cells: list[str], ids: list[str], lines: list[int], labels: tuple[str, ...], name: str
) -> list[frozenset[int]]:
    parsed: dict[str, frozenset[int]] = {}
    wrong: dict[str, str] = {}
    for cell in dict.fromkeys(cells):
        try:
            parsed[cell] = _parse_cell(cell, labels)
        except ValueError as error:
            wrong[cell] = str(error)
    if wrong:
        bad = [
            f"line {line}, Id {printable(Id)}: {cell!r}: {printable(wrong[cell])}"
            for line, Id, cell in zip(lines, ids, cells, strict=True)
            if cell in wrong
        ]
        raise ValueError(
            f"{name}: {plural(bad, 'row')} with labels that do not exist:\n  "
            + first_dozen(bad, "\n  ")
        )
    return [parsed[cell] for cell in cells]


def _parse_cell(cell: str, labels: tuple[str, ...]) -> frozenset[int]:
    if cell.lower() in _NOTHING:
        return frozenset()
    parts: list[str] = []
    for part in filter(None, map(str.strip, re.split(r"[|,;]", cell))):
        words = part.split()
        parts += words if all(map(is_number, words)) else [part]
    return frozenset(labels.index(canonical_label(part, labels)) for part in parts)
