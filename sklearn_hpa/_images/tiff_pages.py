"""The pages of a TIFF file, read from its tags and checked against the size of the file.

Readers of TIFF usually go on with the pages and strips that they find. Then planes move into other
stains, or strips are black. So the whole structure is checked here: the chain of pages, the bounds
of every tag, and the number, the bounds and the sizes of all strips or tiles.
"""

from __future__ import annotations

import io
import struct
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .formats import Refused, check_size

SIGNATURES = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
MAX_PAGES = 2**14
#: Limit for the bytes of padding after a strip or tile.
_MAX_SPARE = 3
#: Limit for the bytes of tags that are read, as a multiple of the size of the file.
_MAX_TAG_READS = 4

# Photometric interpretations.
WHITE_IS_0, BLACK_IS_0, RGB, PALETTE, CMYK, YCBCR = 0, 1, 2, 3, 5, 6
# Compressions.
NONE, LZW, JPEG, DEFLATE, OLD_DEFLATE, PACKBITS = 1, 5, 7, 8, 32946, 32773

_WIDTHS = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_WIDTHS |= {16: 8, 17: 8, 18: 8}
_INTEGERS = {1: "u1", 3: "u2", 4: "u4", 13: "u4", 16: "u8", 18: "u8"}
_TEXTS = (1, 2, 7)
#: Tags that are not repeated in a valid page. Some programs write several descriptions.
_ONCE = {254, 255, 256, 257, 258, 259, 262, 266, 273, 274, 277, 278, 279, 284, 297, 317, 320, 322}
_ONCE |= {323, 324, 325, 330, 338, 339, 347, 32997}


class Tag(NamedTuple):
    """A tag of a page: its type, and the number of values and the offset of the first one."""

    kind: int
    n_values: int
    at: int


class _Part(NamedTuple):
    """A range of the file that is no pixels: the header, the tags of a page, or a value."""

    at: int
    n_bytes: int
    what: str


