"""Decoding of one image file to an array, with checks for damaged and unsupported files.

The format of a file is read from its first bytes, not from its name. A browser may decompress a
``.tif.gz`` during the download and keep the name.
"""

from __future__ import annotations

import gzip
import os
import stat
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import BinaryIO, NamedTuple

from .._common.naming import errors_named, printable
from . import formats, jpeg, png, tiff
from .formats import Decoded, Header, Refused

FilePath = str | os.PathLike[str]

_GZIP = b"\x1f\x8b"


class _Decoder(NamedTuple):
    header: Callable[[BinaryIO], Header]
    pixels: Callable[[BinaryIO], Decoded]


#: The decoders of each format, by the first bytes of its files.
_DECODERS = {
    png.SIGNATURE: _Decoder(png.png_header, png.decode_png),
    jpeg.SIGNATURE: _Decoder(jpeg.jpeg_header, jpeg.decode_jpeg),
    **dict.fromkeys(tiff.SIGNATURES, _Decoder(tiff.tiff_header, tiff.decode_tiff)),
}


def file_header(path: FilePath) -> Header:
    """Return the size and the planes that the header of an image file declares."""
    with _opened(path) as (stream, decoder):
        return decoder.header(stream)


def decode_file(path: FilePath) -> Decoded:
    """Check the header of an image file and return its pixels."""
    with _opened(path) as (stream, decoder):
        return decoder.pixels(stream)


@contextmanager
def _opened(path: FilePath) -> Iterator[tuple[BinaryIO, _Decoder]]:
    """Yield the open file, decompressed if needed, and its decoder; errors name the file."""
    name = printable(path)
    try:
        mode = os.stat(path).st_mode
        if stat.S_ISDIR(mode):
            raise Refused("is a folder, not an image file")
        if not stat.S_ISREG(mode):
            raise Refused("is not a regular file, but a pipe, a socket or a device")
        with open(path, "rb") as file:
            stream: BinaryIO = file
            start = _first_bytes(stream)
            if start.startswith(_GZIP):
                stream = _gunzip(file)
                start = _first_bytes(stream)
            if not start:
                raise Refused("is empty (0 bytes); copy or download it again")
            signature = next(filter(start.startswith, _DECODERS), None)
            if signature is None:
                raise Refused(
                    f"is not a PNG, JPEG or TIFF image, whatever its name: it starts with"
                    f" {start[:16]!r}"
                )
            yield stream, _DECODERS[signature]
    except (FileNotFoundError, NotADirectoryError):
        raise FileNotFoundError(f"image file not found: {name}") from None
    except Refused as refusal:
        raise ValueError(f"{name} {refusal}") from refusal.__cause__
    except (MemoryError, RecursionError):
        with errors_named(path):
            raise
    except Exception as error:
        if isinstance(error, OSError) and error.errno is not None:
            with errors_named(path):
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
    limit = formats.max_bytes()
    try:
        with gzip.GzipFile(fileobj=file) as unzipped:
            content = unzipped.read(limit + 1)
    except (EOFError, OSError, zlib.error) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # the disk, not the content
        raise Refused(
            f"cannot be gunzipped: it is truncated or corrupt ({error}); copy or download it again"
        ) from error
    if len(content) > limit:
        raise Refused(f"unzips to more than {limit} bytes, the limit for one image file")
    return BytesIO(content)
