"""Tables with named columns, from pandas, polars or a similar library."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pandas as pd


def is_table(values: Any) -> bool:
    """Tell whether values have two axes and named columns."""
    shape = getattr(values, "shape", ())
    return hasattr(values, "__array__") and hasattr(values, "columns") and len(shape) == 2


def refuse_lazy_tables(**arguments: Any) -> None:
    """Refuse lazy tables of polars, which have no rows before they are collected.

    Raises
    ------
    TypeError
        If an argument is a LazyFrame. The message has the call that makes a table of it.
    """
    for name, values in arguments.items():
        if hasattr(values, "collect_schema") and not hasattr(values, "__array__"):
            raise TypeError(f"{name} is a lazy table of polars; pass {name}.collect()")


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


def sample_ids(X: Any) -> pd.Index:
    """Return an Id for each sample of any form of images or vectors.

    Returns
    -------
    ids : Index
        The index of a pandas DataFrame or Series. A table without an index of its own has the
        values of its column "Id", if there is one. A list or 1-d array of paths has the paths,
        as an index named "path". Other samples are numbered from 0.

    Examples
    --------
    >>> sample_ids(["a.tif", "b.tif"]).tolist(), sample_ids([[0.5], [0.7]]).tolist()
    (['a.tif', 'b.tif'], [0, 1])
    """
    ids = row_ids(X)
    if ids is not None and not ids.equals(pd.RangeIndex(len(ids))):
        return ids
    if is_table(X):
        if "Id" in list(X.columns):
            column: pd.Index = pd.Index(np.asarray(X["Id"]), name="Id")
            return column
        return pd.RangeIndex(len(X)) if ids is None else ids
    values = list(X) if isinstance(X, list | tuple) or np.ndim(X) == 1 else []
    if values and all(isinstance(value, str | os.PathLike) for value in values):
        return pd.Index(list(map(os.fspath, values)), name="path")
    n_samples = X.shape[0] if hasattr(X, "shape") else len(X)
    return pd.RangeIndex(n_samples) if ids is None else ids


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
