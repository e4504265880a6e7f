"""Parsing of label files: rows as Ids and label numbers; errors name the file and the line."""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Container
from dataclasses import dataclass
from pathlib import Path
from typing import overload

from .._common.messages import first_dozen, plural
from .._labels.names import HPA_LABELS, HPA_LABELS_2021, is_number
from ._labels import canonical_label

_LABELS_BY_COLUMN = {"target": HPA_LABELS, "label": HPA_LABELS_2021}
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
        The Ids of the images, for a file that may be unrelated to them. None is then returned,
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
        If the file is not a csv file with these columns or has no rows, if a row lacks its Id or
        has too many cells, or if a label is not in the numbering.
    """
    path = Path(path)
    try:
        header, rows = read_rows(path, "csv file of labels", "the columns Id,Target or ID,Label")
        id_column, target_column, labels = _find_columns(header, path)
    except (OSError, ValueError):
        if known is None:
            raise
        return None
    if known is not None and not any(
        row[id_column].strip() in known for _, row in rows if len(row) > id_column
    ):
        return None

    ids, cells, lines = [], [], []
    for line, row in rows:
        if len(row) != len(header):
            raise ValueError(
                f"{path}, line {line}: {len(row)} cells, but the header has {len(header)}"
                f" ({','.join(header)}); quote a cell that contains commas. Row: {','.join(row)}"
            )
        if not row[id_column].strip():
            raise ValueError(f"{path}, line {line}: no Id. Row: {','.join(row)}")
        ids.append(row[id_column].strip())
        cells.append(row[target_column].strip())
        lines.append(line)
    return LabelTable(path, labels, ids, _parse_cells(cells, ids, lines, labels, path), lines)


def read_rows(
    path: Path, what: str, expected: str
) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Read the header of a csv file, and its non-blank rows with their line numbers.

    Raises
    ------
    FileNotFoundError
        If the file does not exist. The message calls it `what`.
    ValueError
        If the file is not a csv file in UTF-8, or has no row. For an empty file, the message gives
        `expected`.
    """
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            reader = csv.reader(file)
            rows = [(reader.line_num, row) for row in reader if any(map(str.strip, row))]
    except FileNotFoundError:
        raise FileNotFoundError(f"{what} not found: {path}") from None
    except IsADirectoryError:
        raise ValueError(f"{path} is a folder; a {what} is expected") from None
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not UTF-8 text ({error}); save it as UTF-8 csv") from error
    except csv.Error as error:
        raise ValueError(f"{path}, line {reader.line_num}: not a csv file ({error})") from error
    if not rows:
        raise ValueError(f"{path} is empty; expected {expected}")
    (_, header), *rows = rows
    if not rows:
        raise ValueError(f"{path} has a header ({','.join(header)}) but no rows")
    return header, rows


def _find_columns(header: list[str], path: Path) -> tuple[int, int, tuple[str, ...]]:
    names = [name.strip().lower() for name in header]
    targets = [name for name in _LABELS_BY_COLUMN if name in names]
    if names.count("id") != 1 or len(targets) != 1 or names.count(targets[0]) != 1:
        raise ValueError(
            f"{path} has the columns {','.join(header)}; expected Id,Target (the"
            f" {len(HPA_LABELS)} labels of 2018) or ID,Label (the {len(HPA_LABELS_2021)} of 2021),"
            " separated by commas"
        )
    return names.index("id"), names.index(targets[0]), _LABELS_BY_COLUMN[targets[0]]


def _parse_cells(
    cells: list[str], ids: list[str], lines: list[int], labels: tuple[str, ...], path: Path
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
            f"line {line}, Id {Id}: {cell!r}: {wrong[cell]}"
            for line, Id, cell in zip(lines, ids, cells, strict=True)
            if cell in wrong
        ]
        raise ValueError(
            f"{path}: {plural(bad, 'row')} with labels that do not exist:\n  "
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
