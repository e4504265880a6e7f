"""Decoding of PNG files: structure, checksums and the amount of image data are checked.

Pillow inflates and unfilters the rows. It does not read the files, because it checks no checksum of
image data and fills missing rows with black.
"""

from __future__ import annotations

import struct
import zlib
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .formats import (
    Decoded,
    Header,
    Refused,
    check_size,
    damaged,
    decoded,
    exif_orientation,
    opaque,
    read_whole,
    refuse_transparent,
)

SIGNATURE = b"\x89PNG\r\n\x1a\n"

_GREY, _RGB, _PALETTE, _GREY_ALPHA, _RGBA = 0, 2, 3, 4, 6
#: Modes of Pillow, for an image and for its rows in the file, by colour type and depth.
_MODES = {
    (_GREY, 1): ("1", "1"),
    (_GREY, 2): ("L", "L;2"),
    (_GREY, 4): ("L", "L;4"),
    (_GREY, 8): ("L", "L"),
    (_GREY, 16): ("I;16", "I;16B"),
    (_RGB, 8): ("RGB", "RGB"),
    (_PALETTE, 1): ("P", "P;1"),
    (_PALETTE, 2): ("P", "P;2"),
    (_PALETTE, 4): ("P", "P;4"),
    (_PALETTE, 8): ("P", "P"),
    (_GREY_ALPHA, 8): ("LA", "LA"),
    (_RGBA, 8): ("RGBA", "RGBA"),
}
_DEEP_COLOUR = {(_RGB, 16), (_GREY_ALPHA, 16), (_RGBA, 16)}
#: Samples for each pixel in the file.
_SAMPLES = {_GREY: 1, _RGB: 3, _PALETTE: 1, _GREY_ALPHA: 2, _RGBA: 4}
#: First row, first column, step of rows and step of columns of the seven passes of interlacing.
_ADAM7 = [
    (0, 0, 8, 8),
    (0, 4, 8, 8),
    (4, 0, 8, 4),
    (0, 2, 4, 4),
    (2, 0, 4, 2),
    (0, 1, 2, 2),
    (1, 0, 2, 1),
]
#: A value that rows have before they are decoded.
_UNTOUCHED = 165


