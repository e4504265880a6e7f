"""Decoding of TIFF files.

The structure and the metadata of a file are read and checked here, not by tifffile: tifffile goes
on with the pages that it finds, and opens other files that a file names. tifffile decodes the
compressions that need the package imagecodecs.
"""

from __future__ import annotations

from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._common.messages import first_dozen
from . import formats
from .formats import MAX_PLANES, Decoded, Header, Refused, decoded, upright
from .tiff_pages import (
    BLACK_IS_0,
    CMYK,
    JPEG,
    PALETTE,
    RGB,
    SIGNATURES,
    WHITE_IS_0,
    YCBCR,
    Page,
    TiffFile,
    damaged,
)
from .tiff_pixels import check_format, read_page, read_planes
from .tiff_planes import declared_planes

__all__ = ["SIGNATURES", "decode_tiff", "tiff_header"]

_LSM = 34412
#: Numbers of values, with padding, of the largest image; each has at most 8 bytes.
_MAX_BYTES_OF_VALUE = 8


_IF_A_STAIN = (
    "If it is a stain, save it without this mark, for example with tifffile.imwrite(...,"
    ' photometric="minisblack")'
)


class _Layout(NamedTuple):
    """The pages of one image, one for each plane, and its header."""

    pages: list[Page]
    rows_are_pages: bool
    header: Header


def tiff_header(stream: BinaryIO) -> Header:
    """Return the header of a TIFF file."""
    file = TiffFile(stream)
    layout = _layout(file)
    _check_first_alpha(file, layout.pages[0])
    return layout.header


def decode_tiff(stream: BinaryIO) -> Decoded:
    """Return the pixels of a TIFF file."""
    file = TiffFile(stream)
    layout = _layout(file)
    first = layout.pages[0]
    if first.samples > 1:
        pixels = _without_alpha(read_page(file, first), first)
    else:
        pixels = read_planes(file, layout.pages)
        if not layout.rows_are_pages:
            pixels = np.moveaxis(pixels, 0, -1)
    if pixels.shape[2] == 1:
        pixels = pixels[..., 0]
    pixels = upright(_coloured(file, pixels, first), first.orientation)
    return decoded(pixels, layout.header)


# ---- pages and planes ---------------------------------------------------------------------------


def _layout(file: TiffFile) -> _Layout:
    pages = _full_pages(file.pages)
    if len({page.alike for page in pages}) > 1:
        shapes = first_dozen((page.height, page.width, page.samples) for page in pages)
        raise Refused(f"holds {len(pages)} images that differ (shapes {shapes}); keep one")
    for key, value in pages[0].coding.items():
        other = next((page for page in pages if page.coding[key] != value), None)
        if other is not None:
            raise damaged(
                f"has pages that are stored in different ways: {key} is {value} in page"
                f" {pages[0].number}, {other.coding[key]} in page {other.number}"
            )
    pages = [_interpreted(page) for page in pages]
    declared = declared_planes(file, pages)
    n_declared = max(page.n_declared for page in pages)
    if n_declared > len(file.pages) > 1:
        raise damaged(f"declares {n_declared} pages, but holds {len(file.pages)}")

    first = pages[0]
    n_samples = first.samples - len(first.alpha)
    height, width = first.height, first.width
    if declared.rows_are_pages:
        height, width, n_planes = len(pages), first.height, first.width
        if first.orientation != 1:
            raise Refused("has rows as pages and an orientation; save it without the orientation")
    elif len(declared.pages) > 1 and first.samples > 1:
        raise Refused(
            f"has {len(declared.pages)} pages of {first.samples} samples; an image has height,"
            " width and channels"
        )
    else:
        n_planes = len(declared.pages) * n_samples
    _check_page(pages, n_planes)
    if declared.in_one_page:
        step = int(first.counts.sum())
        pages = [
            first._replace(offsets=first.offsets + k * step) for k in range(len(declared.pages))
        ]
    else:
        pages = [pages[k] for k in declared.pages]
    if first.photometric == PALETTE:
        n_planes = 3
    if first.orientation > 4:
        height, width = width, height
    colour = first.photometric in (RGB, YCBCR, PALETTE) and n_planes == 3
    names = declared.names if declared.names and len(declared.names) == n_planes else None
    alpha = None
    if first.alpha:
        alpha = (
            f"{_numbered(first.alpha)} marked as transparency (ExtraSamples), and not counted."
            f" {_IF_A_STAIN}"
        )
    header = Header(
        height, width, n_planes, colour, names, declared.remark, declared.siblings, alpha
    )
    return _Layout(pages, declared.rows_are_pages, header)


def _full_pages(pages: list[Page]) -> list[Page]:
    """Return the pages that are not smaller copies of the image."""
    full = [page for page in pages if not page.reduced]
    if not full:
        full = pages[:1]
    for page in pages:
        if page.reduced and page is not full[0]:
            if page.height * page.width >= full[0].height * full[0].width:
                raise Refused(
                    f"has a page {page.number} that is marked as a mask or a smaller copy, but has"
                    " the size of the image; save it without that page"
                )
    return full


