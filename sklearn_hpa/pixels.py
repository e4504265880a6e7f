"""Images to flat vectors of 8-bit pixels."""

from __future__ import annotations

import os
from collections.abc import Sequence
from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, TransformerMixin, _fit_context
from sklearn.utils.validation import (
    _check_feature_names,
    check_array,
    check_consistent_length,
    check_is_fitted,
)
from tqdm import tqdm

from .images import image_shape, prepare_image, read_image

Files = tuple[str, ...]


class ImageFlattener(TransformerMixin, BaseEstimator):
    """Read images, bring them to one size, and lay their pixels out as one row each.

    Parameters
    ----------
    size : int, (int, int) or None, default=64
        Height and width of the output in pixels; an int for a square. Shrinking averages over
        areas. None keeps the native size, which all images must then share.
    channels : sequence of str, default=("red", "green", "blue")
        Channels to read, in the order of the output.
    n_jobs : int or None, default=None
        Images read at the same time, in threads: decoding releases Python's lock. None is 1
        unless in a `joblib.parallel_config` context.
    verbose : bool, default=False
        Whether to show a progress bar.

    Attributes
    ----------
    image_shape_ : (int, int, int)
        Height, width and channels of each output image.
    n_features_in_ : int
        Columns of `X`; 1 for a list of files, the number of planes for arrays.
    feature_names_in_ : ndarray of str
        Columns of `X`, where it was a DataFrame.

    See Also
    --------
    sklearn_hpa.datasets.load_hpa : Finds the files.

    Notes
    -----
    Pixels stay uint8: `MultiLabelMLPClassifier` scales them to [0, 1] on its device, a batch at a
    time. Deeper images are scaled to 8 bits by their true depth. No more than a few full-size
    images for each job are in memory at once.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_hpa import ImageFlattener
    >>> images = np.zeros((2, 128, 128, 3), dtype=np.uint8)
    >>> flattener = ImageFlattener(size=32)
    >>> X = flattener.fit_transform(images)
    >>> X.shape, X.dtype
    ((2, 3072), dtype('uint8'))
    >>> flattener.get_feature_names_out()[:4].tolist()
    ['red_0_0', 'green_0_0', 'blue_0_0', 'red_0_1']
    >>> flattener.inverse_transform(X).shape
    (2, 32, 32, 3)
    """

    _parameter_constraints: dict = {
        "size": [Integral, tuple, list, None],
        "channels": [tuple, list],
        "n_jobs": [Integral, None],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        size: int | tuple[int, int] | None = 64,
        channels: Sequence[str] = ("red", "green", "blue"),
        *,
        n_jobs: int | None = None,
        verbose: bool = False,
    ):
        self.size = size
        self.channels = channels
        self.n_jobs = n_jobs
        self.verbose = verbose

    def fit(self, X: Any, y: ArrayLike | None = None) -> ImageFlattener:
        """Check that the images are there, and learn their size where `size` is None.

        Parameters
        ----------
        X : DataFrame, sequence of paths, or array
            One of: a DataFrame of paths with a column for each channel, or with one column
            "image" of multi-channel files; a sequence of paths of multi-channel files; an array
            of shape (n_samples, height, width, n_planes), or (n_samples, height, width) for one
            channel; a sequence of arrays of shape (height, width, n_planes).
        y : ignored
            Only its length is compared with that of `X`.

        Returns
        -------
        self : ImageFlattener

        Raises
        ------
        FileNotFoundError, ValueError, TypeError
            Where a parameter, a path or an array is not what is described here. Pixels are not
            read yet, unless they are in memory.
        """
        self._open(X, y, reset=True)
        return self

    def fit_transform(self, X: Any, y: ArrayLike | None = None) -> np.ndarray:
        """Fit to `X` and return its pixels; see `fit` and `transform`."""
        return self._read(self._open(X, y, reset=True))

    def transform(self, X: Any) -> np.ndarray:
        """Read the images.

        Parameters
        ----------
        X : DataFrame, sequence of paths, or array
            As in `fit`.

        Returns
        -------
        pixels : ndarray of shape (n_samples, height * width * n_channels), uint8
            Each row is an image of shape `image_shape_`, flattened in C order.

        Raises
        ------
        FileNotFoundError, ValueError, TypeError
            Names the file that is missing, empty, truncated, corrupt, no image, or not of the
            size or the channels expected.
        """
        check_is_fitted(self)
        return self._read(self._open(X, None, reset=False))

    def inverse_transform(self, X: ArrayLike) -> np.ndarray:
        """Rows of pixels back to images.

        Parameters
        ----------
        X : array-like of shape (n_samples, height * width * n_channels)

        Returns
        -------
        images : ndarray of shape (n_samples, height, width, n_channels)
        """
        check_is_fitted(self)
        X = check_array(X, dtype=None)
        if X.shape[1] != np.prod(self.image_shape_):
            raise ValueError(
                f"X has {X.shape[1]} features, but images of shape {self.image_shape_} have "
                f"{np.prod(self.image_shape_)}"
            )
        return X.reshape(-1, *self.image_shape_)

    def get_feature_names_out(self, input_features: ArrayLike | None = None) -> np.ndarray:
        """Name of each pixel: its channel, row and column.

        Parameters
        ----------
        input_features : ignored

        Returns
        -------
        names : ndarray of str objects of shape (height * width * n_channels,)
        """
        check_is_fitted(self)
        height, width, _ = self.image_shape_
        return np.asarray(
            [
                f"{channel}_{row}_{column}"
                for row in range(height)
                for column in range(width)
                for channel in self.channels
            ],
            dtype=object,
        )

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.three_d_array = True
        tags.input_tags.string = True
        return tags

    @_fit_context(prefer_skip_nested_validation=True)
    def _open(self, X: Any, y: ArrayLike | None, reset: bool) -> Sequence[Files] | np.ndarray:
        """Check all that can be checked without decoding, and learn the shape if `reset`."""
        size = _check_size(self.size)
        _check_channels(self.channels)
        images = _list_images(X, self.channels)
        if y is not None:
            check_consistent_length(images, y)
        if size is None:
            size = self._native_size(images, expected=None if reset else self.image_shape_[:2])
        if reset:
            self.image_shape_ = (*size, len(self.channels))
            _check_feature_names(self, X, reset=True)
            self.n_features_in_ = _n_columns(X)
        return images

    def _native_size(
        self, images: Sequence[Files] | np.ndarray, expected: tuple[int, int] | None
    ) -> tuple[int, int]:
        for position, image in enumerate(images):
            shape = image_shape(image) if isinstance(image, tuple) else image.shape[:2]
            if expected is None:
                expected = shape
            if shape != expected:
                name = image[0] if isinstance(image, tuple) else f"image {position}"
                raise ValueError(
                    f"with size=None all images must share one size: {name} is "
                    f"{shape[0]}x{shape[1]} pixels, expected {expected[0]}x{expected[1]}. "
                    "Set size to bring them to one"
                )
        return expected

    def _read(self, images: Sequence[Files] | np.ndarray) -> np.ndarray:
        size = self.image_shape_[:2]
        pixels = np.empty((len(images), int(np.prod(self.image_shape_))), dtype=np.uint8)
        reading = Parallel(n_jobs=self.n_jobs, prefer="threads", return_as="generator")(
            delayed(_read_one)(position, image, self.channels, size)
            for position, image in enumerate(images)
        )
        progress = tqdm(
            reading, "reading images", len(images), unit="image", disable=not self.verbose
        )
        for row, image in zip(pixels, progress, strict=True):
            row[:] = image.ravel()
        return pixels


