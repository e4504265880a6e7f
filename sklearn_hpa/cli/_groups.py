"""The group of each image, which a split keeps whole: from columns of the labels, or a file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .._common.messages import did_you_mean, first_dozen, plural
from .._common.naming import printable

if TYPE_CHECKING:
    import argparse

    import pandas as pd


def add_groups(command: argparse.ArgumentParser) -> None:
    """Add the option of the groups to a command."""
    command.add_argument(
        "--groups",
        metavar="COLUMN|FILE",
        help="keep the images of a group together in every split: a column of the labels' csv or "
        "of sub-folders, several columns such as plate,well, or a csv file with the columns "
        "Id,Group, or FILE:COLUMN for another of its columns",
    )


def groups_file(text: str | None) -> Path | None:
    """Return the file that ``--groups`` names, or None."""
    return None if text is None else _find_file(text)[0]


def find_groups(text: str | None, images: pd.DataFrame, metadata: Any) -> np.ndarray | None:
    """Return the group of each image, or None.

    Parameters
    ----------
    text : str or None
        Value of ``--groups``.
    images : DataFrame
        The images; the index holds their Ids.
    metadata : DataFrame or None
        The other columns of the labels and the sub-folders, with the same index.

    Raises
    ------
    ValueError
        If neither a column nor a file has this name, or an image has no group.
    """
    if text is None:
        return None
    columns = [] if metadata is None else [str(name) for name in metadata.columns]
    names = [text] if text in columns else [name.strip() for name in text.split(",")]
    if columns and set(names) <= set(columns):
        values = metadata[names]
        _check_all_given(values.isna() | (values.astype(str) == ""), images.index, text)
        return values.astype(str).agg("/".join, axis=1).to_numpy(dtype=object)
    path, column = _find_file(text)
    if path is None:
        there = f"the columns are {first_dozen(columns)}" if columns else "the labels have none"
        raise ValueError(
            f"--groups {text}: no file and no column has this name{did_you_mean(names, columns)}; "
            f"{there} besides the Ids and the labels"
        )
    return _read_groups(path, column, images.index)


def _find_file(text: str) -> tuple[Path | None, str | None]:
    if os.path.isfile(text):
        return Path(text), None
    name, colon, column = text.rpartition(":")
    return (Path(name), column) if colon and os.path.isfile(name) else (None, None)


def _read_groups(path: Path, column: str | None, ids: pd.Index) -> np.ndarray:
    import pandas as pd

    from ..datasets import id_key, read_rows

    shown = printable(path)
    header, rows = read_rows(path, "file of groups", "the columns Id,Group", _has_id)
    names = [name.strip() for name in header]
    if not _has_id(header):
        raise ValueError(f"{shown} has the columns {first_dozen(names)}; expected Id and Group")
    of_id = [name.lower() for name in names].index("id")
    others = [name for position, name in enumerate(names) if position != of_id]
    if column is None:
        found = [name for name in others if name.lower() == "group"] or others
        if len(found) != 1:
            raise ValueError(
                f"{shown} has no column Group, but {first_dozen(others)}; name the column of "
                f"groups: --groups {shown}:COLUMN"
            )
        column = found[0]
    elif column not in others:
        raise ValueError(
            f"{shown} has no column {column}{did_you_mean(column, others)}; "
            f"its columns are {first_dozen(names)}"
        )
    of_group = names.index(column)
    wanted = {id_key(Id.strip()) for Id in map(str, ids)}
    groups: dict[str, set[str]] = {}
    for _, row in rows:
        cells = [cell.strip() for cell in [*row, *[""] * len(names)]]
        if (key := id_key(cells[of_id])) in wanted:
            groups.setdefault(key, set()).add(cells[of_group])
    if twice := [printable(Id) for Id, each in groups.items() if len(each) > 1]:
        raise ValueError(f"{shown} has {plural(twice, 'Id')} in two groups: {first_dozen(twice)}")
    of_image = [next(iter(groups.get(id_key(str(Id).strip()), {""}))) for Id in ids]
    _check_all_given(pd.DataFrame({column: of_image}) == "", ids, shown)
    return np.array(of_image, dtype=object)


def _has_id(header: list[str]) -> bool:
    return [name.strip().lower() for name in header].count("id") == 1


def _check_all_given(missing: pd.DataFrame, ids: pd.Index, source: str) -> None:
    without = [printable(Id) for Id, absent in zip(ids, missing.any(axis=1), strict=True) if absent]
    if without:
        raise ValueError(
            f"{source} gives no group to {len(without)} of {plural(ids, 'image')}: "
            f"{first_dozen(without)}"
        )
