"""Metadata of images: the other columns of the table, and the sub-folders of the files."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal

import pandas as pd

from ._table import free_name

#: A number that no program would write in another way: without leading zeros or a plus sign.
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_MISSING = frozenset({"", "na", "nan"})
#: Names of sub-folders that are plates or wells of a multi-well plate.
_LEVELS = {
    "plate": re.compile(r"(?:plate|plt)[ _-]*[0-9]+.*|.*[ _-]plate[ _-]*[0-9]*", re.IGNORECASE),
    "well": re.compile(r"(?:well[ _-]*)?[A-P][ _-]?(?:0?[1-9]|1[0-9]|2[0-4])", re.IGNORECASE),
}


def make_metadata(
    others: Mapping[str, Sequence[str]], index: pd.Index, in_folders: bool
) -> pd.DataFrame:
    """Return the metadata of images.

    Parameters
    ----------
    others : mapping of str to sequence of str
        The cells of the other columns of the table, for each image.
    index : Index
        The Ids of the images.
    in_folders : bool
        Whether sub-folders were searched. The Ids are then relative paths, with ``/``.

    Returns
    -------
    DataFrame
        The columns of the table as numbers if all cells are numbers without leading zeros, and
        numbers keep all their digits, else as text. Then ``folder``, and a column for each level of
        sub-folders: ``plate`` or ``well`` if all names of the level look like it, else
        ``folder_1``, ``folder_2``, ...

    Examples
    --------
    >>> make_metadata({"Dose": ["1", "5"]}, pd.Index(["plate1/A01/a", "plate1/A02/b"]), True)
                  Dose      folder   plate well
    plate1/A01/a     1  plate1/A01  plate1  A01
    plate1/A02/b     5  plate1/A02  plate1  A02
    """
    columns = {name: _as_numbers(cells) for name, cells in others.items()}
    taken: dict[str, list[str]] = {name: [] for name in columns}
    if in_folders:
        folders = [str(Id).rpartition("/")[0] for Id in index]
        for name, cells in {"folder": folders, **_levels(folders)}.items():
            name = free_name(name, taken)
            taken[name] = []
            columns[name] = cells
    return pd.DataFrame(columns, index=index)


def _levels(folders: Sequence[str]) -> dict[str, list[str]]:
    parts = [folder.split("/") if folder else [] for folder in folders]
    levels: dict[str, list[str]] = {}
    for level in range(max(map(len, parts), default=0)):
        names = [each[level] if level < len(each) else "" for each in parts]
        kind = next(
            (
                kind
                for kind, known in _LEVELS.items()
                if kind not in levels and all(known.fullmatch(name) for name in names if name)
            ),
            f"folder_{level + 1}",
        )
        levels[kind] = names
    return levels


def _as_numbers(cells: Sequence[str]) -> object:
    there = [cell for cell in cells if cell.lower() not in _MISSING]
    if not there or not all(map(_NUMBER.fullmatch, there)):
        return list(cells)
    if len(there) == len(cells) and all(re.fullmatch("-?[0-9]{1,18}", cell) for cell in cells):
        return [int(cell) for cell in cells]
    if not _survive_as_floats(there):
        return list(cells)
    return [float("nan") if cell.lower() in _MISSING else float(cell) for cell in cells]


def _survive_as_floats(cells: Sequence[str]) -> bool:
    """Tell whether floats keep all whole numbers, such as long Ids, and different numbers apart."""
    exact = {Decimal(cell) for cell in cells}
    floats = {float(number) for number in exact}
    return (
        all(map(math.isfinite, floats))
        and len(floats) == len(exact)
        and all(int(float(cell)) == int(cell) for cell in cells if cell.lstrip("-").isdigit())
    )
