"""Some images of `X`, chosen by position, in its form or as an array."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from .._common.tables import as_frame, is_table
from ._pixels import ImageFlattener


def take_rows(X: Any, rows: np.ndarray) -> Any:
    """Return the images at these positions, in the form of `X`."""
    if is_table(X):
        return as_frame(X).iloc[rows]
    if isinstance(X, pd.Series):
        return X.iloc[rows]
    if isinstance(X, list | tuple):
        return [X[row] for row in rows]
    return np.asarray(X)[rows]


def read_rows(
    X: Any, rows: np.ndarray, size: int | tuple[int, int] | None, channels: Sequence[str]
) -> np.ndarray:
    """Read the images at these positions as uint8, (n_rows, height, width, n_channels).

    `size` and `channels` are as in `ImageFlattener`.
    """
    flattener = ImageFlattener(size=size, channels=channels)
    return flattener.inverse_transform(flattener.fit_transform(take_rows(X, rows)))
