"""A column of a table as numbers."""

from __future__ import annotations

import numpy as np
import pandas as pd


def read_numbers(table: pd.DataFrame, column: object, what: str) -> np.ndarray:
    """A column as float64, nan where a value is missing.

    Raises
    ------
    ValueError
        Where there are several columns of that name, or one that holds anything but numbers.
        Names the row by its index.
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
