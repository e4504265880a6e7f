"""Parts of all decoders: the header and the pixels of an image file, and the refusal of a file."""

from __future__ import annotations

import struct
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

#: Maximum number of pixels, height times width, of a file. It is four times the largest image of
#: the Human Protein Atlas (4096 x 4096), and below the size at which Pillow warns.
MAX_PIXELS = 2**26
MAX_PLANES = 4

_ORIENTATION, _SHORT = 0x0112, 3  # a tag of EXIF, and the type of its value


#: Maximum number of bytes of an image file, and of a gzipped file after decompression: the largest
#: image that is read, without compression, and its metadata.
_METADATA_BYTES = 2**20


class Refused(Exception):
    """The reason why a file is refused; the caller adds the name of the file."""


def damaged(reason: str) -> Refused:
    """Return the refusal of a file whose content is damaged."""
    return Refused(
        f"cannot be decoded: it is truncated or corrupt ({reason}); copy or download it again"
    )


class Header(NamedTuple):
    """The declared size and planes of an image file.

    Attributes
    ----------
    height, width : int
        The size of the decoded image in pixels.
    n_planes : int
        The number of planes of the decoded image.
    colour : bool
        True for an RGB image and False for grey or a stack of stains.
    names : tuple of str, or None
        The channel names in the metadata of the file, one for each plane, as they are spelled
        there. None if the file names no channels.
    remark : str or None
        A doubt about the meaning of the planes, which the user has to know. It follows the name of
        the file in a warning.
    siblings : tuple of str
        Other files that hold the other planes of the image, if this file is one of a set. They are
        not opened.
    alpha : str or None
        A sentence about the transparency that is not among the planes, for a refusal of images
        that lack a channel.
    """

    height: int
    width: int
    n_planes: int
    colour: bool
    names: tuple[str, ...] | None = None
    remark: str | None = None
    siblings: tuple[str, ...] = ()
    alpha: str | None = None


class Decoded(NamedTuple):
    """The pixels of a file, (height, width) or (height, width, planes), at the stored depth.

    `header` has the size and the number of planes of `pixels`.
    """

    pixels: NDArray[Any]
    header: Header


def max_bytes() -> int:
    """Return the maximum number of bytes of an image file."""
    return MAX_PLANES * MAX_PIXELS + _METADATA_BYTES


def read_whole(stream: BinaryIO) -> bytes:
    """Return all bytes of a file from its beginning, or refuse more than `max_bytes`."""
    stream.seek(0)
    content = stream.read(max_bytes() + 1)
    if len(content) > max_bytes():
        raise Refused(f"holds more than {max_bytes()} bytes, the limit for one image file")
    return content


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


def opaque(pixels: NDArray[Any]) -> NDArray[Any]:
    """Return an image without its last plane, alpha, or refuse it if a pixel is transparent."""
    refuse_transparent(pixels[..., -1] != np.iinfo(pixels.dtype).max)
    return pixels[..., 0] if pixels.shape[2] == 2 else pixels[..., :-1]


def refuse_transparent(transparent: NDArray[np.bool_]) -> None:
    """Refuse an image with transparent pixels: alpha is no stain, and its meaning is unknown."""
    if transparent.any():
        raise Refused(
            f"is transparent in {int(transparent.sum())} of {transparent.size} pixels, and alpha is"
            " not a stain; save it without transparency. If the alpha plane holds a stain, save"
            " the planes as a TIFF, or each channel as a grey file"
        )


def exif_orientation(exif: bytes) -> int:
    """Return the orientation in EXIF metadata, from 1 (upright) to 8; 1 if there is none.

    Metadata that cannot be read name no orientation.
    """
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(exif[:4])
    if order is None:
        return 1
    try:
        (directory,) = struct.unpack_from(order + "I", exif, 4)
        (n_entries,) = struct.unpack_from(order + "H", exif, directory)
        for k in range(n_entries):
            tag, kind, count, value = struct.unpack_from(
                order + "HHIH", exif, directory + 2 + 12 * k
            )
            if (tag, kind, count) == (_ORIENTATION, _SHORT, 1) and 1 <= value <= 8:
                return int(value)
    except struct.error:
        pass
    return 1


def upright(pixels: NDArray[Any], orientation: int) -> NDArray[Any]:
    """Return the pixels as an orientation of EXIF or TIFF, from 1 (upright) to 8, displays them.

    Examples
    --------
    >>> upright(np.array([[1, 2], [3, 4]]), 6)
    array([[3, 1],
           [4, 2]])
    """
    if orientation >= 5:  # rows of the file are columns of the image
        pixels = pixels.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return np.ascontiguousarray(pixels)
