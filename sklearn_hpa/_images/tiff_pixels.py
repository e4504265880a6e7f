"""The pixels of one page of a TIFF file, from its strips or tiles.

Every strip or tile must decode to the size that the page declares. Nothing is filled in.
"""

from __future__ import annotations

import logging
import lzma
import threading
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from io import BytesIO
from typing import Any, NoReturn

import numpy as np
import tifffile
from numpy.typing import NDArray

from . import tiff_pages
from .formats import Refused
from .jpeg import decode_jpeg
from .lzw import decode_lzw
from .tiff_pages import Page, TiffFile, damaged

#: Compressions of bytes for which tifffile needs the package imagecodecs (or a newer Python).
_OTHER_BYTES = (50000, 34926)
#: Compressions of images for which tifffile needs the package imagecodecs.
_OTHER_IMAGES = (34712, 33003, 33004, 33005, 34887, 50001, 34927, 34933, 34934, 50002, 52546)
_LZMA = 34925
_PREDICTED = (
    tiff_pages.LZW,
    tiff_pages.DEFLATE,
    tiff_pages.OLD_DEFLATE,
    _LZMA,
    *_OTHER_BYTES,
)
#: Compressions with a checksum of the data.
_CHECKED = (tiff_pages.DEFLATE, tiff_pages.OLD_DEFLATE, _LZMA)
_PACKED = (1, 2, 4, 12)
_DTYPES = {("u", 8), ("u", 16), ("u", 32), ("u", 64), ("i", 8), ("i", 16), ("i", 32), ("i", 64)}
_DTYPES |= {("f", 16), ("f", 32), ("f", 64)}
_MIRRORED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def check_format(page: Page) -> None:
    """Refuse a page whose values or compression cannot be decoded."""
    known = (page.kind, page.bits) in _DTYPES or (page.kind == "u" and page.bits in _PACKED)
    if not known:
        what = {"u": "", "i": "signed ", "f": "floating-point "}[page.kind]
        raise Refused(
            f"holds {what}values of {page.bits} bits; save it in 8 or 16 bits, or as floats"
        )
    if page.compression == tiff_pages.JPEG:
        if (page.bits, page.kind) != (8, "u"):
            raise Refused(f"is a JPEG of {page.bits} bits in a TIFF; save it uncompressed")
    elif page.compression not in _DECODERS and (
        page.compression not in (*_OTHER_BYTES, *_OTHER_IMAGES)
        or (page.bits in _PACKED and page.compression in _OTHER_IMAGES)
        or not _is_readable(page.compression)
    ):
        _refuse_codec(page)
    if page.predictor != 1 and page.compression in _PREDICTED:
        whole = page.bits in (8, 16, 32, 64)
        if page.predictor not in (2, 3) or not whole or (page.predictor == 3 and page.kind != "f"):
            raise damaged(f"has the predictor {page.predictor} for values of {page.bits} bits")


def read_page(file: TiffFile, page: Page) -> NDArray[Any]:
    """Return the pixels of a page at its depth, (height, width, samples).

    Raises
    ------
    Refused
        If a strip or tile cannot be decoded, or decodes to another size.
    """
    if page.compression == tiff_pages.JPEG:
        rows = _images(file, page, _jpeg_of(file, page))
    elif page.compression in _OTHER_IMAGES:
        rows = _images(file, page, _by_tifffile(file, page))
    else:
        rows = _values(_bytes(file, page), page)
    return _assembled(rows, page)


def read_planes(file: TiffFile, pages: Sequence[Page]) -> NDArray[Any]:
    """Return the pixels of pages of one sample each, (pages, height, width)."""
    if all(map(_is_plain, pages)):
        first = pages[0]
        stack = np.empty((len(pages), first.height, first.width), _dtype(first))
        for page, plane in zip(pages, stack, strict=True):
            file.read_into(int(page.offsets[0]), plane, f"data of page {page.number}")
        return stack
    return np.stack([read_page(file, page)[..., 0] for page in pages])


