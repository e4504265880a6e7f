"""Reading of many images: checks of parameters and headers, depth of arrays, threads, errors."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from numbers import Integral
from typing import Any

import numpy as np
from joblib import Parallel, delayed, effective_n_jobs
from numpy.typing import NDArray

from .._common.messages import first_dozen
from .._common.naming import errors_named
from .image import image_shape, prepare_image, read_image
from .inputs import Source, Sources, are_arrays
from .scaling import ARRAY_DEPTHS, white_level

#: Part of the key of every cached result. Increase it when the same input gives other pixels.
VERSION = 2


def check_size(size: Any) -> tuple[int, int] | None:
    """Return (height, width) from an int or a pair, or None."""
    if size is None:
        return None
    pair: tuple[Any, ...] = (size, size) if isinstance(size, Integral) else tuple(size)
    if len(pair) != 2 or not all(
        isinstance(side, Integral) and not isinstance(side, bool) and int(side) >= 1
        for side in pair
    ):
        raise ValueError(
            f"size must be a positive int, a pair of them (height, width) or None, got {size!r}"
        )
    return int(pair[0]), int(pair[1])


def check_n_jobs(n_jobs: Any) -> None:
    """Refuse a bool, which is an int in Python."""
    if isinstance(n_jobs, bool):
        raise ValueError(f"n_jobs must be an int or None, got {n_jobs!r}")


def threads(n_jobs: int | None, **options: Any) -> Parallel:
    """Return a pool with as many threads as the active joblib backend has workers."""
    return Parallel(n_jobs=effective_n_jobs(n_jobs), require="sharedmem", **options)


def shapes_or_errors(
    sources: Sources,
    n_jobs: int | None,
    known: Callable[[Source], tuple[int, int] | None] = lambda source: None,
) -> list[tuple[int, int] | Exception]:
    """Return the height and width of each image from its file headers, or the error.

    If `known` returns a shape, the files are not opened.
    """
    if are_arrays(sources):
        return [image.shape[:2] for image in sources]
    shapes = [known(source) for source in sources]
    unknown = [position for position, shape in enumerate(shapes) if shape is None]
    read = iter(
        threads(n_jobs)(delayed(_shape_or_error)(sources[position]) for position in unknown)
    )
    return [next(read) if shape is None else shape for shape in shapes]


def raise_all(errors: Iterable[Exception], n_images: int) -> None:
    """Raise the errors of `n_images` images as one error, if there are any."""
    errors = list(errors)
    if len(errors) == 1:
        raise errors[0]
    if errors:
        kinds = {type(error) for error in errors}
        raise (kinds.pop() if len(kinds) == 1 else ValueError)(
            f"{len(errors)} of {n_images} images cannot be read:\n  " + first_dozen(errors, "\n  ")
        )


def common_white_level(sources: Sources, at_least: int | None = None) -> int | None:
    """Return the common white level of all uint16 arrays, or None for files.

    Each file has its own white level. `at_least` is the white level at `fit`, a lower bound for
    later arrays.
    """
    if not are_arrays(sources):
        return None
    levels = (white_level(image, ARRAY_DEPTHS) for image in sources)
    return max(filter(None, [at_least, *levels]), default=None)


def read_source(
    position: int,
    source: Source,
    channels: Sequence[str],
    size: tuple[int, int] | None,
    white: int | None,
) -> NDArray[np.uint8]:
    """Read one image as uint8, (height, width, n_channels); errors name the file or position."""
    if not isinstance(source, np.ndarray):
        with errors_named(source if isinstance(source, str) else source[0]):
            return read_image(source, channels, size)
    try:
        return prepare_image(source, channels, size, white=white)
    except (TypeError, ValueError) as error:
        raise type(error)(f"image {position} of X: {error}") from error


def _shape_or_error(source: str | tuple[str, ...]) -> tuple[int, int] | Exception:
    try:
        return image_shape(source)
    except (OSError, ValueError) as error:
        return error
