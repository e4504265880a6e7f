"""Base class of the vectorisers, which turn each image into one row."""

from __future__ import annotations

import marshal
import os
import warnings
from abc import ABC, abstractmethod
from collections.abc import Sequence
from hashlib import blake2b
from numbers import Integral
from typing import Any, ClassVar, Self

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import ArrayLike, DTypeLike
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_consistent_length, check_is_fitted, validate_data
from tqdm import tqdm

from .._common.alignment import check_aligned
from .._common.estimators import DocumentedMixin, undone_on_failure
from .._common.fitted import check_names
from .._common.messages import first_dozen
from .._common.sklearn_private import StrOptions
from .._images import batches
from .._images.batches import (
    check_n_jobs,
    check_size,
    common_white_level,
    raise_all,
    shapes_or_errors,
    threads,
)
from .._images.cache import open_cache
from .._images.formats import MAX_PIXELS
from .._images.inputs import Sources, check_channels, list_sources, n_columns
from ._rows import CONTENT_ERRORS, RowMaker

#: Most channels of a fitted vectoriser. Microscopes and dyes separate about a dozen.
MAX_CHANNELS = 256


class ImageTransformer(DocumentedMixin, TransformerMixin, BaseEstimator, ABC):
    """Base class of the vectorisers, which turn each image into one row.

    It reads all forms of `X`, checks headers before any pixel is decoded, and handles jobs,
    progress, unreadable files, the cache and the tags of scikit-learn.

    A subclass has the parameters `size`, `n_jobs`, `cache` and `verbose`, and `channels` unless it
    overrides `_choose_channels`. It defines `_columns`, which returns the column names, and `_row`,
    which returns the row of one image. The other methods and the class attributes have defaults.

    Attributes
    ----------
    channels_ : tuple of str
        Channels read from each image.
    n_features_in_ : int
        Number of columns of `X`; 1 for a list of files, the number of planes for arrays.
    feature_names_in_ : ndarray of str
        Column names of `X`, if it is a DataFrame.
    """

    _parameter_constraints: dict = {
        "size": [Integral, tuple, list, None],
        "channels": [tuple, list],
        "n_jobs": [Integral, None],
        "cache": [str, os.PathLike, None],
        "verbose": ["verbose"],
        "on_error": [StrOptions({"raise", "warn"})],
    }

    #: Increase this with each change that gives other numbers; cached rows are then not used.
    @property
    def _version(self) -> int:
        return 1

    _dtype: ClassVar[DTypeLike] = np.float32
    #: Whether rows are computed in threads, for work that releases Python's lock, or in processes.
    _in_threads: ClassVar[bool] = False
    _caches_arrays: ClassVar[bool] = True
    #: Label of the progress bar.
    _activity: ClassVar[str] = "measuring images"

    # Parameters that every subclass has.
    size: int | tuple[int, int] | None
    channels: Sequence[str]
    n_jobs: int | None
    cache: str | os.PathLike[str] | None
    verbose: bool

    channels_: tuple[str, ...]
    _options: dict[str, Any]
    _size: tuple[int, int] | None
    _white: int | None

    @abstractmethod
    def _columns(self, channels: tuple[str, ...], **options: Any) -> Sequence[str]:
        """Return the names of the columns, for images with these channels."""

    @staticmethod
    @abstractmethod
    def _row(image: np.ndarray, channels: tuple[str, ...], **options: Any) -> np.ndarray:
        """Return the row of one image, uint8 of shape (height, width, n_channels)."""

    def _choose_channels(self, X: Any) -> tuple[str, ...]:
        """Return the channels to read; called at `fit`."""
        return check_channels(self.channels)

    def _check_channels_of(self, X: Any) -> None:
        """Refuse images that lack a channel; called after `fit`."""

    def _choose_options(self, channels: tuple[str, ...]) -> dict[str, Any]:
        """Return the keywords of `_row` and `_columns` as plain data; part of the cache key."""
        return {}

    def _learn(self, sources: Sources, shapes: Sequence[Any]) -> None:
        """Learn the columns; called at `fit`."""
        names = self._columns(self.channels_, **self._options)
        self._feature_names = np.array(names)

    def _check_images(self, sources: Sources, shapes: Sequence[Any]) -> None:
        """Refuse images that do not match the fitted columns; called after `fit`."""
        if list(self._columns(self.channels_, **self._options)) != self._feature_names.tolist():
            raise ValueError(
                "this version of sklearn_hpa measures other columns than the version that fitted"
                f" this {type(self).__name__}. Fit again, or use that version"
            )

    @property
    def _n_columns(self) -> int:
        return len(self._feature_names)

    def _check_fitted(self) -> None:
        """Refuse a fitted state whose parts do not belong together."""
        if not hasattr(self, "channels_"):
            return
        if len(check_channels(self.channels_)) > MAX_CHANNELS:
            raise ValueError(f"channels_ holds more than {MAX_CHANNELS} channels")
        size = check_size(self._size)
        if size is not None and size[0] * size[1] > MAX_PIXELS:
            raise ValueError(f"images of {size} pixels are above the limit of {MAX_PIXELS} pixels")
        white = self._white
        if white is not None and not (isinstance(white, Integral) and 0 < white < 2**16):
            raise ValueError(f"the white level is {white!r}")
        if not isinstance(self._options, dict):
            raise ValueError("its options are no dict")
        if hasattr(self, "_feature_names"):
            check_names(self._feature_names, "names of columns", len(self._feature_names))

    def _empty(self, n_rows: int) -> np.ndarray:
        """Allocate the rows; rows of unreadable images keep their initial values."""
        return np.full((n_rows, self._n_columns), np.nan, dtype=self._dtype)

    def fit(self, X: Any, y: ArrayLike | None = None) -> Self:
        """Check the files by their headers, and learn the columns.

        Parameters
        ----------
        X : DataFrame, sequence of paths, or array
            One of: a DataFrame of paths with one column per channel, or with one column "image" of
            multi-channel files; an array of paths with one column per channel; a sequence of paths
            of multi-channel files; an array of shape (n_samples, height, width, n_planes), or
            (n_samples, height, width) for one channel; a sequence of arrays of shape (height,
            width, n_planes).
        y : ignored
            Only its length is compared with the length of `X`, and its index with the index of `X`.

        Returns
        -------
        self
            The fitted transformer.

        Raises
        ------
        FileNotFoundError, ValueError, TypeError
            If a parameter, a path or an array is invalid, or a channel is missing. The message
            names up to a dozen files that are missing, empty, not an image, too large, or of
            another size than the other channels of the image, and counts the rest. At most one
            multi-channel file is decoded, to find its channels.
        OSError
            If the cache folder cannot be written to.
        """
        self._open(X, y, reset=True)
        return self

    def fit_transform(self, X: Any, y: ArrayLike | None = None) -> np.ndarray:
        """Fit to `X` and return its rows.

        Parameters
        ----------
        X : DataFrame, sequence of paths, or array
            As in `fit`.
        y : ignored
            Only its length is compared with the length of `X`, and its index with the index of `X`.

        Returns
        -------
        ndarray of shape (n_samples, n_columns)
            The rows, as returned by `transform`.
        """
        return self._make_rows(*self._open(X, y, reset=True))

    def transform(self, X: Any) -> np.ndarray:
        """Turn each image into a row.

        Parameters
        ----------
        X : DataFrame, sequence of paths, or array
            As in `fit`, with the channels in `channels_`.

        Returns
        -------
        ndarray of shape (n_samples, n_columns)
            The rows, with finite values. If the transformer has the parameter `on_error` and its
            value is "warn", the rows of unreadable images are NaN.

        Raises
        ------
        FileNotFoundError, ValueError, TypeError
            As in `fit`, before any pixel is decoded. Later, if a file is truncated or corrupt, or
            has unexpected channels.

        Warns
        -----
        UserWarning
            If images could not be read and ``on_error="warn"``; the message names them and their
            errors. If the cache folder cannot be written to; it is then not changed.
        """
        check_is_fitted(self)
        return self._make_rows(*self._open(X, None, reset=False))

    def get_feature_names_out(self, input_features: ArrayLike | None = None) -> np.ndarray:
        """Return the name of each column.

        Parameters
        ----------
        input_features : ignored
            Present for API consistency.

        Returns
        -------
        ndarray of str objects of shape (n_columns,)
            The names of the columns.
        """
        check_is_fitted(self)
        return self._feature_names.astype(object)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.three_d_array = True
        tags.input_tags.string = True
        return tags

    def _validate_params(self) -> None:
        super()._validate_params()
        check_size(self.size)
        check_n_jobs(self.n_jobs)
        if hasattr(self, "channels"):
            check_channels(self.channels)

    @property
    def _tolerant(self) -> bool:
        return bool(getattr(self, "on_error", "raise") == "warn")

    def _open(
        self, X: Any, y: ArrayLike | None, reset: bool
    ) -> tuple[Sources, RowMaker, dict[int, Exception]]:
        """Check `X` as far as possible without decoding, and learn the columns if `reset`.

        Return the images, the `RowMaker`, and the errors of unreadable images by position.
        """
        self._validate_params()
        if reset:
            channels, size = self._choose_channels(X), check_size(self.size)
            options = self._choose_options(channels)
        else:
            self._check_channels_of(X)
            channels, size, options = self.channels_, self._size, self._options
        sources = list_sources(X, channels)
        if y is not None:
            check_consistent_length(sources, y)
            check_aligned(X=X, y=y)
        white = common_white_level(sources, None if reset else self._white)
        recipe = {
            "of": _identity(type(self)),
            "version": self._version,
            "reading": batches.VERSION,
            "channels": list(channels),
            "size": size,
            "white": white,
            "options": options,
        }
        cached = self._caches_arrays or not isinstance(sources[0], np.ndarray)
        maker = RowMaker(
            type(self)._row,
            channels,
            options,
            size,
            white,
            tolerant=self._tolerant,
            cache=open_cache(self.cache, recipe, required=reset) if cached else None,
        )
        shapes = shapes_or_errors(sources, self.n_jobs, maker.known_shape)
        errors = {i: shape for i, shape in enumerate(shapes) if isinstance(shape, Exception)}
        passed_over = self._tolerant and not (reset and len(errors) == len(sources))
        fatal = [
            error
            for error in errors.values()
            if not (passed_over and isinstance(error, CONTENT_ERRORS))
        ]
        raise_all(fatal, len(sources))
        if not reset:
            self._check_images(sources, shapes)
            return sources, maker, errors
        with undone_on_failure(self):
            self.channels_, self._options, self._size, self._white = channels, options, size, white
            self._learn(sources, shapes)
            validate_data(self, X, skip_check_array=True, ensure_2d=False, reset=True)
            self.n_features_in_ = n_columns(X, sources)
        return sources, maker, errors

    def _make_rows(
        self, sources: Sources, maker: RowMaker, errors: dict[int, Exception]
    ) -> np.ndarray:
        """Return the rows of the images, from the cache if possible."""
        rows = self._empty(len(sources))
        maker.n_columns, maker.dtype = self._n_columns, rows.dtype
        waiting = []
        for position, source in enumerate(sources):
            if position in errors:
                continue
            row = maker.look_up(source)
            if row is None:
                waiting.append(position)
            else:
                rows[position] = row
        workers = threads if self._in_threads else Parallel
        made = workers(self.n_jobs, return_as="generator")(
            delayed(maker.make)(position, sources[position]) for position in waiting
        )
        progress = tqdm(
            made,
            self._activity,
            len(sources),
            unit="image",
            initial=len(sources) - len(waiting),
            disable=not self.verbose,
        )
        for position, row in zip(waiting, progress, strict=True):
            if isinstance(row, Exception):
                errors[position] = row
            else:
                rows[position] = row
        if errors:
            faults = [errors[position] for position in sorted(errors)]
            warnings.warn(
                f"{len(faults)} of {len(sources)} images cannot be read; their rows are NaN:\n  "
                + first_dozen(faults, "\n  "),
                UserWarning,
                stacklevel=4,
            )
        return rows


def _identity(vectoriser: type[ImageTransformer]) -> str:
    """Return a name for the rows of a class; for classes of others, it depends on their code."""
    name = f"{vectoriser.__module__}.{vectoriser.__qualname__}"
    if vectoriser.__module__.split(".")[0] == "sklearn_hpa":
        return name
    row = vectoriser._row
    closure = [cell.cell_contents for cell in getattr(row, "__closure__", None) or ()]
    code = marshal.dumps(row.__code__) if hasattr(row, "__code__") else repr(row).encode()
    defaults = getattr(row, "__defaults__", None), getattr(row, "__kwdefaults__", None)
    return f"{name} {blake2b(code + repr((closure, defaults)).encode()).hexdigest()}"
