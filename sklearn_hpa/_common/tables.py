"""Tables with named columns: those of pandas, of polars, and any that looks like them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd


def is_table(values: Any) -> bool:
    """Whether values have two axes and named columns."""
    shape = getattr(values, "shape", ())
    return hasattr(values, "columns") and hasattr(values, "__array__") and len(shape) == 2


def column_names(values: Any) -> list[Any] | None:
    """Names of the columns of a table; None for anything else."""
    return list(values.columns) if is_table(values) else None


def text_column_names(values: Any) -> list[str] | None:
    """Names of the columns of a table if all are text, else None."""
    names = column_names(values)
    return names if names and all(isinstance(name, str) for name in names) else None


def row_ids(values: Any) -> pd.Index | None:
    """Index of a pandas table or column; None for anything else, polars included."""
    return values.index if isinstance(values, pd.DataFrame | pd.Series) else None


def as_frame(values: Any) -> pd.DataFrame:
    """A table as a pandas DataFrame; pandas' own is returned as it is."""
    if isinstance(values, pd.DataFrame):
        return values
    return pd.DataFrame(np.asarray(values, dtype=object), columns=list(values.columns))
