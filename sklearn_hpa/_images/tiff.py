"""Decoding of TIFF files.

tifffile reads axes and depth; Pillow reads compressions that tifffile lacks.
"""

from __future__ import annotations

from typing import Any, BinaryIO, NamedTuple, NoReturn

import imageio.v3 as iio
import numpy as np
import tifffile
from numpy.typing import NDArray

from .._common.messages import first_dozen
from . import formats
from .formats import MAX_PLANES, Decoded, Header, Refused, check_size, decoded

SIGNATURES = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_PALETTE, _MINISWHITE = tifffile.PHOTOMETRIC.PALETTE, tifffile.PHOTOMETRIC.MINISWHITE
_COLOUR = (tifffile.PHOTOMETRIC.RGB, tifffile.PHOTOMETRIC.YCBCR, _PALETTE)
#: TIFF compressions that all versions of Pillow read, and for which tifffile needs imagecodecs.
_PILLOW_TIFF = (
    tifffile.COMPRESSION.LZW,
    tifffile.COMPRESSION.JPEG,
    tifffile.COMPRESSION.CCITTRLE,
    tifffile.COMPRESSION(3),  # CCITT T.4 and T.6; their names vary between tifffile versions
    tifffile.COMPRESSION(4),
)


class _TiffLayout(NamedTuple):
    shape: tuple[int, ...]
    plane_axis: int | None

    @property
    def height_width(self) -> tuple[int, int]:
        height, width = (n for i, n in enumerate(self.shape) if i != self.plane_axis)
        return height, width

    def header(self, page: tifffile.TiffPage) -> Header:
        """Return the header of a file with this layout and this first page."""
        photometric = _photometric(page)
        if self.plane_axis is not None:
            n_planes = self.shape[self.plane_axis]
        else:
            n_planes = 3 if photometric == _PALETTE else 1
        return Header(*self.height_width, n_planes, colour=photometric in _COLOUR)


def _tiff_layout(tiff: tifffile.TiffFile) -> _TiffLayout:
    """Return the shape of all pixels of a file, without axes of length 1, and the plane axis.

    Channels that were appended one after the other form one series each; they are planes too.
    """
    series = tiff.series
    if not series:
        raise Refused("is a TIFF without an image; it is truncated or corrupt")
    if len({(one.shape, one.dtype) for one in series}) > 1:
        shapes = first_dozen(one.shape for one in series)
        raise Refused(f"holds {len(series)} images that differ (shapes {shapes}); keep one")
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
        raise Refused(f"has shape {shape} (axes {axes}); an image has height, width and channels")

    plane_axis = plane_axes[0] if plane_axes else None
    if axes == "QYX" and shape[2] <= MAX_PLANES < shape[0]:
        plane_axis = 2
    layout = _TiffLayout(shape, plane_axis)
    height, width = check_size(*layout.height_width)
    n_planes = 1 if plane_axis is None else shape[plane_axis]
    if n_planes * height * width > MAX_PLANES * formats.MAX_PIXELS:
        raise Refused(
            f"declares {n_planes} planes of {height} x {width} pixels, above the limit of"
            f" {MAX_PLANES * formats.MAX_PIXELS} values in all; it may be a decompression bomb"
        )
    _check_tiff_page(tiff.pages.first, is_stack=plane_axis is not None)
    return layout


def _check_tiff_page(page: tifffile.TiffPage, is_stack: bool) -> None:
    photometric = _photometric(page)
    if photometric == _PALETTE and is_stack:
        raise Refused("is a stack with a colour map; save its planes in grey")
    if photometric == _MINISWHITE and (page.dtype is None or page.dtype.kind not in "bu"):
        raise Refused(f"stores white as 0 in values of {page.dtype}; save it with black as 0")
    if photometric == tifffile.PHOTOMETRIC.SEPARATED:
        raise Refused("is a TIFF in CMYK; save it in grey or RGB")
    if page.compression not in tifffile.TIFF.DECOMPRESSORS and (
        page.compression not in _PILLOW_TIFF or _is_deep_colour(page)
    ):
        _refuse_codec(page)


def _refuse_codec(page: tifffile.TiffPage) -> NoReturn:
    kind = "colour" if page.samplesperpixel > 1 else "grey"
    packed = page.compression == tifffile.COMPRESSION.NONE
    codec = getattr(page.compression, "name", page.compression)
    raise Refused(
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


def tiff_header(stream: BinaryIO) -> Header:
    """Return the header of a TIFF file."""
    with tifffile.TiffFile(stream) as tiff:
        return _tiff_layout(tiff).header(tiff.pages.first)


def decode_tiff(stream: BinaryIO) -> Decoded:
    """Return the pixels of a TIFF file."""
    with tifffile.TiffFile(stream) as tiff:
        layout = _tiff_layout(tiff)
        page = tiff.pages.first
        photometric = _photometric(page)
        header = layout.header(page)
        try:
            parts = [series.asarray(maxworkers=1) for series in tiff.series]
        except (ImportError, ValueError, NotImplementedError) as error:
            if not isinstance(error, ImportError) and "imagecodecs" not in str(error):
                raise
            return decoded(_decode_by_pillow(stream, page, layout), header)
        pixels = (parts[0] if len(parts) == 1 else np.stack(parts)).reshape(layout.shape)
        if layout.plane_axis is not None:
            pixels = np.moveaxis(pixels, layout.plane_axis, -1)
        if photometric == _PALETTE:
            # Entries of a colour map have 16 bits, but some old files store 8-bit values.
            if page.colormap is None:
                raise Refused("has colours by number, but no colour map; copy or download it again")
            shift = 8 if page.colormap.max() > 255 else 0
            pixels = (page.colormap.T >> shift).astype(np.uint8)[pixels]
        elif page.bitspersample in (2, 4):
            pixels = pixels * np.uint8(255 // (2**page.bitspersample - 1))
        if photometric == _MINISWHITE:
            pixels = ~pixels
    return decoded(pixels, header)


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
