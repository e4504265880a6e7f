"""Transformer of images to flat rows of 8-bit pixels."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.validation import check_array, check_is_fitted

from .._common.estimators import public_in
from .._common.sklearn_private import StrOptions
from .._images.batches import check_size
from .._images.formats import MAX_PIXELS
from .._images.inputs import Sources
from ._base import ImageTransformer
from ._memory import empty_matrix


@public_in("sklearn_hpa")
class ImageFlattener(ImageTransformer):
    """Read images, resize them and flatten the pixels of each image to a row.

    Parameters
    ----------
    size : int, (int, int) or None, default=64
        Height and width of the output in pixels; an int means a square. Shrinking averages over
        areas. None keeps the native size, which must be the same for all images.
    channels : sequence of str, default=("red", "green", "blue")
        Channels to read, in the order of the output.
    channel_names : sequence of (str or None), mapping of str to str, or None, default=None
        Which plane of a multi-channel file or an array is which channel. A sequence gives the
        channel of each plane, in order, and None for a plane that is not used. A mapping gives the
        channel of each name in the metadata of the files, in addition to the known names. By
        default names are used if they are known, and the order of the planes otherwise. See Notes.
    n_jobs : int or None, default=None
        Number of images read in parallel. The workers are always threads, because decoding
        releases Python's lock. None means 1 unless in a `joblib.parallel_config` context.
    cache : str, path-like or None, default=None
        A folder that stores each resized image, so that no file is decoded twice. It is created if
        it does not exist. Use a str if the estimator is to be saved. None uses the folder named by
        the environment variable ``SKLEARN_HPA_CACHE``, if set. See Notes.
    memmap : bool or "auto", default="auto"
        Whether the output is a memory map of a temporary file, which is deleted with the output.
        "auto" uses a file if the output needs more than half of the free memory, if that is known.
    verbose : bool, default=False
        Whether to show a progress bar.

    Attributes
    ----------
    channels_ : tuple of str
        The channels of the output. A change of `channels` has no effect before the next `fit`.
    image_shape_ : (int, int, int)
        Height, width and channels of each output image.
    n_features_in_ : int
        Number of columns of `X`; 1 for a list of files, the number of planes for arrays.
    feature_names_in_ : ndarray of str
        Column names of `X`, if it is a DataFrame.

    See Also
    --------
    sklearn_hpa.datasets.load_hpa : Finds the files.
    PatternFeatures : Computes measures of the pattern from the same `X`.

    Notes
    -----
    Pixels stay uint8. `MultiLabelMLPClassifier` scales them to [0, 1] on its device, one batch at a
    time. Only a few full-size images per job are in memory at the same time, and training can read
    its batches from a memory map.

    Deeper images are scaled to 8 bits. Files and arrays do not record how many of 16 bits are in
    use, so the depth is estimated. For each 16-bit file, it is 12 bits if no value is above 4095,
    else 16 bits. For uint16 arrays, all images at `fit` are used together: the depth is 8 bits if
    no value is above 255, 12 bits if no value is above 4095, else 16 bits. Later arrays have at
    least this depth. A very dark 16-bit file therefore appears 16 times brighter. To avoid this,
    use arrays of uint8, or of floats in [0, 1].

    The cache identifies a file by its real path, its size and its modification time, and stores a
    copy for each `size` and `channels`. Arrays are not cached. Several processes may share the
    folder, and an interrupt does not damage it. When the folder exceeds
    ``SKLEARN_HPA_CACHE_LIMIT`` (default 20G), the least recently used entries are deleted. To empty
    the cache, delete the folder.

    An RGB file is read in one of two ways, depending on its column. In a column named after a
    channel, it is the tinted file of that stain, and the signal is the maximum over the three
    colours. In the column "image", or in a sequence of paths, it is a multi-channel file whose
    planes are red, green and blue.

    The plane of each channel is decided at `fit`, once for all images. Channel names in the
    metadata of a file count if they are names in `channels`, known stains, structures, fluorophores
    or colours. If they name all channels, they decide. If they do not, and contradict the order of
    the planes, the file is refused. Planes without known names are read in order: as many planes as
    channels are these channels, otherwise up to four planes are red, green, blue and yellow. Images
    that do not agree with the other images, or with the images of `fit`, are refused. Further
    planes are ignored. `channel_names` is not used for files of one channel each.

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
        **{
            name: constraint
            for name, constraint in ImageTransformer._parameter_constraints.items()
            if name != "on_error"
        },
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
        channel_names: Sequence[str | None] | Mapping[str, str] | None = None,
        n_jobs: int | None = None,
        cache: str | os.PathLike[str] | None = None,
        memmap: bool | Literal["auto"] = "auto",
        verbose: bool = False,
    ):
        self.size = size
        self.channels = channels
        self.channel_names = channel_names
        self.n_jobs = n_jobs
        self.cache = cache
        self.memmap = memmap
        self.verbose = verbose

    def inverse_transform(self, X: ArrayLike) -> np.ndarray:
        """Reshape rows of pixels to images.

        Parameters
        ----------
        X : array-like of shape (n_samples, height * width * n_channels)
            Rows as returned by `transform`.

        Returns
        -------
        ndarray of shape (n_samples, height, width, n_channels)
            The images.
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
        """Return the name of each pixel: its channel, row and column.

        Parameters
        ----------
        input_features : ignored
            Present for API consistency.

        Returns
        -------
        ndarray of str objects of shape (height * width * n_channels,)
            The names of the pixels.
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

    def _check_fitted(self) -> None:
        super()._check_fitted()
        if not hasattr(self, "channels_"):
            return
        height, width, n_channels = self.image_shape_
        if check_size((height, width)) != (self._size or (height, width)):
            raise ValueError(f"image_shape_ is {self.image_shape_}, but images are {self._size}")
        if height * width > MAX_PIXELS or n_channels != len(self.channels_):
            raise ValueError(
                f"image_shape_ is {self.image_shape_}, with {len(self.channels_)} channels"
            )

    def _empty(self, n_rows: int) -> np.ndarray:
        return empty_matrix((n_rows, self._n_columns), self._dtype, self.memmap)

    def _learn(self, sources: Sources, shapes: Sequence[Any]) -> None:
        readable = (shape for shape in shapes if not isinstance(shape, Exception))
        height, width = next(readable) if self._size is None else self._size
        self.image_shape_ = (height, width, len(self.channels_))
        self._check_images(sources, shapes)

    def _check_images(self, sources: Sources, shapes: Sequence[Any]) -> None:
        if self._size is None:
            _check_one_size(sources, shapes, self.image_shape_[:2])


def _check_one_size(
    sources: Sources, shapes: Sequence[tuple[int, int] | Exception], expected: tuple[int, int]
) -> None:
    for position, (source, shape) in enumerate(zip(sources, shapes, strict=True)):
        if not isinstance(shape, Exception) and shape != expected:
            if isinstance(source, np.ndarray):
                name = f"image {position}"
            else:
                name = source if isinstance(source, str) else source[0]
            raise ValueError(
                f"with size=None all images must share one size: {name} is "
                f"{shape[0]}x{shape[1]} pixels, expected {expected[0]}x{expected[1]}. "
                "Set size to bring them to one"
            )
