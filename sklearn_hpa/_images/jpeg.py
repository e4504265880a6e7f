"""Decoding of JPEG files."""

from __future__ import annotations

from typing import BinaryIO

import numpy as np
from PIL import JpegImagePlugin

from .formats import Decoded, Header, Refused, check_size, decoded

SIGNATURE = b"\xff\xd8\xff"


def jpeg_header(stream: BinaryIO) -> Header:
    """Return the header of a JPEG file."""
    # Image.open would emit process-wide warnings about large images.
    image = JpegImagePlugin.JpegImageFile(stream)
    if image.mode not in ("L", "RGB"):
        raise Refused(f"is a JPEG in {image.mode}; save it in grey or RGB")
    width, height = image.size
    n_planes = len(image.getbands())
    return Header(*check_size(height, width), n_planes, colour=n_planes > 1)


def decode_jpeg(stream: BinaryIO) -> Decoded:
    """Return the pixels of a JPEG file."""
    header = jpeg_header(stream)
    stream.seek(0)
    with JpegImagePlugin.JpegImageFile(stream) as image:
        return decoded(np.asarray(image), header)