def _is_plain(page: Page) -> bool:
    """Tell whether the pixels are stored like those of an array."""
    plain = page.compression == tiff_pages.NONE and not page.bits_reversed
    shape = page.tile is None and page.samples == 1 and page.bits not in _PACKED
    return plain and shape and _are_contiguous(page)


def _are_contiguous(page: Page) -> bool:
    return bool(np.all(page.offsets[1:] == page.offsets[:-1] + page.counts[:-1]))


def _dtype(page: Page) -> np.dtype[Any]:
    return np.dtype(f"{page.byte_order}{page.kind}{page.bits // 8}")


# ---- strips and tiles ---------------------------------------------------------------------------


def _segments(file: TiffFile, page: Page) -> list[bytes]:
    where = f"data of page {page.number}"
    ranges = zip(page.offsets.tolist(), page.counts.tolist(), strict=True)
    segments = [file.read(at, count, where) for at, count in ranges]
    if page.bits_reversed and page.compression != tiff_pages.JPEG:
        segments = [segment.translate(_MIRRORED) for segment in segments]
    return segments


def _bytes(file: TiffFile, page: Page) -> NDArray[np.uint8]:
    """Return the decoded rows of all strips or tiles, (rows, bytes of a row)."""
    if page.compression == tiff_pages.NONE and not page.bits_reversed:
        total = int(page.counts.sum())
        if _are_contiguous(page):
            content = file.read(int(page.offsets[0]), total, f"data of page {page.number}")
            return np.frombuffer(content, np.uint8).reshape(-1, page.row_bytes)
    segments, n_rows = _segments(file, page), page.n_rows
    if page.compression == tiff_pages.LZW:
        return _lzw(segments, n_rows, page)
    decode = _DECODERS.get(page.compression, _by_codec(page.compression))
    parts = []
    whole = page.strip_rows * page.row_bytes
    # A checksum proves that the data are as they were written.
    n_spare = page.n_spare if page.compression in _CHECKED else 0
    for k, (segment, rows) in enumerate(zip(segments, n_rows, strict=True)):
        n_bytes = rows * page.row_bytes
        content = decode(segment, whole + n_spare)
        # Some programs compress the last strip as if it were a whole one, or pad strips.
        if not (n_bytes <= len(content) <= n_bytes + n_spare or len(content) == whole):
            raise damaged(
                f"holds {len(content)} bytes instead of {n_bytes} in strip or tile {k + 1} of page"
                f" {page.number}"
            )
        parts.append(content[:n_bytes])
    content = parts[0] if len(parts) == 1 else b"".join(parts)
    return np.frombuffer(content, np.uint8).reshape(-1, page.row_bytes)


def _lzw(segments: list[bytes], n_rows: list[int], page: Page) -> NDArray[np.uint8]:
    n_planes = page.samples if page.apart else 1
    per_plane = len(segments) // n_planes
    parts = [
        decode_lzw(
            segments[k : k + per_plane], n_rows[k : k + per_plane], page.row_bytes, page.n_spare
        )
        for k in range(0, len(segments), per_plane)
    ]
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def _copy(segment: bytes, _: int) -> bytes:
    return segment


def _inflate(segment: bytes, largest: int) -> bytes:
    decompressor = zlib.decompressobj()
    try:
        content = decompressor.decompress(segment, largest + 1)
    except zlib.error as error:
        raise damaged(f"holds damaged deflated data ({error})") from None
    # The checksum is at the end.
    if not decompressor.eof and len(content) <= largest:
        raise damaged("holds deflated data without their end")
    return content


def _unpack_bits(segment: bytes, largest: int) -> bytes:
    parts: list[bytes] = []
    at, total = 0, 0
    while at < len(segment):
        head = segment[at]
        if head < 128:
            part = segment[at + 1 : at + 2 + head]
            complete = len(part) == head + 1
            at += head + 2
        elif head > 128:
            part = segment[at + 1 : at + 2] * (257 - head)
            complete = bool(part)
            at += 2
        else:
            part, complete = b"", True
            at += 1
        total += len(part)
        if not complete or total > largest:
            raise damaged("holds PackBits data of another length than it declares")
        parts.append(part)
    return b"".join(parts)


