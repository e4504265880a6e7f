"""Conversion of a label file to a 0/1 target: choice of columns, handling of incomplete rows."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

import numpy as np
import pandas as pd

from .._common.caller import warn_caller
from .._common.estimators import public_in
from .._common.messages import did_you_mean, first_dozen, plural
from .._common.naming import printable
from ._columns import ColumnNames
from ._file_names import id_key
from ._labels import canonical_label
from ._table import LabelTable, read_label_table


@public_in("sklearn_hpa.datasets")
def read_labels(
    csv: str | os.PathLike[str],
    *,
    labels: str | Sequence[str | int] = "all",
    id_column: str | None = None,
    label_column: str | Sequence[str] | None = None,
    label_separator: str | None = None,
    on_error: Literal["raise", "warn"] = "raise",
) -> pd.DataFrame:
    """Read a table of labels as a 0/1 DataFrame, without images.

    :func:`load_hpa` returns the same target if every row of the file has its images and the Ids
    are the Ids of the images, not file names or paths.

    Parameters
    ----------
    csv : str or path-like
        The table of labels, in any of the forms that :func:`load_hpa` reads. A column ``Target``
        means the 28 numbers of `HPA_LABELS`, a column ``Label`` the 19 numbers of
        `HPA_LABELS_2021`. The labels of a row are numbers separated by spaces, ``|``, ``,`` or
        ``;``, or names separated by ``|``, ``,`` or ``;``, in any order and case.
    labels : {"all", "present", "hpa"} or sequence of str or int, default="all"
        The columns of the result: all labels of the set in use, the labels that occur, the 35
        locations of the Human Protein Atlas site (`HPA_LABELS_SITE`), or the given names or numbers
        in the given order.
    id_column : str, optional
        The column of Ids, by its name. By default it is the column ``Id``, in any case, else the
        one column with a usual name, such as ``Image``, ``ImageId``, ``filename`` or ``path``.
    label_column : str or sequence of str, optional
        The column of labels, by its name, or a list of columns: of labels, whose labels are
        combined, or of 0 and 1 for each label. By default it is the column ``Target`` or
        ``Label``, in any case, else the one column with a usual name, such as ``Labels``,
        ``Location`` or ``Subcellular location``, else all columns whose names are labels.
    label_separator : str, optional
        The text between the labels of a cell. By default it is any of ``|``, ``,`` and ``;``, and
        spaces between numbers.
    on_error : {"raise", "warn"}, default="raise"
        How to handle rows without a label and repeated Ids. Ids that differ only in their form of
        Unicode (NFC or NFD) are repeated. ``"warn"`` drops these rows and names them in a
        `UserWarning`. Of identical repeats, the first row is kept. An unknown label is
        always an error.

    Returns
    -------
    DataFrame of int64, shape (n_rows, n_labels)
        1 where a row has a label, else 0. The index, named ``"Id"``, contains the Ids in the order
        of the file. The columns are the label names.

    Raises
    ------
    FileNotFoundError
        If the file does not exist.
    ValueError
        If the file is not a table with these columns or has no rows, several columns may be Ids or
        labels, the package for a workbook is not installed, a label is unknown, a row has no label,
        an Id is repeated, or no row remains.
    OSError
        If the file cannot be read.

    Warns
    -----
    UserWarning
        If ``on_error="warn"`` and rows are dropped, or if columns of 0 and 1 are no labels.

    See Also
    --------
    load_hpa : Load the labels together with the images of a folder.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from sklearn_hpa.datasets import read_labels
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     csv = Path(folder, "train.csv")
    ...     _ = csv.write_text("Id,Target\\na,25 0\\nb,0\\n")
    ...     y = read_labels(csv, labels="present")
    >>> y
        Nucleoplasm  Cytosol
    Id
    a             1        1
    b             1        0
    """
    labels = check_label_choice(labels)
    check_on_error(on_error)
    names = ColumnNames(id_column, label_column, label_separator)
    table = read_label_table(csv, names, labels)
    columns = label_columns(labels, table)
    rows = complete_rows(len(table.ids), list(incomplete_rows(table)), on_error)
    return target_of(table, rows, columns)


def check_label_choice(labels: str | Iterable[str | int]) -> str | list[str | int]:
    if isinstance(labels, str) and labels in ("all", "present", "hpa"):
        return labels
    if isinstance(labels, str) or not isinstance(labels, Iterable):
        hint = did_you_mean(str(labels), ("all", "present", "hpa"))
        raise ValueError(
            f"Invalid labels={labels!r}. Valid values are 'all', 'present', 'hpa' and a list of"
            f" label names or numbers{hint or '.'}"
        )
    return list(labels)


def check_on_error(on_error: str) -> None:
    if on_error not in ("raise", "warn"):
        raise ValueError(f"Invalid on_error={on_error!r}. Valid values are 'raise' and 'warn'.")


def label_columns(labels: str | list[str | int], table: LabelTable) -> list[str] | None:
    """Return the columns of the target, or None if they depend on the labels that occur."""
    if labels == "present":
        return None
    if labels in ("all", "hpa"):
        return list(table.labels)
    columns = [canonical_label(label, table.labels) for label in labels]
    if not columns or len(set(columns)) < len(columns):
        raise ValueError(f"labels={labels!r} names {'a label twice' if columns else 'no label'}")
    return columns


def incomplete_rows(table: LabelTable) -> Iterator[tuple[str, set[int]]]:
    """Yield the problems with rows of the csv, each with the rows to drop."""
    path = printable(table.path)
    empty = [row for row, numbers in enumerate(table.numbers) if not numbers]
    if empty:
        named = [f"{printable(table.ids[row])} (line {table.lines[row]})" for row in empty]
        yield (
            f"{path}: {plural(empty, 'row')} without a label: {first_dozen(named)}",
            set(empty),
        )

    rows_of: dict[str, list[int]] = {}
    for row, Id in enumerate(table.ids):
        rows_of.setdefault(id_key(Id), []).append(row)
    named, dropped = [], set()
    for Id, rows in rows_of.items():
        if len(rows) == 1:
            continue
        agree = len({table.numbers[row] for row in rows}) == 1
        lines = ", ".join(str(table.lines[row]) for row in rows)
        forms = len({table.ids[row] for row in rows})
        notes = ", in two forms of Unicode" if forms > 1 else ""
        notes += "" if agree else ", whose labels differ"
        named.append(f"{printable(Id)} (lines {lines}{notes})")
        dropped.update(rows[1:] if agree else rows)
    if named:
        yield f"{path}: {plural(named, 'Id')} repeated: {first_dozen(named)}", dropped


def complete_rows(
    n_rows: int, incomplete: Sequence[tuple[str, set[int]]], on_error: str
) -> list[int]:
    """Return the rows that remain, or raise an error that lists all `incomplete` rows.

    `incomplete` lists problems, each with the rows to drop.
    """
    dropped = set().union(*(rows for _, rows in incomplete))
    remaining = [row for row in range(n_rows) if row not in dropped]
    if incomplete:
        problems = "\n".join(problem for problem, _ in incomplete)
        if on_error == "raise":
            raise ValueError(
                f"{problems}\nComplete or remove them, or leave them out with on_error='warn'"
            )
        if not remaining:
            raise ValueError(f"{problems}\nNothing remains without them")
        warn_caller(f"{problems}\n{len(dropped)} of {n_rows} rows left out")
    return remaining


def target_of(table: LabelTable, rows: Sequence[int], columns: list[str] | None) -> pd.DataFrame:
    """Return the 0/1 target of these rows; if `columns` is None, with the labels that occur."""
    values = np.zeros((len(rows), len(table.labels)), dtype=np.int64)
    for i, row in enumerate(rows):
        values[i, list(table.numbers[row])] = 1
    index = pd.Index([table.ids[row] for row in rows], name="Id")
    target = pd.DataFrame(values, index=index, columns=list(table.labels))
    return target.loc[:, target.any() if columns is None else columns]
