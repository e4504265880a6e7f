"""Decoding of one image file to an array, with checks for damaged and unsupported files.

The format of a file is read from its first bytes, not from its name. A browser may decompress a
``.tif.gz`` during the download and keep the name.
"""

from __future__ import annotations

import gzip
import os
import stat
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any, BinaryIO, NamedTuple, NoReturn

import imageio.v3 as iio
import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import ImageFile, JpegImagePlugin, PngImagePlugin

from .._common.messages import first_dozen

FilePath = str | os.PathLike[str]

#: Maximum number of pixels, height times width, of a file. It is four times the largest image of
#: the Human Protein Atlas (4096 x 4096), and below the size at which Pillow warns.
MAX_PIXELS = 2**26
_MAX_PLANES = 4
_HEADER_BYTES = 2**20

_PNG, _JPEG, _GZIP = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"\x1f\x8b"
_TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_PALETTE, _MINISWHITE = tifffile.PHOTOMETRIC.PALETTE, tifffile.PHOTOMETRIC.MINISWHITE
_TIFF_COLOUR = (tifffile.PHOTOMETRIC.RGB, tifffile.PHOTOMETRIC.YCBCR, _PALETTE)
#: TIFF compressions that all versions of Pillow read, and for which tifffile needs imagecodecs.
_PILLOW_TIFF = (
    tifffile.COMPRESSION.LZW,
    tifffile.COMPRESSION.JPEG,
    tifffile.COMPRESSION.CCITTRLE,
    tifffile.COMPRESSION(3),  # CCITT T.4 and T.6; their names vary between tifffile versions
    tifffile.COMPRESSION(4),
)


class Decoded(NamedTuple):
    """The pixels of a file, (height, width) or (height, width, planes), at the stored depth.

    `colour` is True for an RGB image (or grey with transparency) and False for a stack of stains.
    """

    pixels: NDArray[Any]
    colour: bool


class _Refused(Exception):
    """The reason why a file is refused; the caller adds the name of the file."""


def file_shape(path: FilePath) -> tuple[int, int]:
    """Return the height and width that the header of an image file declares."""
    with _opened(path) as (stream, start):
        if start.startswith(_PNG):
            return _png_shape(start)
        if start.startswith(_JPEG):
            return _jpeg_shape(stream)
        with tifffile.TiffFile(stream) as tiff:
            return _tiff_layout(tiff).height_width


def decode_file(path: FilePath) -> Decoded:
    """Check the header of an image file and return its pixels."""
    with _opened(path) as (stream, start):
        if start.startswith(_TIFF):
            return _decode_tiff(stream)
        if start.startswith(_PNG):
            _png_shape(start)
            kind: type[ImageFile.ImageFile] = PngImagePlugin.PngImageFile
        else:
            _jpeg_shape(stream)
            stream.seek(0)
            kind = JpegImagePlugin.JpegImageFile
        with kind(stream) as image:
            if image.mode in ("L", "RGB"):
                return Decoded(np.asarray(image), colour=image.mode == "RGB")
        stream.seek(0)
        # imageio handles palettes and 16 bits, but each opening tries to import two packages.
        reader = iio.imopen(stream, "r", plugin="pillow")
        with reader:
            pixels = reader.read(index=0, writeable_output=False)
        return Decoded(pixels, colour=pixels.ndim == 3)


@contextmanager
def _opened(path: FilePath) -> Iterator[tuple[BinaryIO, bytes]]:
    """Yield the open file, decompressed if needed, and its first bytes; errors name the file."""
    name = os.fspath(path)
    try:
        mode = os.stat(path).st_mode
        if stat.S_ISDIR(mode):
            raise _Refused("is a folder, not an image file")
        if not stat.S_ISREG(mode):
            raise _Refused("is not a regular file, but a pipe, a socket or a device")
        with open(path, "rb") as file:
            stream: BinaryIO = file
            start = _first_bytes(stream)
            if start.startswith(_GZIP):
                stream = _gunzip(file)
                start = _first_bytes(stream)
            if not start:
                raise _Refused("is empty (0 bytes); copy or download it again")
            if not start.startswith((_PNG, _JPEG, *_TIFF)):
                raise _Refused(
                    f"is not a PNG, JPEG or TIFF image, whatever its name: it starts with"
                    f" {start[:16]!r}"
                )
            yield stream, start
    except (FileNotFoundError, NotADirectoryError):
        raise FileNotFoundError(f"image file not found: {name}") from None
    except _Refused as refusal:
        raise ValueError(f"{name} {refusal}") from refusal.__cause__
    except (MemoryError, RecursionError):
        raise
    except Exception as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise ValueError(
            f"{name} cannot be decoded: it is truncated or corrupt"
            f" ({type(error).__name__}: {error}); copy or download it again"
        ) from error


