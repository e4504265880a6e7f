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
from .formats import Refused
from .image import ImageHeader, image_header, prepare_image, read_image
from .inputs import Source, Sources, are_arrays
from .planes import Plan, Request, array_header, read_planes
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


def headers_or_errors(
    sources: Sources,
    n_jobs: int | None,
    known: Callable[[Source], bool] | None = None,
) -> list[ImageHeader | Exception | None]:
    """Return the header of each image or the error of its files, or None if it is `known`.

    The files of known images are not opened.
    """
    if are_arrays(sources):
        return [ImageHeader(image.shape[:2], array_header(image)) for image in sources]
    unknown = [position for position, source in enumerate(sources) if not (known and known(source))]
    headers: list[ImageHeader | Exception | None] = [None] * len(sources)
    read = threads(n_jobs)(delayed(_header_or_error)(sources[position]) for position in unknown)
    for position, header in zip(unknown, read, strict=True):
        headers[position] = header
    return headers


def first_plan(sources: Sources, request: Request) -> Plan | None:
    """Return the planes of the first image whose header can be read.

    Return None if no header can be read, or if this image lacks a needed channel.
    """
    for source in sources:
        header: ImageHeader | Exception
        if isinstance(source, np.ndarray):
            header = ImageHeader(source.shape[:2], array_header(source))
        else:
            header = _header_or_error(source)
        if isinstance(header, ImageHeader) and header.planes is not None:
            try:
                return read_planes(header.planes, request).plan
            except Refused:
                return None
    return None


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
    planes: Sequence[int] | None = None,
) -> NDArray[np.uint8]:
    """Read one image as uint8, (height, width, n_channels); errors name the file or position."""
    if not isinstance(source, np.ndarray):
        with errors_named(source if isinstance(source, str) else source[0]):
            return read_image(source, channels, size, planes)
    try:
        return prepare_image(source, channels, size, planes, white=white)
    except (TypeError, ValueError) as error:
        raise type(error)(f"image {position} of X: {error}") from error


def _header_or_error(source: str | tuple[str, ...]) -> ImageHeader | Exception:
    try:
        return image_header(source)
    except (OSError, ValueError) as error:
        return error
