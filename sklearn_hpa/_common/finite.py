"""Rows and columns of missing and infinite values, for error messages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import issparse

from .messages import first_dozen, plural
from .tables import as_frame, column_names, describe_row, is_table

ROWS_AT_ONCE = 4096


@contextmanager
def located(X: Any, name: str = "X") -> Iterator[None]:
    """Add the column and the row to scikit-learn's error about a value that is not finite.

    The values are searched only after scikit-learn has refused `X`, so valid samples cost nothing.

    Parameters
    ----------
    X : table, array or nested lists
        The samples that the block checks.
    name : str
        The name that scikit-learn gives to `X` in its messages.

    Raises
    ------
    ValueError
        If the block raises an error that begins with ``Input X contains NaN`` or ``Input X contains
        infinity``. The message keeps this beginning and names up to a dozen values. Any other error
        is passed on.
    """
    try:
        yield
    except ValueError as error:
        begin = re.match(rf"Input {re.escape(name)} contains (NaN|infinity[^.]*)\.", str(error))
        found = describe_non_finite(X, single="float32" in str(error)) if begin else ""
        if begin is None or not found:
            raise
        remedy = "Leave these rows or columns out, or replace the values"
        if begin[1] == "NaN":
            remedy += ", for example with sklearn.impute.SimpleImputer in a pipeline"
        explained = ValueError(f"{begin[0]} {found}. {remedy}")
        for note in getattr(error, "__notes__", []):
            explained.add_note(note)
        raise explained from error


def describe_non_finite(X: Any, *, single: bool = False) -> str:
    """Count the values that are missing or infinite, and name the first dozen; "" if none is found.

    Parameters
    ----------
    X : table, array or nested lists
    single : bool
        Whether values that exceed float32 are infinite too.

    Examples
    --------
    >>> X = pd.DataFrame({"area": [1.0, 2.0], "mean": [np.nan, 0.5]}, index=["cell7", "cell8"])
    >>> describe_non_finite(X)
    "1 value is not finite: nan in column 'mean', row 0 ('cell7')"
    """
    if issparse(X):
        return ""
    try:
        found = [cell for block in _blocks(X) for cell in _non_finite(*block, single=single)]
    except (TypeError, ValueError):
        return ""
    if not found:
        return ""
    names = column_names(X)
    shown = [
        f"{value:g} in column {column if names is None else repr(names[column])}, "
        f"{describe_row(X, row)}"
        for row, column, value in found[:12]
    ]
    count = f"{plural(found, 'value')} {'is' if len(found) == 1 else 'are'} not finite"
    if len(found) > 12:
        n_columns = len({column for _, column, _ in found})
        n_rows = len({row for row, _, _ in found})
        count += f", in {plural(n_columns, 'column')} and {plural(n_rows, 'row')}"
        shown += [""] * (len(found) - 12)
    return f"{count}: {first_dozen(shown, '; ')}"


def _blocks(X: Any) -> Iterator[tuple[int, NDArray[np.float64]]]:
    """Yield the number of the first row, and the values as float64, of some rows at a time."""
    rows = X if is_table(X) else np.asarray(X)
    if len(rows.shape) != 2:
        return
    for start in range(0, len(rows), ROWS_AT_ONCE):
        part = slice(start, start + ROWS_AT_ONCE)
        yield start, _numbers(rows.iloc[part] if isinstance(rows, pd.DataFrame) else rows[part])


def _numbers(block: Any) -> NDArray[np.float64]:
    try:
        return np.asarray(block, dtype=np.float64)
    except (TypeError, ValueError):
        frame = as_frame(block) if is_table(block) else pd.DataFrame(block)
        numbers = frame.apply(pd.to_numeric, errors="coerce")
        return np.asarray(numbers.to_numpy(np.float64, na_value=np.nan))


def _non_finite(
    start: int, values: NDArray[np.float64], *, single: bool
) -> list[tuple[int, int, float]]:
    with np.errstate(over="ignore"):
        finite = np.isfinite(values.astype(np.float32) if single else values)
    return [
        (start + int(row), int(column), float(values[row, column]))
        for row, column in np.argwhere(~finite)
    ]