def _first_bytes(stream: BinaryIO) -> bytes:
    start = stream.read(32)
    stream.seek(0)
    return start


def _gunzip(file: BinaryIO) -> BytesIO:
    limit = _MAX_PLANES * MAX_PIXELS + _HEADER_BYTES
    try:
        with gzip.GzipFile(fileobj=file) as unzipped:
            content = unzipped.read(limit + 1)
    except (EOFError, OSError, zlib.error) as error:
        raise _Refused(
            f"cannot be gunzipped: it is truncated or corrupt ({error}); copy or download it again"
        ) from error
    if len(content) > limit:
        raise _Refused(f"unzips to more than {limit} bytes, the limit for one image file")
    return BytesIO(content)


def _check_size(height: int, width: int) -> tuple[int, int]:
    if height < 1 or width < 1:
        raise _Refused(f"declares an image of {height} x {width} pixels; it is corrupt")
    if height * width > MAX_PIXELS:
        raise _Refused(
            f"declares {height} x {width} pixels (height x width), above the limit of {MAX_PIXELS}"
            " pixels; it may be a decompression bomb. Cut a larger image into fields of view"
        )
    return height, width


def _png_shape(start: bytes) -> tuple[int, int]:
    # Pillow silently reads 16-bit colour PNG as 8 bits. The depth is read from the first chunk.
    if len(start) < 26 or start[12:16] != b"IHDR":
        raise _Refused("is a PNG whose header is truncated or corrupt; copy or download it again")
    width, height, depth, colour_type = struct.unpack(">IIBB", start[16:26])
    if depth == 16 and colour_type != 0:
        raise _Refused(
            "is a 16-bit PNG with several planes, of which only 8 bits can be read; save it as a"
            " 16-bit TIFF, or each channel as a grey PNG"
        )
    return _check_size(height, width)


def _jpeg_shape(stream: BinaryIO) -> tuple[int, int]:
    # Image.open would emit process-wide warnings about large images.
    header = JpegImagePlugin.JpegImageFile(stream)
    if header.mode not in ("L", "RGB"):
        raise _Refused(f"is a JPEG in {header.mode}; save it in grey or RGB")
    width, height = header.size
    return _check_size(height, width)


# ---- TIFF: tifffile reads axes and depth; Pillow reads compressions that tifffile lacks ----------


class _TiffLayout(NamedTuple):
    shape: tuple[int, ...]
    plane_axis: int | None

    @property
    def height_width(self) -> tuple[int, int]:
        height, width = (n for i, n in enumerate(self.shape) if i != self.plane_axis)
        return height, width


def _tiff_layout(tiff: tifffile.TiffFile) -> _TiffLayout:
    """Return the shape of all pixels of a file, without axes of length 1, and the plane axis.

    Channels that were appended one after the other form one series each; they are planes too.
    """
    series = tiff.series
    if not series:
        raise _Refused("is a TIFF without an image; it is truncated or corrupt")
    if len({(one.shape, one.dtype) for one in series}) > 1:
        shapes = first_dozen(one.shape for one in series)
        raise _Refused(f"holds {len(series)} images that differ (shapes {shapes}); keep one")
    kept = [
        (axis, length)
        for axis, length in zip(series[0].axes, series[0].shape, strict=True)
        if length > 1 or axis in "YX"
    ]
    if len(series) > 1:
        kept.insert(0, ("Q", len(series)))
    axes, shape = "".join(axis for axis, _ in kept), tuple(length for _, length in kept)
    plane_axes = [i for i, axis in enumerate(axes) if axis not in "YX"]
    if len(shape) - len(plane_axes) != 2 or len(plane_axes) > 1:
        raise _Refused(f"has shape {shape} (axes {axes}); an image has height, width and channels")

    plane_axis = plane_axes[0] if plane_axes else None
    if axes == "QYX" and shape[2] <= _MAX_PLANES < shape[0]:
        plane_axis = 2
    layout = _TiffLayout(shape, plane_axis)
    height, width = _check_size(*layout.height_width)
    n_planes = 1 if plane_axis is None else shape[plane_axis]
    if n_planes * height * width > _MAX_PLANES * MAX_PIXELS:
        raise _Refused(
            f"declares {n_planes} planes of {height} x {width} pixels, above the limit of"
            f" {_MAX_PLANES * MAX_PIXELS} values in all; it may be a decompression bomb"
        )
    _check_tiff_page(tiff.pages.first, is_stack=plane_axis is not None)
    return layout