class Page(NamedTuple):
    """One page: the layout of its pixels and the ranges of its strips or tiles in the file.

    Attributes
    ----------
    samples : int
        The number of values of each pixel.
    apart : bool
        True if each sample has its own strips or tiles.
    kind : str
        ``"u"``, ``"i"`` or ``"f"``.
    tile : (int, int), or None
        Height and width of the tiles, or None for strips.
    strip_rows : int
        The number of rows of all strips or tiles but the last strip.
    offsets, counts : ndarray of int64
        The range of each strip or tile in the file.
    alpha : tuple of int
        The samples that are transparencies.
    tags : dict
        All tags by their numbers.
    """

    number: int
    height: int
    width: int
    samples: int
    apart: bool
    bits: int
    kind: str
    byte_order: str
    compression: int
    predictor: int
    bits_reversed: bool
    photometric: int
    orientation: int
    alpha: tuple[int, ...]
    tile: tuple[int, int] | None
    strip_rows: int
    offsets: NDArray[np.int64]
    counts: NDArray[np.int64]
    reduced: bool
    n_declared: int
    tags: dict[int, Tag]
    descriptions: tuple[Tag, ...]

    @property
    def row_bytes(self) -> int:
        """Return the number of bytes of one row of a strip or tile."""
        width = self.tile[1] if self.tile else self.width
        return (width * (1 if self.apart else self.samples) * self.bits + 7) // 8

    @property
    def n_rows(self) -> list[int]:
        """Return the number of rows of each strip or tile."""
        rows = [self.strip_rows] * len(self.offsets)
        if not self.tile:
            per_sample = len(rows) // (self.samples if self.apart else 1)
            last = self.height - (per_sample - 1) * self.strip_rows
            rows[per_sample - 1 :: per_sample] = [last] * (len(rows) // per_sample)
        return rows

    @property
    def n_spare(self) -> int:
        """Return the number of bytes that each strip or tile may have too many.

        Some programs pad strips. With another width or height than the declared one, the first
        strip would have at least one more byte in each row, or one more row.
        """
        return min(self.n_rows[0] - 1, self.row_bytes - 1, _MAX_SPARE)

    @property
    def alike(self) -> tuple[object, ...]:
        """Return everything that is the same in all pages of a stack."""
        form = (self.height, self.width, self.samples, self.bits, self.kind)
        return (*form, self.photometric, self.orientation, self.alpha)

    @property
    def coding(self) -> dict[str, object]:
        """Return the way in which the pixels are stored, which is the same in all pages, too."""
        return {
            "Compression": self.compression,
            "Predictor": self.predictor,
            "PlanarConfiguration": 2 if self.apart else 1,
            "FillOrder": 2 if self.bits_reversed else 1,
        }


class TiffFile:
    """A TIFF file that is open for reading: its size, its byte order and its pages.

    Raises
    ------
    Refused
        If the structure of the file is damaged, or too large.

    Attributes
    ----------
    starts : list of int
        The offset of the tags of each page.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self.stream = stream
        self.size = stream.seek(0, io.SEEK_END)
        self._n_tag_bytes = 0
        self.starts: list[int] = []
        self._structure: list[_Part] = []
        start = self.read(0, 8, "header")
        self.order = "<" if start[:2] == b"II" else ">"
        self.big = start[2:4] in (b"+\0", b"\0+")
        if self.big:
            width, zero = struct.unpack(f"{self.order}HH", start[4:8])
            if (width, zero) != (8, 0):
                raise damaged("has a header of an unknown kind")
            (first,) = struct.unpack(f"{self.order}Q", self.read(8, 8, "header"))
        else:
            (first,) = struct.unpack(f"{self.order}I", start[4:8])
        self._structure.append(_Part(0, 16 if self.big else 8, "header"))
        self.pages = self._read_pages(first)

    def read(self, at: int, n_bytes: int, what: str) -> bytes:
        """Return bytes of the file, or refuse the file if it is too short for them."""
        if at + n_bytes > self.size:
            raise damaged(f"ends before its {what} (byte {at + n_bytes} of {self.size})")
        self.stream.seek(at)
        content = self.stream.read(n_bytes)
        if len(content) != n_bytes:
            raise damaged(f"ends before its {what}")
        return content

    def read_into(self, at: int, pixels: NDArray[Any], what: str) -> None:
        """Fill a contiguous array with bytes of the file."""
        self.stream.seek(at)
        # Every stream here has `readinto`: files and BytesIO.
        if self.stream.readinto(pixels) != pixels.nbytes:  # type: ignore[attr-defined]
            raise damaged(f"ends before its {what}")

    def integers(self, tag: Tag, what: str) -> NDArray[np.int64]:
        """Return the values of a tag, which are positive integers."""
        if tag.kind not in _INTEGERS:
            raise damaged(f"has a {what} of the wrong type ({tag.kind})")
        dtype = np.dtype(self.order + _INTEGERS[tag.kind])
        content = self._read_tag(tag.at, tag.n_values * dtype.itemsize, what)
        values = np.frombuffer(content, dtype).astype(np.int64)
        if tag.kind in (16, 18) and np.any(values < 0):
            raise damaged(f"has a {what} beyond its end")
        return values

    def text(self, tag: Tag, what: str) -> str:
        """Return the text of a tag up to the first NUL."""
        return self.content(tag, what).partition(b"\0")[0].decode("utf-8", "replace")

    def content(self, tag: Tag, what: str) -> bytes:
        """Return the bytes of a tag."""
        if tag.kind not in _TEXTS:
            raise damaged(f"has a {what} of the wrong type ({tag.kind})")
        return self._read_tag(tag.at, tag.n_values, what)

    def _read_tag(self, at: int, n_bytes: int, what: str) -> bytes:
        # Pages that share their tags would take hours.
        self._n_tag_bytes += n_bytes
        if self._n_tag_bytes > _MAX_TAG_READS * self.size + 2**20:
            raise damaged("repeats the values of its tags in many pages")
        return self.read(at, n_bytes, what)

    def _read_pages(self, at: int) -> list[Page]:
        pages: list[Page] = []
        seen: set[int] = set()
        while at:
            number = len(pages) + 1
            if at in seen:
                raise damaged(f"has a page {number} that leads back to an earlier page")
            if len(pages) == MAX_PAGES:
                raise Refused(f"has more than {MAX_PAGES} pages; keep those of one image")
            seen.add(at)
            self.starts.append(at)
            tags, descriptions, at = self._read_tags(at, number)
            pages.append(_page(self, number, tags, descriptions))
        if not pages:
            raise damaged("is a TIFF without an image")
        self._check_overlaps(pages)
        return pages

    def _read_tags(self, at: int, number: int) -> tuple[dict[int, Tag], tuple[Tag, ...], int]:
        what = f"page {number}"
        head, entry, tail = (8, 20, 8) if self.big else (2, 12, 4)
        (n_tags,) = struct.unpack(self.order + "HQ"[self.big], self.read(at, head, what))
        # The offset of the next page is read with the tags.
        table = self._read_tag(at + head, n_tags * entry + tail, what)
        self._structure.append(_Part(at, head + len(table), what))
        tags: dict[int, Tag] = {}
        descriptions: list[Tag] = []
        inline = 8 if self.big else 4
        form = self.order + ("HHQQ" if self.big else "HHII")
        for k, (code, kind, count, value) in enumerate(
            struct.iter_unpack(form, table[: n_tags * entry])
        ):
            if kind not in _WIDTHS:
                raise damaged(f"has tag {code} of an unknown type ({kind}) in {what}")
            n_bytes = count * _WIDTHS[kind]
            start = at + head + (k + 1) * entry - inline if n_bytes <= inline else value
            if start + n_bytes > self.size:
                raise damaged(f"ends before the value of tag {code} of {what}")
            tag = Tag(kind, count, start)
            if n_bytes > inline:
                self._structure.append(_Part(start, n_bytes, f"tag {code} of {what}"))
            if code == 270:
                descriptions.append(tag)
            if code in tags and code in _ONCE:
                raise damaged(f"has tag {code} twice in {what}")
            tags.setdefault(code, tag)
        (following,) = struct.unpack(self.order + "IQ"[self.big], table[n_tags * entry :])
        return tags, tuple(descriptions), following

    def _check_overlaps(self, pages: list[Page]) -> None:
        starts = np.concatenate([page.offsets for page in pages])
        counts = np.concatenate([page.counts for page in pages])
        order = np.lexsort((counts, starts))
        starts, counts = starts[order], counts[order]
        # Some programs store equal tiles once.
        repeated = (starts[1:] == starts[:-1]) & (counts[1:] == counts[:-1])
        overlaps = np.flatnonzero(~repeated & (starts[:-1] + counts[:-1] > starts[1:]))
        if overlaps.size:
            raise damaged(f"has strips or tiles that overlap at byte {starts[overlaps[0] + 1]}")
        # Some programs count more bytes than compressed data have.
        plain = np.concatenate([page.counts * (page.compression == NONE) for page in pages])[order]
        ends = np.maximum.accumulate(starts + np.maximum(plain, 1))
        at = np.array([part.at for part in self._structure])
        before = np.searchsorted(starts, at + [part.n_bytes for part in self._structure])
        over = np.flatnonzero((before > 0) & (ends[before - 1] > at))
        if over.size:
            part = self._structure[over[0]]
            raise damaged(f"has a strip or tile over its {part.what} (byte {part.at})")

    def gaps(self) -> NDArray[np.int64]:
        """Return the ranges of the file that nothing refers to, (ranges, start and end)."""
        used = [(part.at, part.at + part.n_bytes) for part in self._structure]
        data = [np.stack([page.offsets, page.offsets + page.counts], 1) for page in self.pages]
        ranges = np.concatenate([np.array(used, np.int64), *data])
        ranges = ranges[np.argsort(ranges[:, 0], kind="stable")]
        starts = np.append(ranges[:, 0], self.size)
        ends = np.insert(np.maximum.accumulate(ranges[:, 1]), 0, 0)
        free = starts > ends
        return np.stack([ends[free], starts[free]], 1)

    def page_at(self, at: int) -> Page | None:
        """Return the page at a byte to which no other page leads, or None if there is none."""
        n_parts = len(self._structure)
        try:
            tags, descriptions, _ = self._read_tags(at, len(self.pages) + 1)
            return _page(self, len(self.pages) + 1, tags, descriptions)
        except Refused:
            return None
        finally:
            del self._structure[n_parts:]


def damaged(how: str) -> Refused:
    """Return the refusal of a file whose structure is damaged."""
    return Refused(f"{how}; it is truncated or corrupt: copy or download it again")


def _page(file: TiffFile, number: int, tags: dict[int, Tag], descriptions: tuple[Tag, ...]) -> Page:
    where = f"in page {number}"

    def all_of(code: int, name: str) -> list[int]:
        values: list[int] = file.integers(tags[code], name).tolist()
        return values

    def one_of(code: int, name: str, default: int | None = None) -> int:
        if code not in tags:
            if default is None:
                raise damaged(f"has no {name} {where}")
            return default
        values = all_of(code, name)
        if len(values) != 1:
            raise damaged(f"has {len(values)} values of {name} {where}")
        return values[0]

    def same_of(code: int, name: str, default: int) -> int:
        if code not in tags:
            return default
        if tags[code].n_values not in (1, samples):
            raise damaged(f"has {tags[code].n_values} values of {name} {where}")
        values = set(all_of(code, name))
        if len(values) != 1:
            raise Refused(f"has samples of different {name} {where}; save them in one format")
        return values.pop()

    width, height = one_of(256, "ImageWidth"), one_of(257, "ImageLength")
    check_size(height, width)
    samples = one_of(277, "SamplesPerPixel", 1)
    if not 1 <= samples <= 2**16:
        raise damaged(f"has {samples} samples per pixel {where}")
    planar = one_of(284, "PlanarConfiguration", 1)
    if planar not in (1, 2):
        raise damaged(f"has the PlanarConfiguration {planar} {where}")
    if one_of(32997, "ImageDepth", 1) != 1:
        raise Refused("is a volume of several slices; save one slice for each image")
    apart = planar == 2 and samples > 1
    bits = same_of(258, "BitsPerSample", 1)
    format_ = same_of(339, "SampleFormat", 1)
    if format_ not in (1, 2, 3, 4):
        raise Refused(f"holds complex numbers or an unknown SampleFormat ({format_})")
    fill_order = one_of(266, "FillOrder", 1)
    if fill_order not in (1, 2):
        raise damaged(f"has the FillOrder {fill_order} {where}")
    orientation = one_of(274, "Orientation", 1)
    if not 0 <= orientation <= 8:
        raise damaged(f"has the Orientation {orientation} {where}")
    extra = all_of(338, "ExtraSamples") if 338 in tags else []
    if len(extra) > samples:
        raise damaged(f"has {len(extra)} extra samples of {samples} {where}")
    if 262 not in tags:  # Pillow then takes white as 0, tifffile takes black as 0, libtiff refuses
        raise damaged(f"has no PhotometricInterpretation {where}")
    photometric = one_of(262, "PhotometricInterpretation", BLACK_IS_0)
    n_declared = all_of(297, "PageNumber")[-1] if 297 in tags and tags[297].n_values else 0
    kinds = one_of(254, "NewSubfileType", 0), one_of(255, "SubfileType", 0)
    _check_levels(file, tags)

    page = Page(
        number=number,
        height=height,
        width=width,
        samples=samples,
        apart=apart,
        bits=bits,
        kind={2: "i", 3: "f"}.get(format_, "u"),
        byte_order=file.order,
        compression=one_of(259, "Compression", NONE),
        predictor=one_of(317, "Predictor", 1),
        bits_reversed=fill_order == 2,
        photometric=photometric,
        orientation=orientation or 1,  # some programs write 0
        alpha=tuple(samples - len(extra) + k for k, kind in enumerate(extra) if kind),
        tile=None,
        strip_rows=0,
        offsets=np.empty(0, np.int64),
        counts=np.empty(0, np.int64),
        reduced=bool(kinds[0] & 5) or kinds[1] == 2,
        n_declared=n_declared,
        tags=tags,
        descriptions=descriptions,
    )
    return _with_segments(file, page, where)


def _check_levels(file: TiffFile, tags: dict[int, Tag]) -> None:
    """Check that the smaller copies of the image, which are not read, are within the file."""
    if 330 in tags and np.any(file.integers(tags[330], "SubIFDs") >= file.size):
        raise damaged("ends before a smaller copy of its image")


def _with_segments(file: TiffFile, page: Page, where: str) -> Page:
    tags = page.tags
    tiled = 322 in tags or 323 in tags or 324 in tags
    names = {322: "TileWidth", 323: "TileLength", 324: "TileOffsets", 325: "TileByteCounts"}
    names |= {273: "StripOffsets", 278: "RowsPerStrip", 279: "StripByteCounts"}

    def values(code: int) -> NDArray[np.int64]:
        if code not in tags:
            raise damaged(f"has no {names[code]} {where}")
        return file.integers(tags[code], names[code])

    def value(code: int) -> int:
        found = values(code)
        if len(found) != 1 or found[0] < 1:
            raise damaged(f"has the {names[code]} {found.tolist()[:4]} {where}")
        return int(found[0])

    if tiled:
        if 273 in tags and 324 in tags:
            raise damaged(f"has strips and tiles {where}")
        # Some programs store the ranges of tiles in the tags of strips.
        starts, sizes = (324, 325) if 324 in tags else (273, 279)
        tile_height, tile_width = value(323), value(322)
        down, across = -(-page.height // tile_height), -(-page.width // tile_width)
        page = page._replace(tile=(tile_height, tile_width), strip_rows=tile_height)
        n_segments = down * across
    else:
        starts, sizes = 273, 279
        rows = min(value(278), page.height) if 278 in tags else page.height
        page = page._replace(strip_rows=rows)
        n_segments = -(-page.height // rows)
    n_segments *= page.samples if page.apart else 1
    offsets = values(starts)
    if len(offsets) != n_segments:
        raise damaged(f"has {len(offsets)} {names[starts]} instead of {n_segments} {where}")
    page = page._replace(offsets=offsets)
    expected = np.array(page.n_rows, np.int64) * page.row_bytes
    counts = expected if sizes not in tags and page.compression == NONE else values(sizes)
    if page.compression == NONE and counts.tolist() == [0]:
        counts = expected  # some programs leave out the size of the only strip
    if len(counts) != n_segments:
        raise damaged(f"has {len(counts)} {names[sizes]} instead of {n_segments} {where}")
    if np.any(offsets < 8) or np.any(counts < 1):
        raise damaged(f"has strips or tiles without data {where}")
    beyond = np.flatnonzero(offsets > file.size - counts)
    if beyond.size:
        raise damaged(
            f"ends before {names[starts][:5]} {int(beyond[0]) + 1} of {n_segments} {where}"
        )
    if page.compression == NONE:
        # Some programs count the bytes of the last strip as if it were a whole one, or padding.
        whole = page.strip_rows * page.row_bytes
        wrong = (counts < expected) | (counts > np.maximum(whole, expected + page.n_spare))
        if np.any(wrong):
            k = int(np.flatnonzero(wrong)[0])
            raise damaged(f"has {counts[k]} bytes instead of {expected[k]} in a strip {where}")
        counts = expected
    return page._replace(counts=counts)
