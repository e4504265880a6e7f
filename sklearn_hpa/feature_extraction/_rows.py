"""The row of an image: computed, checked and cached, in any thread or process."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b
from typing import Any

import numpy as np

from .._images.batches import read_source
from .._images.cache import ImageCache
from .._images.inputs import Source

#: Errors of the content of a file, in contrast to a path that cannot be opened.
CONTENT_ERRORS = (TypeError, ValueError)


class RowMaker:
    """Computation of the row of an image, or its lookup in the cache, in any thread or process.

    Parameters
    ----------
    row : callable
        `ImageTransformer._row` of the vectoriser.
    channels : tuple of str
    options : dict
        Keywords of `row`.
    size : (int, int) or None
        Height and width to which images are resized.
    white : int or None
        White level of uint16 arrays.
    planes : tuple of int or None
        The plane of each channel in multi-channel files and arrays.
    tolerant : bool
        Whether errors caused by the content of a file are returned instead of raised.
    cache : ImageCache or None
    """

    def __init__(
        self,
        row: Callable[..., np.ndarray],
        channels: tuple[str, ...],
        options: dict[str, Any],
        size: tuple[int, int] | None,
        white: int | None,
        *,
        tolerant: bool,
        planes: tuple[int, ...] | None = None,
        cache: ImageCache | None,
    ):
        self.row = row
        self.channels = channels
        self.options = options
        self.size = size
        self.white = white
        self.planes = planes
        self.tolerant = tolerant
        self.cache = cache
        #: Number of values that a row must have, set after `fit` has learned the columns.
        self.n_columns: int | None = None
        #: Data type of the rows, set at the same time.
        self.dtype = np.dtype(np.float32)
        self._keys: dict[Source, str] = {}

    def __getstate__(self) -> dict[str, Any]:
        return vars(self) | {"_keys": {}}

    def is_known(self, source: Source) -> bool:
        """Tell whether the row of an image is cached, so that its header need not be read.

        The row of an image in doubt is stored under another key. Its header is read again each
        time, and the user is warned each time.
        """
        if self.cache is None or self.size is None:
            return False
        try:
            return self._key(self.cache, source) in self.cache
        except OSError:
            return False

    def look_up(self, source: Source, in_doubt: bool = False) -> np.ndarray | None:
        """Return the cached row of an image, or None; `n_columns` and `dtype` must be set."""
        if self.cache is None:
            return None
        assert self.n_columns is not None
        key = self._key(self.cache, source)
        key = _key_in_doubt(key) if in_doubt else key
        row = self.cache.get(key, (self.n_columns,), self.dtype)
        return row if row is None or _is_finite(row) else None

    def make(self, position: int, source: Source, in_doubt: bool = False) -> np.ndarray | Exception:
        """Return the row of an image or, if tolerant, the error of its file."""
        key = None if self.cache is None else self.cache.key(source)
        try:
            image = read_source(position, source, self.channels, self.size, self.white, self.planes)
        except CONTENT_ERRORS as error:
            if not self.tolerant or isinstance(source, np.ndarray):
                raise
            return error
        row = self._checked_row(position, source, image)
        # The row is not stored if the file changed while it was read.
        if self.cache is not None and key is not None and key == self.cache.key(source):
            key = _key_in_doubt(key) if in_doubt else key
            self.cache.put(key, row.astype(self.dtype, copy=False))
        return row

    def _checked_row(self, position: int, source: Source, image: np.ndarray) -> np.ndarray:
        """Compute a row; an error of the row itself names the image."""
        where = f"image {position} of X" if isinstance(source, np.ndarray) else str(source)
        try:
            row = np.asarray(self.row(image, self.channels, **self.options))
        except Exception as error:
            error.add_note(f"while the row of {where} was computed")
            raise
        if row.ndim != 1 or (self.n_columns is not None and len(row) != self.n_columns):
            raise ValueError(
                f"{self.row.__qualname__} returned an array of shape {row.shape} for {where}; "
                f"expected ({self.n_columns},), one value for each column"
            )
        if not _is_finite(row):
            raise ValueError(
                f"{self.row.__qualname__} returned values that are not finite for {where}"
            )
        return row

    def _key(self, cache: ImageCache, source: Source) -> str:
        if isinstance(source, np.ndarray):
            return cache.key(source)
        if source not in self._keys:
            self._keys[source] = cache.key(source)
        return self._keys[source]


def _is_finite(row: np.ndarray) -> bool:
    return row.dtype.kind != "f" or bool(np.isfinite(row).all())


def _key_in_doubt(key: str) -> str:
    return blake2b(f"{key} in doubt".encode(), digest_size=len(key) // 2).hexdigest()
