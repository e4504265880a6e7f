"""Decoding of JPEG files. A warning of the decoder, libjpeg, is an error.

JPEG has no checksum. Damage often shifts all image data that follow. The data then end before or
after the last pixel. libjpeg warns if they end before it. Whether they end after it is checked
here. Pillow does not report the warnings of libjpeg, so simplejpeg decodes.
"""

from __future__ import annotations

import re
import struct
from io import BytesIO
from typing import BinaryIO, NamedTuple

import numpy as np
import simplejpeg
from PIL import Image

from .formats import (
    Decoded,
    Header,
    Refused,
    check_size,
    damaged,
    decoded,
    exif_orientation,
    read_whole,
    upright,
)

SIGNATURE = b"\xff\xd8\xff"

_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # SOF0 to SOF15
_BASELINE, _EXTENDED, _PROGRESSIVE = 0xC0, 0xC1, 0xC2
_END, _SCAN, _RESTART_INTERVAL, _APP1 = 0xD9, 0xDA, 0xDD, 0xE1
_EMPTY = frozenset([0x01, *range(0xD0, 0xDA)])  # markers without content
_EXIF = b"Exif\0\0"

#: The marker after image data. A stuffed zero or a restart marker does not end the data.
_AFTER_DATA = re.compile(rb"\xff+[^\x00\xd0-\xd7\xff]")
#: Side of a block of pixels.
_BLOCK = 8
#: The value of blocks that libjpeg has no data for.
_NO_DATA = 128
#: Largest side that libjpeg decodes.
_MAX_SIDE = 65500


