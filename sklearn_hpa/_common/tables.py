"""Tables with named columns, from pandas, polars or a similar library."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd


def is_table(values: Any) -> bool:
    """Tell whether values have two axes and named columns."""
    shape = getattr(values, "shape", ())
    return hasattr(values, "columns") and hasattr(values, "__array__") and len(shape) == 2


def column_names(values: Any) -> list[Any] | None:
    """Return the column names of a table, or None for other values."""
    return list(values.columns) if is_table(values) else None


def text_column_names(values: Any) -> list[str] | None:
    """Return the column names of a table if all are text, else None."""
    names = column_names(values)
    return names if names and all(isinstance(name, str) for name in names) else None


def row_ids(values: Any) -> pd.Index | None:
    """Return the index of a pandas DataFrame or Series, or None for other values."""
    return values.index if isinstance(values, pd.DataFrame | pd.Series) else None


def describe_row(values: Any, row: int) -> str:
    """Return the number of a row and, if the table has other Ids, its Id.

    Examples
    --------
    >>> describe_row([0, 1], 1), describe_row(pd.Series([0, 1], ["a", "b"]), 1)
    ('row 1', "row 1 ('b')")
    """
    ids = row_ids(values)
    if ids is None:
        return f"row {row}"
    Id = ids[row : row + 1].tolist()[0]
    return f"row {row}" if Id == row else f"row {row} ({Id!r})"


def as_frame(values: Any) -> pd.DataFrame:
    """Convert a table to a pandas DataFrame; a pandas DataFrame is returned as it is."""
    if isinstance(values, pd.DataFrame):
        return values
    return pd.DataFrame(np.asarray(values, dtype=object), columns=list(values.columns))
