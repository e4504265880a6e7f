"""The forms in which images are given to an estimator, as one sequence of sources."""

from __future__ import annotations

import os
from collections.abc import Hashable, Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from .._common.messages import first_dozen

#: One image: the path of its multi-channel file, the paths of its channels, or its pixels.
Source = str | tuple[str, ...] | np.ndarray

_EXPECTED = (
    "Expected a DataFrame of paths (see sklearn_hpa.datasets.load_hpa), a sequence of paths of "
    "multi-channel files, or images as an array of shape (n_samples, height, width, n_channels)"
)


def list_sources(X: Any, channels: Sequence[str]) -> Sequence[Source]:
    """The images of `X`, which has one of the forms that `ImageFlattener.fit` takes.

    Raises
    ------
    TypeError
        If `X` has another form, or a row holds something else than a path.
    ValueError
        If `X` is empty, lacks a channel or has another shape, or a path has a NUL character.
    """
    if isinstance(X, pd.DataFrame):
        return _sources_in_frame(X, channels)
    if isinstance(X, pd.Series):
        return _sources_in_list(list(X), X.index)
    if isinstance(X, list | tuple):
        return _sources_in_list(X, range(len(X)))
    if hasattr(X, "__array__"):
        return _sources_in_array(np.asarray(X), channels)
    raise TypeError(f"{_EXPECTED}, got {type(X).__name__}")


def n_columns(X: Any, sources: Sequence[Source]) -> int:
    """The columns of `X`: of a DataFrame all, of an array of images its planes, of a list 1."""
    if isinstance(X, pd.DataFrame):
        return X.shape[1]
    first = sources[0]
    if isinstance(first, np.ndarray):
        return first.shape[2] if first.ndim == 3 else 1
    return 1 if isinstance(first, str) else len(first)


def _sources_in_frame(X: pd.DataFrame, channels: Sequence[str]) -> list[Source]:
    if X.empty:
        raise ValueError(f"X is empty. {_EXPECTED}")
    if list(X.columns) == ["image"]:
        return [_path(path, row) for row, path in X["image"].items()]
    absent = [channel for channel in channels if channel not in X.columns]
    if absent:
        raise ValueError(
            f"X lacks the channels {', '.join(absent)}; its columns are "
            f"{first_dozen(X.columns)}. Set the channels to those at hand"
        )
    return _channel_files(X[list(channels)].to_numpy(dtype=object), X.index)


def _sources_in_list(X: Sequence[Any], rows: Iterable[Hashable]) -> Sequence[Source]:
    if len(X) == 0:
        raise ValueError(f"X is empty. {_EXPECTED}")
    if all(isinstance(image, np.ndarray) for image in X):
        return X
    if not isinstance(X[0], str | os.PathLike):
        raise TypeError(f"{_EXPECTED}, got a {type(X).__name__} of {type(X[0]).__name__}")
    return [_path(path, row) for row, path in zip(rows, X, strict=True)]


def _sources_in_array(X: np.ndarray, channels: Sequence[str]) -> Sequence[Source]:
    rows = range(len(X)) if X.ndim else ()
    if X.ndim == 1 and X.dtype.kind in "OUT":
        return _sources_in_list(X.tolist(), rows)
    if X.ndim == 2 and X.dtype.kind in "OUT":
        if X.shape[1] != len(channels):
            raise ValueError(
                f"X has {X.shape[1]} columns of paths, expected one for each of the channels "
                f"{', '.join(channels)}"
            )
        return _channel_files(X, rows)
    planes_apart = X.ndim == 4 or (X.ndim == 3 and len(channels) == 1)
    if X.dtype.kind not in "buif" or not planes_apart:
        raise ValueError(f"{_EXPECTED}, got an array of shape {X.shape} and dtype {X.dtype}")
    if X.size == 0:
        raise ValueError(f"X is empty: an array of shape {X.shape}. {_EXPECTED}")
    return X


def _channel_files(paths: np.ndarray, rows: Iterable[Hashable]) -> list[Source]:
    return [
        tuple(_path(path, row) for path in files) for row, files in zip(rows, paths, strict=True)
    ]


def _path(path: Any, row: Hashable) -> str:
    if not isinstance(path, str | os.PathLike):
        raise TypeError(f"row {row!r} of X holds {path!r}, expected a path")
    path = os.fspath(path)
    if "\0" in path:
        raise ValueError(f"row {row!r} of X holds {path!r}; no path has a NUL character")
    return path