def _read_one(
    position: int, image: Files | np.ndarray, channels: Sequence[str], size: tuple[int, int]
) -> np.ndarray:
    if isinstance(image, tuple):
        return read_image(image, channels, size)
    try:
        return prepare_image(image, channels, size)
    except (TypeError, ValueError) as error:
        raise type(error)(f"image {position} of X: {error}") from error


def _check_size(size: Any) -> tuple[int, int] | None:
    if size is None:
        return None
    pair = (size, size) if isinstance(size, Integral) else tuple(size)
    if len(pair) != 2 or not all(isinstance(side, Integral) and side >= 1 for side in pair):
        raise ValueError(
            f"size must be a positive int, a pair of them (height, width) or None, got {size!r}"
        )
    return pair


def _check_channels(channels: Sequence[str]) -> None:
    if not channels or not all(isinstance(channel, str) for channel in channels):
        raise ValueError(
            f"channels must hold names such as ('red', 'green', 'blue'), got {channels!r}"
        )
    if len(set(channels)) < len(channels):
        raise ValueError(f"channels must differ, got {channels!r}")


def _list_images(X: Any, channels: Sequence[str]) -> Sequence[Files] | np.ndarray:
    """`X` as a sequence of tuples of paths, or of arrays of one image each."""
    if isinstance(X, pd.DataFrame):
        return _check_files(_paths_in_frame(X, channels), X.index)
    if isinstance(X, pd.Series):
        return _check_files([(path,) for path in X], X.index)
    if isinstance(X, str | os.PathLike) or not hasattr(X, "__len__"):
        raise TypeError(f"{_EXPECTED}, got {X!r}")
    if len(X) == 0:
        raise ValueError(f"X is empty. {_EXPECTED}")
    first = X[0]
    if isinstance(first, str | os.PathLike):
        return _check_files([(path,) for path in X], range(len(X)))
    if isinstance(X, np.ndarray) and X.ndim == 2 and X.dtype.kind in "OU":
        if X.shape[1] != len(channels):
            raise ValueError(
                f"X has {X.shape[1]} columns of paths, expected one for each of the channels "
                f"{tuple(channels)}"
            )
        return _check_files([tuple(row) for row in X], range(len(X)))
    if isinstance(X, list | tuple) and all(isinstance(image, np.ndarray) for image in X):
        return X
    X = np.asarray(X)
    if X.dtype.kind not in "buif" or X.ndim not in (3, 4) or (X.ndim == 3 and len(channels) > 1):
        raise ValueError(f"{_EXPECTED}, got an array of shape {X.shape} and dtype {X.dtype}")
    return X


