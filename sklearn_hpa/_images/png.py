"""Decoding of PNG files."""

from __future__ import annotations

import struct
from typing import BinaryIO

import imageio.v3 as iio
import numpy as np
from PIL import PngImagePlugin

from .formats import Decoded, Header, Refused, check_size, decoded

SIGNATURE = b"\x89PNG\r\n\x1a\n"
#: Number of planes after decoding, by colour type. A palette has three or, if some colours are
#: transparent, four.
_PLANES = {0: 1, 2: 3, 3: 3, 4: 2, 6: 4}


def png_header(stream: BinaryIO) -> Header:
    """Return the header of a PNG file."""
    start = stream.read(32)
    # Pillow silently reads 16-bit colour PNG as 8 bits. The depth is read from the first chunk.
    if len(start) < 26 or start[12:16] != b"IHDR":
        raise Refused("is a PNG whose header is truncated or corrupt; copy or download it again")
    width, height, depth, colour_type = struct.unpack(">IIBB", start[16:26])
    if depth == 16 and colour_type != 0:
        raise Refused(
            "is a 16-bit PNG with several planes, of which only 8 bits can be read; save it as a"
            " 16-bit TIFF, or each channel as a grey PNG"
        )
    n_planes = _PLANES.get(colour_type, 1)
    return Header(*check_size(height, width), n_planes, colour=n_planes > 1)


def decode_png(stream: BinaryIO) -> Decoded:
    """Return the pixels of a PNG file."""
    header = png_header(stream)
    stream.seek(0)
    with PngImagePlugin.PngImageFile(stream) as image:
        if image.mode in ("L", "RGB"):
            return decoded(np.asarray(image), header)
    stream.seek(0)
    # imageio handles palettes and 16 bits, but each opening tries to import two packages.
    reader = iio.imopen(stream, "r", plugin="pillow")
    with reader:
        pixels = reader.read(index=0, writeable_output=False)
    n_planes = 1 if pixels.ndim == 2 else pixels.shape[2]
    return decoded(pixels, header._replace(n_planes=n_planes, colour=n_planes > 1))
