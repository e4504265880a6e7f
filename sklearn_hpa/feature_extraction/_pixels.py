"""Images to flat vectors of 8-bit pixels."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.validation import check_array, check_is_fitted

from .._common.estimators import public_in
from .._common.sklearn_private import StrOptions
from .._images.inputs import Sources
from ._base import ImageTransformer
from ._memory import empty_matrix


@public_in("sklearn_hpa")
class ImageFlattener(ImageTransformer):
    """Read images, bring them to one size, and lay their pixels out as one row each.

    Parameters
    ----------
    size : int, (int, int) or None, default=64
        Height and width of the output in pixels; an int for a square. Shrinking averages over
        areas. None keeps the native size, which all images must then share.
    channels : sequence of str, default=("red", "green", "blue")
        Channels to read, in the order of the output.
    n_jobs : int or None, default=None
        Images read at the same time, always in threads: decoding releases Python's lock. None is
        1 unless in a `joblib.parallel_config` context.
    cache : str, path-like or None, default=None
        A folder that keeps each image as it is here, so that no file is decoded twice; made if it
        does not exist. A str where the estimator is to be saved. None is the folder that the
        environment variable ``SKLEARN_HPA_CACHE`` names, if there is one. See Notes.
    memmap : bool or "auto", default="auto"
        Whether the output is mapped to a file, among the system's temporary ones, which is deleted
        with it. "auto": where it takes more than half of the memory that is free, as far as that
        is known.
    verbose : bool, default=False
        Whether to show a progress bar.

    Attributes
    ----------
    channels_ : tuple of str
        The channels of the output. Setting `channels` has no effect before the next `fit`.
    image_shape_ : (int, int, int)
        Height, width and channels of each output image.
    n_features_in_ : int
        Columns of `X`; 1 for a list of files, the number of planes for arrays.
    feature_names_in_ : ndarray of str
        Columns of `X`, where it was a DataFrame.

    See Also
    --------
    sklearn_hpa.datasets.load_hpa : Finds the files.
    PatternFeatures : Measures of the pattern, from the same `X`.

    Notes
    -----
    Pixels stay uint8: `MultiLabelMLPClassifier` scales them to [0, 1] on its device, a batch at a
    time. No more than a few full-size images for each job are in memory at once, and training takes
    its batches from a mapped file as from memory.

    Deeper images are scaled to 8 bits, and neither a file nor an array says how many of 16 bits are
    in use. Each 16-bit file is judged by itself: 12 bits where no value is above 4095, else 16. All
    uint16 arrays given to `fit` are judged together: 8 bits where no value is above 255, 12 where
    none is above 4095, else 16; later ones have that depth, or a greater one that they need. So a
    file of 16 bits that is very dark comes out 16 times brighter than it was. Where that matters,
    give arrays of uint8, or of floats in [0, 1], which are taken as they are.

    The cache knows a file by its real path, its size and its time of modification, and keeps a copy
    for each `size` and `channels`; arrays are not kept. It is shared by any number of processes and
    survives any interrupt. What was not used for longest goes when a folder holds more than
    ``SKLEARN_HPA_CACHE_LIMIT``, 20G if that is not set. To empty it, delete the folder.

    A picture in red, green and blue is two things. In a column named after a channel it is the
    tinted file of that one stain, whose signal is the maximum over the three colours; in the column
    "image", or in a sequence of paths, it is a multi-channel file whose planes are channels.

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
        **ImageTransformer._parameter_constraints,
        "memmap": ["boolean", StrOptions({"auto"})],
    }
    _dtype = np.uint8
    _in_threads = True
    _caches_arrays = False
    _activity = "reading images"

    def __init__(
        self,
        size: int | tuple[int, int] | None = 64,
        channels: Sequence[str] = ("red", "green", "blue"),
        *,
        n_jobs: int | None = None,
        cache: str | os.PathLike[str] | None = None,
        memmap: bool | Literal["auto"] = "auto",
        verbose: bool = False,
    ):
        self.size = size
        self.channels = channels
        self.n_jobs = n_jobs
        self.cache = cache
        self.memmap = memmap
        self.verbose = verbose

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
        rows: np.ndarray = check_array(X, dtype=None)
        if rows.shape[1] != np.prod(self.image_shape_):
            raise ValueError(
                f"X has {rows.shape[1]} features, but images of shape {self.image_shape_} have "
                f"{np.prod(self.image_shape_)}"
            )
        return rows.reshape(-1, *self.image_shape_)

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
        return np.asarray(self._columns(self.channels_), dtype=object)

    def _columns(self, channels: tuple[str, ...], **options: Any) -> list[str]:
        height, width, _ = self.image_shape_
        return [
            f"{channel}_{row}_{column}"
            for row in range(height)
            for column in range(width)
            for channel in channels
        ]

    @staticmethod
    def _row(image: np.ndarray, channels: tuple[str, ...], **options: Any) -> np.ndarray:
        return image.ravel()

    @property
    def _n_columns(self) -> int:
        return int(np.prod(self.image_shape_))

    def _empty(self, n_rows: int) -> np.ndarray:
        return empty_matrix((n_rows, self._n_columns), self._dtype, self.memmap)

    def _learn(self, sources: Sources, shapes: Sequence[Any]) -> None:
        height, width = shapes[0] if self._size is None else self._size
        self.image_shape_ = (height, width, len(self.channels_))
        self._check_images(sources, shapes)

    def _check_images(self, sources: Sources, shapes: Sequence[Any]) -> None:
        if self._size is None:
            _check_one_size(sources, shapes, self.image_shape_[:2])


def _check_one_size(
    sources: Sources, shapes: Sequence[tuple[int, int]], expected: tuple[int, int]
) -> None:
    for position, (source, shape) in enumerate(zip(sources, shapes, strict=True)):
        if shape != expected:
            if isinstance(source, np.ndarray):
                name = f"image {position}"
            else:
                name = source if isinstance(source, str) else source[0]
            raise ValueError(
                f"with size=None all images must share one size: {name} is "
                f"{shape[0]}x{shape[1]} pixels, expected {expected[0]}x{expected[1]}. "
                "Set size to bring them to one"
            )