def _unxz(segment: bytes, largest: int) -> bytes:
    try:
        decompressor = lzma.LZMADecompressor(memlimit=2**30)
        content = decompressor.decompress(segment, largest + 1)
    except lzma.LZMAError as error:
        raise damaged(f"holds damaged LZMA data ({error})") from None
    if not decompressor.eof and len(content) <= largest:
        raise damaged("holds LZMA data without their end")
    return content


_DECODERS: dict[int, Callable[[bytes, int], bytes]] = {
    tiff_pages.NONE: _copy,
    tiff_pages.LZW: _copy,  # decoded by page
    tiff_pages.DEFLATE: _inflate,
    tiff_pages.OLD_DEFLATE: _inflate,
    tiff_pages.PACKBITS: _unpack_bits,
    _LZMA: _unxz,
}


def _by_codec(compression: int) -> Callable[[bytes, int], bytes]:
    def decode(segment: bytes, largest: int) -> bytes:
        return bytes(tifffile.TIFF.DECOMPRESSORS[compression](segment, out=largest + 1))

    return decode


@lru_cache
def _is_readable(compression: int) -> bool:
    """Tell whether tifffile has the codec; some codecs are imported when they are used."""
    if compression not in tifffile.TIFF.DECOMPRESSORS:
        return False
    try:
        tifffile.TIFF.DECOMPRESSORS[compression](b"")
    except ImportError:
        return False
    except Exception:
        return True
    return True


def _refuse_codec(page: Page) -> NoReturn:
    kind = "colour" if page.samples > 1 else "grey"
    try:
        codec = tifffile.COMPRESSION(page.compression).name
    except ValueError:
        codec = str(page.compression)
    if page.compression in (*_OTHER_BYTES, *_OTHER_IMAGES) and not _is_readable(page.compression):
        advice = "which needs the package imagecodecs: install it, or"
    else:
        advice = "which is not read:"
    raise Refused(
        f"is a {page.bits}-bit {kind} TIFF compressed by {codec}, {advice} save the file"
        " uncompressed in 8 or 16 bits"
    )


# ---- values -------------------------------------------------------------------------------------


def _values(rows: NDArray[np.uint8], page: Page) -> NDArray[Any]:
    """Return the values of rows of bytes, (rows, columns, samples)."""
    width = page.tile[1] if page.tile else page.width
    samples = 1 if page.apart else page.samples
    if page.bits in _PACKED:
        bits = np.unpackbits(rows, axis=1)[:, : width * samples * page.bits]
        if page.bits == 1:
            return bits.astype(np.bool_).reshape(len(rows), width, samples)
        powers = 1 << np.arange(page.bits - 1, -1, -1, dtype=np.uint16)
        values = bits.reshape(len(rows), width, samples, page.bits).astype(np.uint16) @ powers
        return values.astype(np.uint8 if page.bits < 8 else np.uint16)
    dtype = _dtype(page)
    if page.predictor == 1 or page.compression not in _PREDICTED:
        return rows.view(dtype).reshape(len(rows), width, samples)
    if page.predictor == 2:
        whole = np.dtype(f"{page.byte_order}u{page.bits // 8}")
        differences = rows.view(whole).reshape(len(rows), width, samples)
        summed = np.cumsum(differences, axis=1, dtype=whole.newbyteorder("="))
        return summed.view(dtype.newbyteorder("="))
    # The bytes of a row are sorted by significance, and stored as differences.
    n_bytes = page.bits // 8
    planes = rows.reshape(len(rows), width * n_bytes, samples)
    summed = np.cumsum(planes, axis=1, dtype=np.uint8).reshape(len(rows), n_bytes, -1)
    values = np.ascontiguousarray(summed.transpose(0, 2, 1)).view(f">f{n_bytes}")
    return values.reshape(len(rows), width, samples)


