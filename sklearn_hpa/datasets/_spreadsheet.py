"""Rows of an Excel workbook, through pandas and the package that pandas needs for it."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import pandas as pd

from .._common.messages import first_dozen, plural
from .._common.naming import errors_named, printable
from ._text import AS_CSV

#: The package with which pandas reads each kind of workbook.
_READERS = {"xlsx": "openpyxl", "xls": "xlrd"}


def read_workbook(path: Path, kind: str) -> list[tuple[int, list[str]]]:
    """Return the rows of a workbook as text, with their row numbers in the sheet.

    Parameters
    ----------
    path : Path
        The workbook.
    kind : {"xlsx", "xls"}
        Its kind.

    Raises
    ------
    ValueError
        If the package for this kind is not installed, several sheets have cells, or the workbook
        is damaged.
    OSError
        If the file cannot be read.
    """
    name, package = printable(path), _READERS[kind]
    try:
        with errors_named(path), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of parts that have no labels, such as styles
            read: Any = pd.read_excel
            sheets = read(
                path, sheet_name=None, header=None, dtype=object, na_filter=False, engine=package
            )
    except OSError:
        raise
    except ImportError as error:  # of a package that is missing, or too old for pandas
        raise ValueError(
            f"{name} is an Excel workbook ({kind}), which needs the package {package}: pip install"
            f" --upgrade {package}. Or save it as a csv file in UTF-8 ('CSV UTF-8' in Excel)"
        ) from error
    except Exception as error:  # damaged workbooks raise errors of many modules
        reason = " ".join(printable(error).split())
        raise ValueError(f"{name} is a damaged Excel workbook ({reason}). {AS_CSV}") from error
    filled = {sheet: rows for sheet, rows in sheets.items() if len(rows)}
    if len(filled) > 1:
        raise ValueError(
            f"{name} has {plural(filled, 'sheet')} with cells:"
            f" {first_dozen(map(printable, filled))}. Expected one: save the sheet of labels as a"
            " csv file in UTF-8"
        )
    frame = next(iter(filled.values()), pd.DataFrame())
    return [
        (line, [_text(cell) for cell in row])
        for line, row in enumerate(frame.itertuples(index=False, name=None), start=1)
    ]


def _text(cell: Any) -> str:
    """Return a cell as Excel shows it: a whole number without decimals."""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    return "" if cell is None else str(cell)
