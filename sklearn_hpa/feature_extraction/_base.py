"""Base class of the vectorisers, which turn each image into one row."""

from __future__ import annotations

import marshal
import os
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from numbers import Integral
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import ArrayLike, DTypeLike
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_consistent_length, check_is_fitted, validate_data

from .._common.alignment import check_aligned
from .._common.caller import warn_caller
from .._common.estimators import DocumentedMixin, undone_on_failure
from .._common.fit_tasks import (
    NO_TASK,
    CallbackSupportMixin,
    FitTask,
    n_portions,
    with_callbacks,
)
from .._common.fitted import check_names
from .._common.messages import first_dozen
from .._common.naming import printable
from .._common.progress import tracked
from .._common.sklearn_private import StrOptions
from .._images import batches
from .._images.batches import (
    check_n_jobs,
    check_size,
    common_white_level,
    first_plan,
    headers_or_errors,
    raise_all,
    threads,
)
from .._images.cache import open_cache
from .._images.formats import MAX_PIXELS
from .._images.image import ImageHeader
from .._images.inputs import (
    Sources,
    are_arrays,
    check_channels,
    count_path_columns,
    list_sources,
    n_columns,
    named_channels,
)
from .._images.planes import (
    Agreement,
    ChannelNames,
    Plan,
    Request,
    agree,
    check_channel_names,
    doubt_of_file,
)
from ._rows import CONTENT_ERRORS, RowMaker

#: Most channels of a fitted vectoriser. Microscopes and dyes separate about a dozen.
MAX_CHANNELS = 256


class _Opened(NamedTuple):
    """Images after the checks that need no decoding.

    Attributes
    ----------
    sources : sequence of images
    maker : RowMaker
    errors : dict of int to Exception
        The errors of unreadable images, by position.
    in_doubt : set of int
        The positions of images with a doubt about their planes.
    """

    sources: Sources
    maker: RowMaker
    errors: dict[int, Exception]
    in_doubt: set[int]


