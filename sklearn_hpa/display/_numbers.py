"""Conversion of a table column to numbers."""

from __future__ import annotations

import numpy as np
import pandas as pd


def read_numbers(table: pd.DataFrame, column: object, what: str) -> np.ndarray:
    """Read a column as float64, with nan for missing values.

    Raises
    ------
    ValueError
        If there are several columns with this name, or if a value is not a number. The message
        names the row by its index.
    """
    values = table[column]
    if isinstance(values, pd.DataFrame):
        raise ValueError(
            f"{what} has {values.shape[1]} columns {column!r}: give each a name of its own"
        )
    try:
        return pd.to_numeric(values).to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError):
        no_number = pd.to_numeric(values, errors="coerce").isna() & values.notna()
        row = int(np.argmax(no_number))
        raise ValueError(
            f"column {column!r} of {what} holds {values.iloc[row]!r} in row "
            f"{values.index[row]!r}, expected numbers"
        ) from None