def _interpreted(page: Page) -> Page:
    """Return the page with its meaning of colours; a LSM file marks all its channels as RGB."""
    return page._replace(photometric=BLACK_IS_0) if _LSM in page.tags else page


def _check_page(pages: list[Page], n_planes: int) -> None:
    page = pages[0]
    largest = MAX_PLANES * formats.MAX_PIXELS
    n_bytes = len(pages) * page.row_bytes * len(page.offsets) * page.strip_rows
    n_values = n_planes * page.height * page.width
    if n_values > largest or n_bytes > _MAX_BYTES_OF_VALUE * largest:
        raise Refused(
            f"declares {n_planes} planes of {page.height} x {page.width} pixels, above the limit of"
            f" {largest} values in all; it may be a decompression bomb"
        )
    photometric = page.photometric
    if photometric == CMYK:
        raise Refused("is a TIFF in CMYK; save it in grey or RGB")
    known = photometric in (WHITE_IS_0, BLACK_IS_0, RGB, PALETTE)
    if not known and (photometric != YCBCR or any(each.compression != JPEG for each in pages)):
        raise Refused(
            f"is a TIFF with the PhotometricInterpretation {photometric}; save it in grey or RGB"
        )
    if photometric == PALETTE:
        if n_planes > 1 or page.samples > 1:
            raise Refused("is a stack with a colour map; save its planes in grey")
        if page.kind != "u" or page.bits > 16:
            raise Refused(f"has a colour map for values of {page.bits} bits; save it in grey")
        if 320 not in page.tags:
            raise damaged("has colours by number, but no colour map")
        if page.tags[320].n_values != 3 * 2**page.bits:
            raise damaged(f"has a colour map of {page.tags[320].n_values} values")
    if photometric in (RGB, YCBCR) and page.samples - len(page.alpha) < 3:
        raise damaged(f"declares colours, but has {page.samples} samples per pixel")
    if photometric == WHITE_IS_0 and page.kind != "u":
        kind = {"i": "int", "f": "float"}[page.kind]
        raise Refused(f"stores white as 0 in values of {kind}{page.bits}; save it with black as 0")
    if page.samples == len(page.alpha):
        raise Refused("holds nothing but transparency; save the stains without it")
    for each in pages:
        check_format(each)


# ---- pixels -------------------------------------------------------------------------------------


def _without_alpha(pixels: NDArray[Any], page: Page) -> NDArray[Any]:
    """Drop an opaque transparency; refuse any other, which is not a stain."""
    for k in page.alpha:
        _check_opaque(pixels[..., k], page, k)
    return np.delete(pixels, page.alpha, axis=2) if page.alpha else pixels


def _check_first_alpha(file: TiffFile, page: Page) -> None:
    """Refuse a transparency by its first strip or tile, if it is stored apart from the colours.

    tifffile marks the fourth of four planes as transparency by default.
    """
    if not page.apart:
        return
    per_sample = len(page.offsets) // page.samples
    for k in page.alpha:
        segment = slice(k * per_sample, k * per_sample + 1)
        height = min(page.strip_rows, page.height)
        width = min(page.tile[1], page.width) if page.tile else page.width
        part = page._replace(height=height, width=width, samples=1, apart=False)
        part = part._replace(offsets=page.offsets[segment], counts=page.counts[segment])
        _check_opaque(read_page(file, part)[..., 0], page, k)


def _check_opaque(alpha: NDArray[Any], page: Page, k: int) -> None:
    opaque = 1 if page.kind == "f" else 2 ** (page.bits - (page.kind == "i")) - 1
    if not np.all(alpha == opaque):
        raise Refused(
            f"marks plane {k + 1} as transparency (ExtraSamples), which is not opaque."
            f" {_IF_A_STAIN}; if not, save the image without it"
        )


def _numbered(alpha: tuple[int, ...]) -> str:
    numbers = ", ".join(str(k + 1) for k in alpha)
    return f"Plane {numbers} is" if len(alpha) == 1 else f"Planes {numbers} are"


def _coloured(file: TiffFile, pixels: NDArray[Any], page: Page) -> NDArray[Any]:
    """Apply the colour map, stretch 2 and 4 bits to 8, and turn white as 0 into black as 0."""
    if page.photometric == PALETTE:
        entries = file.integers(page.tags[320], "ColorMap").reshape(3, -1).T
        # Entries of a colour map have 16 bits, but some old files store 8-bit values.
        shift = 8 if entries.max() > 255 else 0
        return (entries >> shift).astype(np.uint8)[pixels.astype(np.intp)]
    if page.bits in (2, 4):
        pixels = pixels * np.uint8(255 // (2**page.bits - 1))
    if page.photometric == WHITE_IS_0:
        return np.uint16(4095) - pixels if page.bits == 12 else ~pixels
    return pixels