class ImageTransformer(CallbackSupportMixin, DocumentedMixin, TransformerMixin, BaseEstimator, ABC):
    """Base class of the vectorisers, which turn each image into one row.

    It reads all forms of `X`, checks headers before any pixel is decoded, and handles jobs,
    progress, unreadable files, the cache and the tags of scikit-learn.

    A subclass has the parameters `size`, `n_jobs`, `cache` and `verbose`, and `channels` unless it
    overrides `_request`. The parameter `channel_names` is optional. The subclass defines
    `_columns`, which returns the column names, and `_row`, which returns the row of one image. The
    other methods and the class attributes have defaults.

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
        "channel_names": [tuple, list, Mapping, None],
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
    #: The planes of the images at `fit`, or None after files with one channel each.
    _planes: tuple[int, ...] | None = None
    _n_planes: int = 0
    _channel_names: ChannelNames = None

    @abstractmethod
    def _columns(self, channels: tuple[str, ...], **options: Any) -> Sequence[str]:
        """Return the names of the columns, for images with these channels."""

    @staticmethod
    @abstractmethod
    def _row(image: np.ndarray, channels: tuple[str, ...], **options: Any) -> np.ndarray:
        """Return the row of one image, uint8 of shape (height, width, n_channels)."""

    def _request(self) -> Request:
        """Return the channels to look for at `fit`, after a check of the parameters."""
        channels = check_channels(self.channels)
        names = check_channel_names(getattr(self, "channel_names", None), channels)
        return Request(channels, channels, names)

    def _channels_of_columns(self, X: Any, request: Request) -> tuple[str, ...]:
        """Return the channels to read from files of one channel each; called at `fit`."""
        return request.channels

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

    @with_callbacks
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
            another size than the other channels of the image, and counts the rest. So it does for
            images that do not agree which plane is which channel. No file is decoded.
        OSError
            If the cache folder cannot be written to.

        Warns
        -----
        UserWarning
            If the meaning of planes is in doubt; the message names up to a dozen images and their
            doubts.
        """
        self._open(X, y, reset=True, tolerant=self._tolerant)
        FitTask.root(self, 0, X=X, y=y).end(state={})
        return self

    @with_callbacks
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
        opened = self._open(X, y, reset=True, tolerant=self._tolerant)
        task = FitTask.root(self, n_portions(len(opened.sources)), X=X, y=y)
        rows = self._rows_or_nan(opened, task)
        task.end(state={})
        return rows

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
            As in `fit`, before any pixel is decoded; also if planes differ from the planes of the
            images of `fit`. Later, if a file is truncated or corrupt.

        Warns
        -----
        UserWarning
            If images could not be read and ``on_error="warn"``; the message names them and their
            errors. If the meaning of planes is in doubt, as in `fit`. If the cache folder cannot be
            written to; it is then not changed.
        """
        check_is_fitted(self)
        return self._rows_or_nan(self._open(X, None, reset=False, tolerant=self._tolerant))

    @with_callbacks
    def fit_transform_readable(
        self, X: Any, y: ArrayLike | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Fit to the images that can be read, and return their rows.

        Parameters
        ----------
        X : DataFrame, sequence of paths, or array
            As in `fit`.
        y : ignored
            Only its length is compared with the length of `X`.

        Returns
        -------
        rows : ndarray of shape (n_readable, n_columns)
            The rows of the readable images, in the order of `X`.
        readable : ndarray of bool of shape (n_samples,)
            Whether each image was read. ``y[readable]`` has the targets of `rows`.

        Raises
        ------
        FileNotFoundError, ValueError, TypeError
            As in `fit`, but the contents of a file are an error only if no file can be read. A path
            that does not exist or is not readable is always an error, and so is an invalid array.

        Warns
        -----
        UserWarning
            If images were left out; the message names up to a dozen and their errors. Also as in
            `fit`.

        See Also
        --------
        transform_readable : Does the same with the fitted transformer.
        """
        opened = self._open(X, y, reset=True, tolerant=True)
        task = FitTask.root(self, n_portions(len(opened.sources)), X=X, y=y)
        found = self._readable_rows(opened, task)
        task.end(state={})
        return found

    def transform_readable(self, X: Any) -> tuple[np.ndarray, np.ndarray]:
        """Turn each image that can be read into a row.

        Parameters
        ----------
        X : DataFrame, sequence of paths, or array
            As in `transform`.

        Returns
        -------
        rows : ndarray of shape (n_readable, n_columns)
            The rows of the readable images, in the order of `X`.
        readable : ndarray of bool of shape (n_samples,)
            Whether each image was read.

        Raises
        ------
        FileNotFoundError, ValueError, TypeError
            As in `transform`, but the contents of a file are an error only if no file can be read.

        Warns
        -----
        UserWarning
            If images were left out; the message names up to a dozen and their errors. Also as in
            `transform`.

        See Also
        --------
        fit_transform_readable : Fits at the same time.
        """
        check_is_fitted(self)
        return self._readable_rows(self._open(X, None, reset=False, tolerant=True))

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
        self._request()

    @property
    def _tolerant(self) -> bool:
        return bool(getattr(self, "on_error", "raise") == "warn")

    def _open(self, X: Any, y: ArrayLike | None, *, reset: bool, tolerant: bool) -> _Opened:
        """Check `X` as far as possible without decoding, and learn the columns if `reset`."""
        self._validate_params()
        if reset:
            request = self._request()
        else:
            self._check_channels_of(X)
            request = Request(self.channels_, self.channels_, self._channel_names)
        in_planes = named_channels(X) is None and count_path_columns(X) is None
        if in_planes or not reset:
            channels = request.needed
        else:
            channels = self._channels_of_columns(X, request)
        sources = list_sources(X, channels)
        if y is not None:
            check_consistent_length(sources, y)
            check_aligned(X=X, y=y)
        tolerant = tolerant and not are_arrays(sources)

        plan, headers = None, None
        fitted = None if reset else self._fitted_plan()
        if in_planes:
            if fitted is not None:
                plan = fitted
            elif tolerant:
                headers = headers_or_errors(sources, self.n_jobs)
                plan = _agree(sources, headers, request, tolerant=True).plan
            else:
                plan = first_plan(sources, request)
            channels = request.channels if plan is None else plan.channels
        options = self._choose_options(channels) if reset else self._options
        size = check_size(self.size) if reset else self._size
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
        if plan is not None:
            # A cached image is known to have the planes of the plan.
            recipe |= {"planes": plan.planes, "channel_names": request.names}
        cached = self._caches_arrays or not are_arrays(sources)
        maker = RowMaker(
            type(self)._row,
            channels,
            options,
            size,
            white,
            tolerant=tolerant,
            planes=None if plan is None else plan.planes,
            cache=open_cache(self.cache, recipe, required=reset) if cached else None,
        )
        if headers is None:
            # If the first image lacks a channel, others may have it: all headers are compared.
            complete = plan is None or len(plan.channels) == len(request.channels)
            headers = headers_or_errors(sources, self.n_jobs, maker.is_known if complete else None)

        errors = {i: header for i, header in enumerate(headers) if isinstance(header, Exception)}
        if not tolerant:
            raise_all(errors.values(), len(sources))
        doubts = [
            (i, remark)
            for i, header in enumerate(headers)
            if isinstance(header, ImageHeader)
            for remark in header.remarks
        ]
        if in_planes:
            agreement = _agree(
                sources, headers, request, plan, fitted=fitted is not None, tolerant=tolerant
            )
            for i, reason in agreement.faults.items():
                errors[i] = ValueError(f"{printable(sources[i])} {reason}")
            doubts += [
                (i, f"{printable(sources[i])} {doubt}") for i, doubt in agreement.doubts.items()
            ]
        else:
            doubts += _doubts_of_files(sources, headers, channels, request)
        passed_over = not (reset and len(errors) == len(sources))
        fatal = [
            errors[i]
            for i in sorted(errors)
            if not (passed_over and isinstance(errors[i], CONTENT_ERRORS))
        ]
        raise_all(fatal, len(sources))
        _warn_of_doubts(doubts, len(sources))
        opened = _Opened(sources, maker, errors, {i for i, _ in doubts})
        shapes = [
            header.shape if isinstance(header, ImageHeader) else header or size
            for header in headers
        ]
        if not reset:
            self._check_images(sources, shapes)
            return opened
        with undone_on_failure(self):
            self.channels_, self._options, self._size, self._white = channels, options, size, white
            self._planes = None if plan is None else plan.planes
            self._n_planes = 0 if plan is None else plan.n_planes
            self._channel_names = request.names
            self._learn(sources, shapes)
            validate_data(self, X, skip_check_array=True, ensure_2d=False, reset=True)
            self.n_features_in_ = n_columns(X, sources)
        return opened

    def _fitted_plan(self) -> Plan | None:
        """Return the planes of the images at `fit`, if they had several channels in one file."""
        if self._planes is None:
            return None
        return Plan(self.channels_, self._planes, self._n_planes)

    def _rows_or_nan(self, opened: _Opened, task: FitTask = NO_TASK) -> np.ndarray:
        """Return the rows of all images, NaN for unreadable images."""
        rows = self._make_rows(opened, task)
        _warn_of_errors(opened, "their rows are NaN")
        return rows

    def _readable_rows(
        self, opened: _Opened, task: FitTask = NO_TASK
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the rows of the readable images, and which images these are."""
        sources, errors = opened.sources, opened.errors
        rows = self._empty(0)
        if len(errors) < len(sources):
            rows = self._make_rows(opened, task)
        if len(errors) == len(sources):
            raise_all([errors[position] for position in sorted(errors)], len(sources))
        readable = np.ones(len(sources), dtype=bool)
        readable[list(errors)] = False
        if errors:
            # In place, because a copy of a large matrix may not fit into memory.
            for row, position in enumerate(np.flatnonzero(readable)):
                if row != position:
                    rows[row] = rows[position]
            rows = rows[: len(sources) - len(errors)]
            _warn_of_errors(opened, "they are left out")
        return rows, readable

    def _make_rows(self, opened: _Opened, task: FitTask) -> np.ndarray:
        """Return the rows of the images, from the cache if possible; add to `opened.errors`."""
        sources, maker, errors, in_doubt = opened
        rows = self._empty(len(sources))
        maker.n_columns, maker.dtype = self._n_columns, rows.dtype
        waiting = []
        for position, source in enumerate(sources):
            if position in errors:
                continue
            row = maker.look_up(source, position in in_doubt)
            if row is None:
                waiting.append(position)
            else:
                rows[position] = row
        workers = threads if self._in_threads else Parallel
        made = workers(self.n_jobs, return_as="generator")(
            delayed(maker.make)(position, sources[position], position in in_doubt)
            for position in waiting
        )
        n_known = len(sources) - len(waiting)
        progress = tracked(
            task.over(made, "images", len(sources), n_known),
            self._activity,
            len(sources),
            unit="image",
            found=n_known,
            shown=bool(self.verbose),
        )
        for position, row in zip(waiting, progress, strict=True):
            if isinstance(row, Exception):
                errors[position] = row
            else:
                rows[position] = row
        return rows


def _warn_of_errors(opened: _Opened, consequence: str) -> None:
    if opened.errors:
        faults = [opened.errors[position] for position in sorted(opened.errors)]
        warn_caller(
            f"{len(faults)} of {len(opened.sources)} images cannot be read; {consequence}:\n  "
            + first_dozen(faults, "\n  ")
        )


def _warn_of_doubts(doubts: Sequence[tuple[int, str]], n_images: int) -> None:
    """Issue one warning about all images with a doubt."""
    lines = [text for _, text in sorted(doubts)]
    if len(lines) == 1:
        warn_caller(lines[0])
    elif lines:
        n_doubtful = len({position for position, _ in doubts})
        warn_caller(
            f"the planes of {n_doubtful} of {n_images} images are in doubt:\n  "
            + first_dozen(lines, "\n  ")
        )


def _agree(
    sources: Sources,
    headers: Sequence[ImageHeader | Exception | None],
    request: Request,
    plan: Plan | None = None,
    *,
    fitted: bool = False,
    tolerant: bool,
) -> Agreement:
    """Compare the planes of the images; one image stands for all images of an array."""
    n_compared = 1 if isinstance(sources, np.ndarray) else len(sources)
    planes = [
        header.planes if isinstance(header, ImageHeader) else None
        for header in headers[:n_compared]
    ]
    return agree(sources[:n_compared], planes, request, plan, fitted=fitted, tolerant=tolerant)


def _doubts_of_files(
    sources: Sources,
    headers: Sequence[ImageHeader | Exception | None],
    channels: Sequence[str],
    request: Request,
) -> list[tuple[int, str]]:
    """Return the doubts about channel files whose own names contradict their columns."""
    return [
        (i, f"{printable(path)} {doubt}")
        for i, header in enumerate(headers)
        if isinstance(header, ImageHeader)
        for path, file, channel in zip(sources[i], header.files, channels, strict=False)
        if (doubt := doubt_of_file(file, channel, request)) is not None
    ]


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
