"""Reading of label tables: rows as Ids, labels and other columns, with the lines for messages."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from .._common.caller import warn_caller
from .._common.messages import first_dozen, plural
from .._common.naming import printable
from .._labels.names import is_number
from ._cells import (
    flagged,
    holds_labels,
    one_hot_labels,
    other_labels,
    parse_cells,
    parse_one_hot,
    refuse_decimal_commas,
    split_cell,
    unknown_flags,
)
from ._columns import EXPECTED, ColumnNames, Columns, find_columns, is_label, numbering_of
from ._labels import choose_label_set
from ._rows import SEPARATORS, Rows, read_rows, shown

#: Number of rows in which a header below a title is looked for.
_MOST_TITLES = 20


@dataclass(frozen=True)
class LabelTable:
    """The rows of a label table.

    Attributes
    ----------
    path : Path
        The file.
    labels : tuple of str
        The label set in use: `HPA_LABELS`, `HPA_LABELS_2021` or `HPA_LABELS_SITE`.
    ids : list of str
        The Id of each row.
    numbers : list of frozenset of int
        The positions in `labels` of the labels of each row; empty for a row without labels.
    lines : list of int
        The line number of each row in the file. The header is line 1.
    others : dict of str to list of str
        The cells of the other columns, by their names.
    id_column : str
        The name of the column of Ids.
    """

    path: Path
    labels: tuple[str, ...]
    ids: list[str]
    numbers: list[frozenset[int]]
    lines: list[int]
    others: dict[str, list[str]] = field(default_factory=dict)
    id_column: str = "Id"


def read_label_table(
    path: str | os.PathLike[str],
    names: ColumnNames | None = None,
    choice: str | Sequence[str | int] = "all",
) -> LabelTable:
    """Read a table of Ids and labels.

    Parameters
    ----------
    path : str or path-like
        A csv file or an Excel workbook.
    names : ColumnNames, optional
        The columns that the caller names.
    choice : str or sequence of str or int, default="all"
        The parameter `labels` of `load_hpa`, which may choose the label set.

    Raises
    ------
    FileNotFoundError
        If the file does not exist.
    ValueError
        If the file is not a table with these columns or has no rows, if a row lacks its Id or has
        too many cells, if a label is unknown, or if a column that is not read has other labels.
    OSError
        If the file cannot be read.

    Warns
    -----
    UserWarning
        If a table with a column of 0 and 1 for each label has such columns that are no label.
    """
    path, names = Path(path), names or ColumnNames()
    header, rows, columns = _read(path, names)
    return _parse(path, header, rows, columns, names, choice)


def read_related_table(
    path: str | os.PathLike[str],
    related: Callable[[list[str]], bool],
    names: ColumnNames | None = None,
    choice: str | Sequence[str | int] = "all",
) -> LabelTable | None:
    """Read a table that may be unrelated to the images, or return None if it is.

    Parameters
    ----------
    path, names, choice
        As in `read_label_table`.
    related : callable
        Tells whether any of the Ids is an image. If not, or if the file has other columns or
        cannot be read, it is unrelated.
    """
    path, names = Path(path), names or ColumnNames()
    try:
        header, rows, columns = _read(path, names)
    except (OSError, ValueError):
        return None
    if not related([row[columns.ids].strip() for _, row in rows if len(row) > columns.ids]):
        return None
    return _parse(path, header, rows, columns, names, choice)


def _read(path: Path, names: ColumnNames) -> tuple[list[str], Rows, Columns]:
    name = printable(path)

    def fits(header: list[str]) -> bool:
        try:
            return bool(find_columns(header, names, name))
        except ValueError:
            return False

    what = "csv file of labels"
    header, rows = read_rows(path, what, f"the columns {EXPECTED}", fits)
    try:
        return header, rows, find_columns(header, names, name)
    except ValueError:
        for line, row in rows[:_MOST_TITLES]:
            splits = [",".join(row).split(separator) for separator in SEPARATORS]
            if any(map(fits, [row, *splits])):
                raise ValueError(
                    f"{name}: line {line} looks like the header ({shown(row)}), but the file starts"
                    f" with {shown(header)!r}. Delete the rows above the header"
                ) from None
        raise


def _parse(
    path: Path,
    header: list[str],
    rows: Rows,
    columns: Columns,
    names: ColumnNames,
    choice: str | Sequence[str | int],
) -> LabelTable:
    name = printable(path)
    needed = max(columns.used) + 1
    rows = [(line, _with_empty_cells(row, needed, len(header))) for line, row in rows]
    for line, row in rows:
        if len(row) != len(header):
            raise ValueError(
                f"{name}, line {line}: {len(row)} cells, but the header has {len(header)}"
                f" ({shown(header)}); quote a cell that contains the separator. Row: {shown(row)}"
            )
        if not row[columns.ids].strip():
            raise ValueError(f"{name}, line {line}: no Id. Row: {shown(row)}")
    ids = [row[columns.ids].strip() for _, row in rows]
    lines = [line for line, _ in rows]
    if columns.one_hot and names.labels is not None and _are_written(header, rows, columns):
        numbering = numbering_of(header[column] for column in columns.labels)
        columns = replace(columns, one_hot=False, numbering=numbering)
    if columns.one_hot:
        titles = {header[column].strip() for column in columns.labels}
        labels = choose_label_set(choice, None, titles, in_header=True)
        if names.labels is None:
            _name_unknown_flags(header, rows, columns, name)
        positions = one_hot_labels(header, columns.labels, labels, name)
        numbers = parse_one_hot(header, rows, columns.labels, positions, name)
    else:
        texts = [[row[column].strip() for column in columns.labels] for _, row in rows]
        if names.separator is None:
            for column_texts in zip(*texts, strict=True):
                refuse_decimal_commas(column_texts, lines, name)
        distinct = {text for row_texts in texts for text in row_texts}
        split = {text: split_cell(text, names.separator) for text in distinct}
        cells = [tuple(part for text in row_texts for part in split[text]) for row_texts in texts]
        written = {part for parts in split.values() for part in parts if not is_number(part)}
        labels = choose_label_set(choice, columns.numbering, written, in_header=False)
        numbers = parse_cells(cells, ids, lines, labels, columns.numbering, name)
    if names.labels is None:
        _refuse_more_labels(header, rows, columns, labels, numbers, name)
    others = _others(header, rows, columns)
    return LabelTable(path, labels, ids, numbers, lines, others, header[columns.ids].strip())


def _with_empty_cells(row: list[str], needed: int, n_cells: int) -> list[str]:
    """Return a row without more empty cells than columns, and with the empty cells that it lacks.

    A row that lacks one of the `needed` cells is left as it is.
    """
    while len(row) > n_cells and not row[-1].strip():
        row = row[:-1]
    return row + [""] * (n_cells - len(row)) if len(row) >= needed else row


def _are_written(header: list[str], rows: Rows, columns: Columns) -> bool:
    """Tell whether listed columns hold labels, and are not a column of 0 and 1 for each label."""
    return not all(is_label(header[column]) for column in columns.labels) and any(
        holds_labels(row[column].strip(), is_label) for _, row in rows for column in columns.labels
    )


def _refuse_more_labels(
    header: list[str],
    rows: Rows,
    columns: Columns,
    labels: tuple[str, ...],
    numbers: Sequence[frozenset[int]],
    name: str,
) -> None:
    """Refuse other columns of labels, unless the labels in use have all of them."""
    written: list[str] = []
    flags: list[str] = []
    for column, title in enumerate(header):
        if column in columns.used:
            continue
        cells = [row[column].strip() for _, row in rows]
        of_title = flagged(cells, title, labels) if is_label(title) else None
        found = of_title or other_labels(cells, labels, is_label)
        if found is not None and any(a - b for a, b in zip(found, numbers, strict=True)):
            (written if of_title is None else flags).append(title.strip())
    if not (written or flags):
        return
    read = [header[column].strip() for column in columns.labels]
    remedy = (
        f"label_column={read if columns.one_hot else read[0]!r} reads {first_dozen(read)} alone"
    )
    if not columns.one_hot and not flags:
        remedy = f"label_column={[*read, *written]!r} reads all, and {remedy}"
    raise ValueError(
        f"{name}: {first_dozen(map(printable, [*written, *flags]))} has labels that"
        f" {first_dozen(map(printable, read))} lacks: {remedy}"
    )


def _name_unknown_flags(header: list[str], rows: Rows, columns: Columns, name: str) -> None:
    """Refuse columns that are nearly a label, and name others of 0 and 1 in a warning."""
    found = dict(unknown_flags(header, rows, columns.used, is_label))
    near = [
        f"{printable(header[column].strip())!r} (did you mean {label!r}?)"
        for column, label in found.items()
        if label
    ]
    if near:
        raise ValueError(
            f"{name}: {plural(near, 'column')} with almost the name of a label:"
            f" {first_dozen(near)}. Rename it, or list the columns of labels in label_column"
        )
    if found:
        titles = first_dozen(printable(header[column]) for column in found)
        warn_caller(
            f"{name}: {plural(found, 'column')} of 0 and 1 with the name of no label, kept as"
            f" metadata: {titles}"
        )


def _others(header: list[str], rows: Rows, columns: Columns) -> dict[str, list[str]]:
    """Return the cells of the other columns; repeated and missing names are numbered."""
    others: dict[str, list[str]] = {}
    for column, title in enumerate(header):
        if column in columns.used:
            continue
        cells = [row[column].strip() for _, row in rows]
        if not (title.strip() or any(cells)):
            continue
        others[free_name(title.strip() or f"column {column + 1}", others)] = cells
    return others


def free_name(name: str, taken: dict[str, list[str]]) -> str:
    """Return a name, with a number after it if it is taken.

    Examples
    --------
    >>> free_name("Group", {"Group": []})
    'Group.1'
    """
    numbered = (f"{name}.{number}" for number in range(1, len(taken) + 2))
    return next(each for each in (name, *numbered) if each not in taken)