_EXPECTED = (
    "Expected a DataFrame of paths (see sklearn_hpa.datasets.load_hpa), a sequence of paths of "
    "multi-channel files, or images as an array of shape (n_samples, height, width, n_channels)"
)


def _paths_in_frame(X: pd.DataFrame, channels: Sequence[str]) -> list[tuple]:
    if X.empty:
        raise ValueError(f"X is empty. {_EXPECTED}")
    if list(X.columns) == ["image"]:
        return [(path,) for path in X["image"]]
    absent = [channel for channel in channels if channel not in X.columns]
    if absent:
        raise ValueError(
            f"X lacks the channels {', '.join(absent)}; its columns are "
            f"{', '.join(map(str, X.columns))}. Set channels to those at hand"
        )
    return list(X[list(channels)].itertuples(index=False, name=None))


def _check_files(images: list[tuple], ids: Any) -> list[Files]:
    absent, empty = [], []
    for image, identifier in zip(images, ids, strict=True):
        for path in image:
            if not isinstance(path, str | os.PathLike):
                raise TypeError(f"row {identifier!r} of X holds {path!r}, expected a path")
            try:
                if os.stat(path).st_size == 0:
                    empty.append(path)
            except (FileNotFoundError, NotADirectoryError):
                absent.append(path)
    for paths, kind, problem in (
        (absent, FileNotFoundError, "do not exist"),
        (empty, ValueError, "are empty (0 bytes): were they copied whole?"),
    ):
        if paths:
            listed = "\n  ".join(map(str, paths[:10]))
            more = f"\n  and {len(paths) - 10} more" if len(paths) > 10 else ""
            raise kind(f"{len(paths)} image files {problem}\n  {listed}{more}")
    return [tuple(map(os.fspath, image)) for image in images]


def _n_columns(X: Any) -> int:
    if isinstance(X, pd.DataFrame):
        return X.shape[1]
    first = np.asarray(X[0]) if not isinstance(X, pd.Series) else np.asarray("")
    return first.shape[-1] if first.ndim in (1, 3) else 1
