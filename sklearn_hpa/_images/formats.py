"""Parts of all decoders: the header and the pixels of an image file, and the refusal of a file."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

#: Maximum number of pixels, height times width, of a file. It is four times the largest image of
#: the Human Protein Atlas (4096 x 4096), and below the size at which Pillow warns.
MAX_PIXELS = 2**26
MAX_PLANES = 4


class Refused(Exception):
    """The reason why a file is refused; the caller adds the name of the file."""


class Header(NamedTuple):
    """The declared size and planes of an image file.

    Attributes
    ----------
    height, width : int
        The size of the decoded image in pixels.
    n_planes : int
        The number of planes of the decoded image.
    colour : bool
        True for an RGB image (or grey with transparency) and False for a stack of stains.
    names : tuple of str, or None
        The channel names in the metadata of the file, one for each plane, as they are spelled
        there. None if the file names no channels.
    remark : str or None
        A doubt about the meaning of the planes, which the user has to know. It follows the name of
        the file in a warning.
    siblings : tuple of str
        Other files that hold the other planes of the image, if this file is one of a set. They are
        not opened.
    """

    height: int
    width: int
    n_planes: int
    colour: bool
    names: tuple[str, ...] | None = None
    remark: str | None = None
    siblings: tuple[str, ...] = ()


class Decoded(NamedTuple):
    """The pixels of a file, (height, width) or (height, width, planes), at the stored depth.

    `header` has the size and the number of planes of `pixels`.
    """

    pixels: NDArray[Any]
    header: Header


def check_size(height: int, width: int) -> tuple[int, int]:
    """Return the declared size of an image, or refuse a size of zero or above `MAX_PIXELS`."""
    if height < 1 or width < 1:
        raise Refused(f"declares an image of {height} x {width} pixels; it is corrupt")
    if height * width > MAX_PIXELS:
        raise Refused(
            f"declares {height} x {width} pixels (height x width), above the limit of {MAX_PIXELS}"
            " pixels; it may be a decompression bomb. Cut a larger image into fields of view"
        )
    return height, width


def decoded(pixels: NDArray[Any], header: Header) -> Decoded:
    """Return the pixels, after a check that they have the size and planes of the header."""
    n_planes = 1 if pixels.ndim == 2 else pixels.shape[2]
    if (*pixels.shape[:2], n_planes) != header[:3]:
        raise Refused(
            f"declares {header.n_planes} planes of {header.height} x {header.width} pixels, but"
            f" holds an array of shape {np.shape(pixels)}; copy or download it again"
        )
    return Decoded(pixels, header)