def _check_tiff_page(page: tifffile.TiffPage, is_stack: bool) -> None:
    photometric = _photometric(page)
    if photometric == _PALETTE and is_stack:
        raise _Refused("is a stack with a colour map; save its planes in grey")
    if photometric == _MINISWHITE and (page.dtype is None or page.dtype.kind not in "bu"):
        raise _Refused(f"stores white as 0 in values of {page.dtype}; save it with black as 0")
    if photometric == tifffile.PHOTOMETRIC.SEPARATED:
        raise _Refused("is a TIFF in CMYK; save it in grey or RGB")
    if page.compression not in tifffile.TIFF.DECOMPRESSORS and (
        page.compression not in _PILLOW_TIFF or _is_deep_colour(page)
    ):
        _refuse_codec(page)


def _refuse_codec(page: tifffile.TiffPage) -> NoReturn:
    kind = "colour" if page.samplesperpixel > 1 else "grey"
    packed = page.compression == tifffile.COMPRESSION.NONE
    codec = getattr(page.compression, "name", page.compression)
    raise _Refused(
        f"is a {page.bitspersample}-bit {kind} TIFF"
        f" {'in packed bits' if packed else f'compressed by {codec}'}, which needs"
        " the package imagecodecs: install it, or save the file uncompressed in 8 or 16 bits"
    )


def _is_deep_colour(page: tifffile.TiffPage) -> bool:
    """Tell whether Pillow would silently read the page as 8 bits."""
    return page.samplesperpixel > 1 and page.bitspersample > 8


def _photometric(page: tifffile.TiffPage) -> int:
    # If the tag is missing, tifffile returns 0, which means MINISWHITE.
    tagged = "PhotometricInterpretation" in page.tags
    return page.photometric if tagged else tifffile.PHOTOMETRIC.MINISBLACK


def _decode_tiff(stream: BinaryIO) -> Decoded:
    with tifffile.TiffFile(stream) as tiff:
        layout = _tiff_layout(tiff)
        page = tiff.pages.first
        photometric = _photometric(page)
        colour = photometric in _TIFF_COLOUR
        try:
            parts = [series.asarray(maxworkers=1) for series in tiff.series]
        except (ImportError, ValueError, NotImplementedError) as error:
            if not isinstance(error, ImportError) and "imagecodecs" not in str(error):
                raise
            return Decoded(_decode_by_pillow(stream, page, layout), colour)
        pixels = (parts[0] if len(parts) == 1 else np.stack(parts)).reshape(layout.shape)
        if layout.plane_axis is not None:
            pixels = np.moveaxis(pixels, layout.plane_axis, -1)
        if photometric == _PALETTE:
            # Entries of a colour map have 16 bits, but some old files store 8-bit values.
            if page.colormap is None:
                raise _Refused(
                    "has colours by number, but no colour map; copy or download it again"
                )
            shift = 8 if page.colormap.max() > 255 else 0
            pixels = (page.colormap.T >> shift).astype(np.uint8)[pixels]
        elif page.bitspersample in (2, 4):
            pixels = pixels * np.uint8(255 // (2**page.bitspersample - 1))
        if photometric == _MINISWHITE:
            pixels = ~pixels
    return Decoded(pixels, colour)


def _decode_by_pillow(
    stream: BinaryIO, page: tifffile.TiffPage, layout: _TiffLayout
) -> NDArray[Any]:
    if _is_deep_colour(page):
        _refuse_codec(page)
    stream.seek(0)
    try:
        reader = iio.imopen(stream, "r", plugin="pillow")
        with reader:
            parts = list(reader.iter(writeable_output=False))
    except Exception:
        if page.compression not in _PILLOW_TIFF:
            _refuse_codec(page)
        raise
    if len(parts) > 1:
        stack = np.stack(parts).reshape(layout.shape)
        return stack if layout.plane_axis is None else np.moveaxis(stack, layout.plane_axis, -1)
    # Pillow expands a colour map and inverts 8-bit MINISWHITE images, but not 16-bit images.
    upside_down = _photometric(page) == _MINISWHITE and parts[0].dtype == np.uint16
    return ~parts[0] if upside_down else parts[0]
