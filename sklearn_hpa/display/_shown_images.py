"""Choice, names and pixels of the images in a display."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_consistent_length

from .._common.alignment import check_aligned
from .._common.tables import as_frame, is_table
from .._images.batches import first_plan, headers_or_errors
from .._images.inputs import HPA_CHANNELS, count_path_columns, list_sources, named_channels
from .._images.planes import Request, name_planes
from ..feature_extraction import take_rows


def channels_present(X: Any) -> tuple[str, ...]:
    """Return the `HPA_CHANNELS` in the columns of `X`, or one per plane of its first image.

    Raises
    ------
    FileNotFoundError, ValueError, TypeError
        If `X` does not have a form that `ImageFlattener.fit` accepts, or if its first image has
        more planes than there are names or cannot be read.
    """
    names = named_channels(X)
    if names is not None:
        return tuple(name for name in HPA_CHANNELS if name in names) or HPA_CHANNELS
    n_columns = count_path_columns(X)
    if n_columns is not None:
        return name_planes(n_columns)
    sources = list_sources(X, ["image"])
    plan = first_plan(sources, Request(HPA_CHANNELS, ()))
    if plan is None:
        (error,) = headers_or_errors(sources[:1], None)
        assert isinstance(error, Exception)
        raise error
    if not plan.channels:
        raise ValueError(
            f"the images of X have {plan.n_planes} planes, more than {', '.join(HPA_CHANNELS)}; set"
            " channels, and colors to a dict with a color for each"
        )
    return plan.channels


def check_images(X: Any, channels: Sequence[str], **targets: Any) -> int:
    """Check that `X` and the targets have the same samples, and return their number."""
    n_samples = len(list_sources(X, channels))
    for y in targets.values():
        if y is not None and not _has_array_per_label(y):
            check_consistent_length(X, y)
    check_aligned(X=X, **targets)
    return n_samples


def _has_array_per_label(y: Any) -> bool:
    """Tell whether `y` is a list of arrays, as scikit-learn's forests return probabilities."""
    return isinstance(y, list) and bool(y) and all(np.ndim(part) == 2 for part in y)


def has_files(X: Any) -> bool:
    """Tell whether `X` contains paths instead of pixels."""
    if is_table(X) or isinstance(X, pd.Series):
        return True
    if isinstance(X, list | tuple):
        return not isinstance(X[0], np.ndarray)
    return np.asarray(X).dtype.kind in "OUT"


def names_of_images(X: Any, rows: np.ndarray) -> list[str]:
    """Return the Ids of a DataFrame, the names of files, or the numbers of images."""
    if isinstance(X, pd.DataFrame | pd.Series):
        return [str(name) for name in X.index[rows]]
    if is_table(X):
        paths = as_frame(X).iloc[rows].get("image")
        numbers = [f"image {row}" for row in rows]
        return numbers if paths is None else [Path(path).name for path in paths]
    images = take_rows(X, rows)
    if has_files(X) and all(isinstance(path, str | os.PathLike) for path in images):
        return [Path(path).name for path in images]
    return [f"image {row}" for row in rows]