def _assembled(rows: NDArray[Any], page: Page) -> NDArray[Any]:
    """Return the pixels of a page from the rows of its strips or tiles."""
    planes = page.samples if page.apart else 1
    if page.tile:
        (tile_height, tile_width), samples = page.tile, rows.shape[2]
        down, across = -(-page.height // tile_height), -(-page.width // tile_width)
        tiles = rows.reshape(planes, down, across, tile_height, tile_width, samples)
        joined = tiles.transpose(0, 1, 3, 2, 4, 5)
        pixels = joined.reshape(planes, down * tile_height, across * tile_width, samples)
        pixels = pixels[:, : page.height, : page.width]
    else:
        pixels = rows.reshape(planes, page.height, page.width, -1)
    return np.moveaxis(pixels[..., 0], 0, -1) if page.apart else pixels[0]


# ---- strips and tiles that are images -----------------------------------------------------------


def _images(
    file: TiffFile, page: Page, decode: Callable[[int, bytes], NDArray[Any]]
) -> NDArray[Any]:
    """Return the rows of all strips or tiles, (rows, columns, samples)."""
    width = page.tile[1] if page.tile else page.width
    samples = 1 if page.apart else page.samples
    parts = []
    for k, (segment, rows) in enumerate(zip(_segments(file, page), page.n_rows, strict=True)):
        part = decode(k, segment)
        part = part.reshape(*part.shape[:2], -1)
        expected = [(each, width, samples) for each in (rows, page.strip_rows)]
        if part.shape not in expected or part.dtype.itemsize * 8 != page.bits:
            raise damaged(
                f"holds an image of shape {part.shape} and {part.dtype} in strip or tile {k + 1} of"
                f" page {page.number}, instead of {expected[0]} and {page.bits} bits"
            )
        parts.append(part[:rows])
    return np.concatenate(parts)


def _jpeg_of(file: TiffFile, page: Page) -> Callable[[int, bytes], NDArray[Any]]:
    """Return a decoder of JPEG data, with the tables that all strips share."""
    tables = file.content(page.tags[347], "JPEGTables")[2:-2] if 347 in page.tags else b""
    # The TIFF tag decides about the colours of the data, not their own markers.
    in_colour = page.photometric == tiff_pages.YCBCR
    adobe = b"\xff\xee\0\x0eAdobe\0\x64\0\0\0\0" + bytes([in_colour])

    def decode(_: int, segment: bytes) -> NDArray[Any]:
        if segment[:2] != b"\xff\xd8":
            raise damaged("holds JPEG data without their start")
        if segment[2:4] == b"\xff\xe0" and not in_colour and page.samples > 1:
            raise Refused("declares RGB, but holds JPEG data in YCbCr; save it uncompressed")
        return decode_jpeg(BytesIO(segment[:2] + adobe + tables + segment[2:])).pixels

    return decode


def _by_tifffile(file: TiffFile, page: Page) -> Callable[[int, bytes], NDArray[Any]]:
    file.stream.seek(0)
    with _silent() as log:
        tiff = tifffile.TiffFile(file.stream)
        decoder: Any = tiff.pages[page.number - 1]

    def decode(k: int, segment: bytes) -> NDArray[Any]:
        if page.bits_reversed:
            # tifffile reverses them itself.
            segment = segment.translate(_MIRRORED)
        with _silent() as log:
            pixels: NDArray[Any] = np.asarray(decoder.decode(segment, k)[0])[0]
        _refuse_log(log)
        return pixels

    _refuse_log(log)
    return decode


class _ThreadLog(logging.Filter):
    """Takes the records of tifffile from the log while a thread reads a file, for that thread."""

    records = threading.local()

    def filter(self, record: logging.LogRecord) -> bool:
        taken: list[logging.LogRecord] | None = getattr(self.records, "taken", None)
        if taken is None:
            return True
        taken.append(record)
        return False


_THREAD_LOG = _ThreadLog()
logging.getLogger("tifffile").addFilter(_THREAD_LOG)


@contextmanager
def _silent() -> Iterator[list[logging.LogRecord]]:
    """Yield a list that gets what tifffile logs in this thread."""
    taken: list[logging.LogRecord] = []
    _THREAD_LOG.records.taken = taken
    try:
        yield taken
    finally:
        del _THREAD_LOG.records.taken


def _refuse_log(log: list[logging.LogRecord]) -> None:
    for record in log:
        if record.levelno >= logging.WARNING:
            raise damaged(f"is not read as a whole by tifffile ({record.getMessage()})")