class _Layout(NamedTuple):
    """The fields of the first chunk, IHDR."""

    width: int
    height: int
    depth: int
    colour_type: int
    compression: int
    filters: int
    interlaced: int

    @property
    def n_bytes(self) -> int:
        """Number of bytes of the image data: the filter byte and the packed samples of each row."""
        bits = self.depth * _SAMPLES[self.colour_type]
        passes = _ADAM7 if self.interlaced else [(0, 0, 1, 1)]
        n_bytes = 0
        for top, left, row_step, column_step in passes:
            n_rows = -(-(self.height - top) // row_step)
            n_columns = -(-(self.width - left) // column_step)
            if n_rows > 0 and n_columns > 0:
                n_bytes += n_rows * (1 + -(-n_columns * bits // 8))
        return n_bytes


class _Content(NamedTuple):
    data: bytes
    palette: bytes | None
    transparency: bytes | None


def png_header(stream: BinaryIO) -> Header:
    """Return the header of a PNG file. Alpha is no plane."""
    return _header(_layout(stream.read(33)))


def decode_png(stream: BinaryIO) -> Decoded:
    """Return the pixels of a PNG file. Opaque alpha is dropped; other alpha is refused."""
    file = read_whole(stream)
    layout = _layout(file)
    content = _content(file)
    rows = _rows(layout, content.data)
    return decoded(_pixels(rows, layout, content), _header(layout))


def _header(layout: _Layout) -> Header:
    colour = layout.colour_type in (_RGB, _PALETTE, _RGBA)
    return Header(layout.height, layout.width, 3 if colour else 1, colour)


def _layout(start: bytes) -> _Layout:
    if start[12:16] == b"CgBI":
        raise Refused("is a PNG in a variant of Apple, CgBI; save it as an ordinary PNG")
    if start[8:16] != b"\0\0\0\rIHDR" or len(start) < 33:
        raise damaged("the header of the PNG, IHDR, is incomplete")
    if zlib.crc32(start[12:29]) != struct.unpack_from(">I", start, 29)[0]:
        raise damaged("wrong checksum of the header, IHDR")
    layout = _Layout(*struct.unpack_from(">IIBBBBB", start, 16))
    kind = layout.colour_type, layout.depth
    if kind in _DEEP_COLOUR:
        raise Refused(
            "is a 16-bit PNG with several planes, of which only 8 bits can be read; save it as a"
            " 16-bit TIFF, or each channel as a grey PNG"
        )
    if kind not in _MODES or layout.compression or layout.filters or layout.interlaced > 1:
        raise damaged(f"no PNG has a header, IHDR, with the values {tuple(layout)}")
    check_size(layout.height, layout.width)
    return layout


# ---- chunks -------------------------------------------------------------------------------------


def _content(file: bytes) -> _Content:
    """Return the image data and the colours of a file, after a check of all its chunks.

    The content of other chunks is not read: comments, gamma and colour profiles change no pixel.
    Bytes after the last chunk, IEND, are ignored.
    """
    view = memoryview(file)
    data: list[memoryview] = []
    colours: dict[bytes, bytes] = {}
    previous, at = b"", len(SIGNATURE)
    while previous != b"IEND":
        kind, content = _chunk(view, at)
        at += 12 + len(content)
        if kind == b"IDAT":
            if data and previous != b"IDAT":
                raise damaged("another chunk interrupts the image data")
            data.append(content)
        elif kind in (b"PLTE", b"tRNS"):
            if data or kind in colours:
                raise damaged(f"the chunk {kind.decode()} is repeated or follows the image data")
            colours[kind] = bytes(content)
        elif kind == b"acTL":
            raise Refused("is an animated PNG; save the frame to read as an ordinary PNG")
        elif kind == b"eXIf" and (orientation := exif_orientation(bytes(content))) != 1:
            raise Refused(
                f"is a PNG with an EXIF orientation, {orientation}, which programs read in"
                " different ways; save it upright"
            )
        elif kind[:1].isupper() and kind != b"IEND" and (kind != b"IHDR" or previous):
            raise damaged(f"unexpected chunk {kind.decode()}")
        previous = kind
    if not data:
        raise damaged("no image data")
    return _Content(b"".join(data), colours.get(b"PLTE"), colours.get(b"tRNS"))


def _chunk(file: memoryview, at: int) -> tuple[bytes, memoryview]:
    """Return the kind and the content of the chunk at a position, after a check of its checksum."""
    if at + 12 > len(file):
        raise damaged("the last chunk, IEND, is missing")
    length, kind = struct.unpack_from(">I4s", file, at)
    if not kind.isalpha():
        raise damaged(f"{kind!r} at byte {at} is not the name of a chunk")
    end = at + 8 + length
    if end + 4 > len(file):
        raise damaged(f"the file ends within the chunk {kind.decode()} at byte {at}")
    if zlib.crc32(file[at + 4 : end]) != struct.unpack_from(">I", file, end)[0]:
        raise damaged(f"wrong checksum of the chunk {kind.decode()} at byte {at}")
    return kind, file[at + 8 : end]


# ---- image data ---------------------------------------------------------------------------------


def _rows(layout: _Layout, data: bytes) -> NDArray[Any]:
    """Return the samples of an image, after a check that `data` is exactly one image.

    The image is decoded with one row more than it has. Pillow's decoder then stops without an error
    at the end of the data only, after zlib has verified the checksum of all data. The last row of
    the image must have been written, and the additional row must not. If that cannot be told, the
    data are inflated once more and counted.
    """
    image = _new_image(layout, layout.height + 1)
    if not layout.interlaced and _decode_into(image, layout, data):
        rows: NDArray[Any] = np.asarray(image)
        last, additional = rows[-2:]
        untouched = np.asarray(_new_image(layout, 1))[0]
        if np.array_equal(additional, untouched) and not np.array_equal(last, untouched):
            return rows[:-1]
    _check_amount(data, layout.n_bytes)
    image = _new_image(layout, layout.height)
    if not _decode_into(image, layout, data):
        raise damaged("a row of the image data has an unknown filter")
    return np.asarray(image)


def _new_image(layout: _Layout, n_rows: int) -> Image.Image:
    mode, _ = _MODES[layout.colour_type, layout.depth]
    n_bands = Image.getmodebands(mode)
    colour = _UNTOUCHED if n_bands == 1 else (_UNTOUCHED,) * n_bands
    return Image.new(mode, (layout.width, n_rows), colour)


def _decode_into(image: Image.Image, layout: _Layout, data: bytes) -> bool:
    """Inflate and unfilter rows; tell whether the decoder came to its end without an error."""
    _, raw_mode = _MODES[layout.colour_type, layout.depth]
    try:
        image.frombytes(data, "zip", (raw_mode, layout.interlaced))
    except ValueError:
        return False
    return True


def _check_amount(data: bytes, n_bytes: int) -> None:
    """Inflate image data and check their number of bytes and their checksum."""
    inflater = zlib.decompressobj()
    try:
        n_inflated = len(inflater.decompress(data, n_bytes + 1))
    except zlib.error as error:
        raise damaged(f"the image data cannot be inflated: {error}") from error
    if n_inflated != n_bytes or not inflater.eof:
        amount = f"more than {n_bytes}" if n_inflated > n_bytes else n_inflated
        raise damaged(f"the image data inflate to {amount} bytes, expected {n_bytes}")


# ---- samples to pixels --------------------------------------------------------------------------


def _pixels(rows: NDArray[Any], layout: _Layout, content: _Content) -> NDArray[Any]:
    """Return grey or RGB pixels: palettes are applied, and opaque alpha is dropped."""
    if layout.colour_type in (_GREY_ALPHA, _RGBA):
        return opaque(rows)
    if layout.colour_type == _PALETTE:
        return _through_palette(rows, content)
    if content.transparency is not None:
        _refuse_colour_key(rows, layout, content.transparency)
    return rows


def _through_palette(indices: NDArray[np.uint8], content: _Content) -> NDArray[np.uint8]:
    packed = content.palette
    if not packed or len(packed) % 3:
        raise damaged("the palette, PLTE, is missing or incomplete")
    colours = np.frombuffer(packed, np.uint8).reshape(-1, 3)
    if indices.max() >= len(colours):
        raise damaged(f"a pixel has colour {indices.max()} of a palette of {len(colours)} colours")
    if content.transparency is not None:
        alpha = np.full(256, 255, np.uint8)
        given = content.transparency[:256]
        alpha[: len(given)] = np.frombuffer(given, np.uint8)
        refuse_transparent(alpha[indices] != 255)
    return colours[indices]


def _refuse_colour_key(rows: NDArray[Any], layout: _Layout, packed: bytes) -> None:
    """Refuse an image that has pixels in the one colour that is declared transparent."""
    if len(packed) != 2 * _SAMPLES[layout.colour_type]:
        raise damaged(f"the chunk tRNS has {len(packed)} bytes")
    key = np.frombuffer(packed, ">u2") & (2**layout.depth - 1)
    if layout.depth < 8:
        key = key * (1 if layout.depth == 1 else 255 // (2**layout.depth - 1))
    refuse_transparent((rows.reshape(*rows.shape[:2], -1) == key).all(axis=2))
