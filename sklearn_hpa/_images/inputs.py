"""Accepted forms of `X` and the names of their channels."""

from __future__ import annotations

import os
from collections.abc import Hashable, Iterable, Sequence
from typing import Any, TypeAlias, TypeGuard

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .._common.messages import first_dozen, shortened
from .._common.tables import as_frame, column_names, is_table, refuse_lazy_tables

#: The stains of the Human Protein Atlas, in the order of a multi-channel file's planes:
#: microtubules, the protein, nucleus, endoplasmic reticulum.
HPA_CHANNELS = ("red", "green", "blue", "yellow")

#: One image: the path of its multi-channel file, the paths of its channels, or its pixels.
Source: TypeAlias = str | tuple[str, ...] | NDArray[Any]
#: Images: one kind of source for all, or one array of them.
Sources: TypeAlias = Sequence[Source] | NDArray[Any]

_EXPECTED = (
    "Expected a DataFrame of paths (see sklearn_hpa.datasets.load_hpa), a sequence of paths of "
    "multi-channel files, or images as an array of shape (n_samples, height, width, n_channels)"
)


def list_sources(X: Any, channels: Sequence[str]) -> Sources:
    """List the images of `X`, in any form that ``fit`` of a vectoriser accepts.

    Raises
    ------
    TypeError
        If `X` has another form, or a row holds something other than a path.
    ValueError
        If `X` is empty, lacks a channel or has the wrong shape, or if a path has a NUL character.
    """
    refuse_lazy_tables(X=X)
    if is_table(X):
        return _sources_in_frame(as_frame(X), channels)
    if isinstance(X, pd.Series):
        return _sources_in_list(list(X), X.index)
    if isinstance(X, list | tuple):
        return _sources_in_list(X, range(len(X)))
    if hasattr(X, "__array__"):
        return _sources_in_array(np.asarray(X), channels)
    raise TypeError(f"{_EXPECTED}, got {type(X).__name__}")


def are_arrays(sources: Sources) -> TypeGuard[Sequence[NDArray[Any]]]:
    """Tell whether the images are pixels, not paths."""
    return isinstance(sources[0], np.ndarray)


def n_columns(X: Any, sources: Sources) -> int:
    """Return the number of columns of a table or planes of an array; 1 for a list of files."""
    names = column_names(X)
    if names is not None:
        return len(names)
    first = sources[0]
    if isinstance(first, np.ndarray):
        return n_planes_of(first)
    return 1 if isinstance(first, str) else len(first)


# ---- channels -----------------------------------------------------------------------------------


def check_channels(channels: Sequence[str], known: Sequence[str] | None = None) -> tuple[str, ...]:
    """Return the channel names as a tuple, after a check that they are distinct and `known`.

    Raises
    ------
    ValueError
        If there are no names, or if a name is repeated, not a str or not in `known`.

    Examples
    --------
    >>> check_channels(["green", "blue"], HPA_CHANNELS)
    ('green', 'blue')
    """
    names = () if isinstance(channels, str) or not isinstance(channels, Iterable) else channels
    names = tuple(names)
    usable = all(isinstance(name, str) and (known is None or name in known) for name in names)
    if not names or not usable or len(set(names)) < len(names):
        expected = "some of" if known else "a list of names such as"
        raise ValueError(
            f"Invalid channels={channels!r}. Expected {expected}"
            f" {', '.join(known or HPA_CHANNELS)}, each once."
        )
    return names


def named_channels(X: Any) -> list[Any] | None:
    """Return the columns of a table of channel files, or None if the planes have no names."""
    names = column_names(X)
    return None if names == ["image"] else names


def in_usual_order(channels: Sequence[str]) -> tuple[str, ...]:
    """Return channels of the Human Protein Atlas in their order; others keep their order."""
    if set(channels) <= set(HPA_CHANNELS):
        return tuple(channel for channel in HPA_CHANNELS if channel in channels)
    return tuple(channels)


def count_path_columns(X: Any) -> int | None:
    """Return the number of columns of an array of paths, which has one per channel, else None."""
    return X.shape[1] if isinstance(X, np.ndarray) and _is_path_array(X) else None


def n_planes_of(pixels: NDArray[Any]) -> int:
    """Return the number of planes of one image, (height, width) or (height, width, planes)."""
    return pixels.shape[2] if pixels.ndim == 3 else 1


# ---- the forms of X -----------------------------------------------------------------------------


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
        for number, image in enumerate(X):
            if image.ndim not in (2, 3) or image.dtype.kind not in "buif":
                raise ValueError(
                    f"image {number} of X is an array of shape {image.shape} and dtype "
                    f"{image.dtype}; expected numbers of shape (height, width) or "
                    "(height, width, n_channels)"
                )
        return X
    if not isinstance(X[0], str | os.PathLike):
        found = f"{_EXPECTED}, got a {type(X).__name__} of {type(X[0]).__name__}"
        other = next((each for each in X if type(each) is not type(X[0])), None)
        if other is not None:
            found += f" and {type(other).__name__}; all images must have one form"
        elif not isinstance(X[0], np.ndarray):
            found += ". Images that are read already: [np.asarray(image) for image in X]"
        raise TypeError(found)
    return [_path(path, row) for row, path in zip(rows, X, strict=True)]


def _sources_in_array(X: NDArray[Any], channels: Sequence[str]) -> Sources:
    rows = range(len(X)) if X.ndim else ()
    if X.ndim == 1 and X.dtype.kind in "OUT":
        return _sources_in_list(X.tolist(), rows)
    if _is_path_array(X):
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


def _is_path_array(X: NDArray[Any]) -> bool:
    return X.ndim == 2 and X.dtype.kind in "OUT"


def _channel_files(paths: NDArray[Any], rows: Iterable[Hashable]) -> list[Source]:
    return [
        tuple(_path(path, row) for path in files) for row, files in zip(rows, paths, strict=True)
    ]


def _path(path: Any, row: Hashable) -> str:
    if not isinstance(path, str | os.PathLike):
        held = f"a {type(path).__name__}" if np.ndim(path) else shortened(repr(path), longest=60)
        raise TypeError(f"row {row!r} of X holds {held}, expected a path")
    name: str = os.fspath(path)
    if "\0" in name:
        raise ValueError(f"row {row!r} of X holds {name!r}; no path has a NUL character")
    return name