class _Frame(NamedTuple):
    """The description of the image in its file."""

    size_at: int
    height: int
    width: int
    sampling: dict[int, tuple[int, int]]  # across and down, of each component
    progressive: bool

    @property
    def most(self) -> tuple[int, int]:
        """The largest sampling, across and down."""
        across, down = zip(*self.sampling.values(), strict=True)
        return max(across), max(down)

    def grid(self, components: tuple[int, ...]) -> tuple[int, int]:
        """Return how many units of blocks, down and across, the data of a scan encode."""
        across, down = self.sampling[components[0]] if len(components) == 1 else (1, 1)
        most_across, most_down = self.most
        return (
            -(-self.height * down // (_BLOCK * most_down)),
            -(-self.width * across // (_BLOCK * most_across)),
        )


class _Scan(NamedTuple):
    """The image data from one marker to the next: bytes `start` to `stop` of the file."""

    components: tuple[int, ...]
    restarts: bool  # whether restart markers divide the data
    start: int
    stop: int


class _Content(NamedTuple):
    frame: _Frame
    orientation: int
    scans: list[_Scan]


def jpeg_header(stream: BinaryIO) -> Header:
    """Return the header of a JPEG file, turned upright by its EXIF orientation."""
    return _header(_content(stream))


def decode_jpeg(stream: BinaryIO) -> Decoded:
    """Return the pixels of a JPEG file, turned upright by its EXIF orientation."""
    file = read_whole(stream)
    content = _content(BytesIO(file), file)
    header = _header(content)
    frame, orientation, scans = content
    try:
        pixels = simplejpeg.decode_jpeg(file, "RGB" if header.colour else "GRAY", strict=True)
    except ValueError as error:
        raise damaged(str(error).strip()) from error
    if not frame.progressive and not scans[0].restarts:
        _check_end(file, frame, scans[0])
    return decoded(upright(pixels if header.colour else pixels[..., 0], orientation), header)


def _header(content: _Content) -> Header:
    n_planes = len(content.frame.sampling)
    if n_planes not in (1, 3):
        raise Refused("is a JPEG in CMYK; save it in grey or RGB")
    height, width = check_size(content.frame.height, content.frame.width)
    if content.orientation >= 5:
        height, width = width, height
    return Header(height, width, n_planes, colour=n_planes > 1)


# ---- markers ------------------------------------------------------------------------------------


def _content(stream: BinaryIO, file: bytes | None = None) -> _Content:
    """Return the content of a file, after a check of its markers; without `file`, of its header.

    Bytes after the last marker, EOI, are ignored.
    """
    frame: _Frame | None = None
    orientation: int | None = None
    restarts = False
    scans: list[_Scan] = []
    stream.seek(2)
    while True:
        marker, content = _segment(stream)
        at = stream.tell()
        if marker in _FRAMES:
            if frame is not None:
                raise damaged("two descriptions of the image")
            frame = _frame(marker, content, at - len(content))
        elif marker == _RESTART_INTERVAL and len(content) == 2:
            restarts = content != b"\0\0"
        elif marker == _APP1 and content.startswith(_EXIF) and orientation is None:
            orientation = exif_orientation(content[len(_EXIF) :])
        elif marker in (_SCAN, _END):
            if frame is None:
                raise damaged("no description of the image before its data")
            if marker == _END or file is None:
                break
            stop = _AFTER_DATA.search(file, at)
            if stop is None:
                raise damaged("the last marker, EOI, is missing")
            scans.append(_Scan(_components(content, frame), restarts, at, stop.start()))
            stream.seek(stop.start())
    scanned = {component for scan in scans for component in scan.components}
    if file is not None and scanned != set(frame.sampling):
        raise damaged("image data are missing")
    return _Content(frame, orientation or 1, scans)


def _segment(stream: BinaryIO) -> tuple[int, bytes]:
    """Return the next marker and its content."""
    at, byte = stream.tell(), stream.read(1)
    if byte and byte != b"\xff":
        raise damaged(f"unexpected data at byte {at}")
    while byte == b"\xff":
        byte = stream.read(1)
    if not byte:
        raise damaged("the last marker, EOI, is missing")
    marker = byte[0]
    if marker in _EMPTY:
        return marker, b""
    length = int.from_bytes(stream.read(2), "big")
    content = stream.read(max(length - 2, 0))
    if len(content) != length - 2:
        raise damaged(f"the marker {marker:#04x} at byte {at} has a wrong length")
    return marker, content


def _frame(marker: int, content: bytes, at: int) -> _Frame:
    depth, height, width, n_components = struct.unpack_from(">BHHB", content)
    if marker not in (_BASELINE, _EXTENDED, _PROGRESSIVE) or depth != 8:
        raise Refused(
            f"is a JPEG of a rare kind (SOF{marker - _BASELINE}, {depth} bits), which cannot be"
            " read; save it as PNG or TIFF"
        )
    sampling = {
        component: (factors >> 4, factors & 15)
        for component, factors in zip(content[6::3], content[7::3], strict=False)
    }
    usable = all(1 <= n <= 4 for factors in sampling.values() for n in factors)
    if not usable or not n_components == len(sampling) == (len(content) - 6) / 3:
        raise damaged("the description of the image is invalid")
    return _Frame(at + 1, height, width, sampling, marker == _PROGRESSIVE)


def _components(content: bytes, frame: _Frame) -> tuple[int, ...]:
    """Return the components in the header of a scan."""
    n_components = content[0] if content else 0
    components = tuple(content[1 : 1 + 2 * n_components : 2])
    if not components or not set(components) <= set(frame.sampling):
        raise damaged("the header of the image data is invalid")
    return components


# ---- end of the image data ----------------------------------------------------------------------


def _check_end(file: bytes, frame: _Frame, scan: _Scan) -> None:
    """Refuse a file whose first scan goes on after the last pixel.

    The file is decoded at an eighth of its size as if the image had one more row of blocks.
    libjpeg reads data that are left over after the last pixel to these blocks. It leaves blocks
    without data in mid-grey, `_NO_DATA`. So the last unit that is not mid-grey is the one after the
    image, which is read from the bits that fill the last byte.
    """
    n_down, n_across = frame.grid(scan.components)
    across, down = frame.most if len(scan.components) > 1 else (1, 1)  # blocks of a unit
    extended = (n_down + 1) * down * _BLOCK, n_across * across * _BLOCK
    if (
        next(iter(frame.sampling)) != scan.components[0]
        or frame.sampling[scan.components[0]] != frame.most
        or len(scan.components) not in (1, len(frame.sampling))
        or max(extended) > _MAX_SIDE
    ):
        return
    size, size_at = struct.pack(">HH", *extended), frame.size_at
    start = file[:size_at] + size + file[size_at + len(size) : scan.start]
    data, after = file[scan.start : scan.stop], file[scan.stop :]

    def last_decoded(data: bytes) -> int:
        image = Image.new("L", (n_across * across, (n_down + 1) * down))
        # Pillow decodes the blocks alone, at an eighth of the size, and goes on after a warning.
        image.frombytes(start + data + after, "jpeg", ("L", "", _BLOCK, 0))
        units = np.asarray(image).reshape(n_down + 1, down, n_across, across)
        found = np.flatnonzero((units != _NO_DATA).any(axis=(1, 3)))
        return int(found.max(initial=-1))

    n_units = n_down * n_across
    if last_decoded(data) > n_units and last_decoded(_without_last_byte(data)) >= n_units:
        raise damaged("the image data continue after the last pixel")


def _without_last_byte(data: bytes) -> bytes:
    return data[:-2] if data.endswith(b"\xff\0") else data[:-1]
