"""Small PNG and JPEG files of many kinds, undamaged: the originals that the fuzzer damages."""

import gzip
import io
import struct
import zlib

import numpy as np
from PIL import Image

SIGNATURE = b"\x89PNG\r\n\x1a\n"
GREY, RGB, PALETTE, GREY_ALPHA, RGBA = 0, 2, 3, 4, 6
SAMPLES = {GREY: 1, RGB: 3, PALETTE: 1, GREY_ALPHA: 2, RGBA: 4}
#: First row and column, and steps of rows and columns, of each pass of interlacing.
ADAM7 = [
    (0, 0, 8, 8),
    (0, 4, 8, 8),
    (4, 0, 8, 4),
    (0, 2, 4, 4),
    (2, 0, 4, 2),
    (0, 1, 2, 2),
    (1, 0, 2, 1),
]


def chunk(kind, content=b""):
    """Return a chunk of PNG with its checksum."""
    checksum = struct.pack(">I", zlib.crc32(kind + content))
    return struct.pack(">I", len(content)) + kind + content + checksum


def ihdr(width, height, depth=8, colour_type=GREY, interlaced=0):
    """Return the first chunk of a PNG."""
    return chunk(
        b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, interlaced)
    )


def assemble(header, data, before=b"", between=b"", after=b"", pieces=1):
    """Return a PNG of a header, chunks before, between and after the image data, and the data."""
    size = -(-len(data) // pieces)
    parts = [chunk(b"IDAT", data[at : at + size]) for at in range(0, len(data), size)]
    return SIGNATURE + header + before + between.join(parts) + after + chunk(b"IEND")


def filtered(values, depth, interlaced=False, filters=(0,)):
    """Return the image data of PNG before compression.

    Parameters
    ----------
    values : ndarray of int, shape (height, width, samples)
        The samples.
    depth : int
        Bits of each sample.
    interlaced : bool
        Whether the rows are in the order of Adam7.
    filters : sequence of int
        The filters of the rows, in turn.
    """
    step = max(values.shape[2] * depth // 8, 1)
    rows = bytearray()
    for top, left, row_step, column_step in ADAM7 if interlaced else [(0, 0, 1, 1)]:
        part = values[top::row_step, left::column_step]
        if part.size == 0:
            continue
        above = None
        for number, row in enumerate(part):
            bits = np.unpackbits(row.reshape(-1, 1).astype(">u2").view(np.uint8), axis=1)
            packed = np.packbits(bits[:, 16 - depth :].ravel()).astype(int)
            above = np.zeros_like(packed) if above is None else above
            kind = filters[number % len(filters)]
            rows.append(kind)
            rows += _filter(kind, packed, above, step)
            above = packed
    return bytes(rows)


def _filter(kind, row, above, step):
    left, above_left = (np.concatenate([np.zeros(step, int), r[:-step]]) for r in (row, above))
    left, above_left = left[: len(row)], above_left[: len(row)]
    guess = left + above - above_left
    distances = [np.abs(guess - value) for value in (left, above, above_left)]
    nearest = np.choose(np.argmin(distances, axis=0), [left, above, above_left])
    predicted = [0, left, above, (left + above) // 2, nearest][kind]
    return ((row - predicted) % 256).astype(np.uint8).tobytes()


def png(values, depth=8, colour_type=GREY, interlaced=False, filters=(0, 1, 2, 3, 4), **chunks):
    """Return a PNG of samples of shape (height, width, samples), or (height, width)."""
    height, width = values.shape[:2]
    data = filtered(values.reshape(height, width, -1), depth, interlaced, filters)
    header = ihdr(width, height, depth, colour_type, int(interlaced))
    return assemble(header, zlib.compress(data), **chunks)


def jpeg(pixels, **options):
    """Return a JPEG of pixels."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", **options)
    return buffer.getvalue()


def originals() -> dict[str, bytes]:
    """Return the files by name. The extension of a name is the format of the file."""
    rng = np.random.default_rng(0)
    shape = 37, 45
    cells = np.zeros(shape, np.uint8)
    cells[5:30, 8:40] = rng.integers(20, 256, (25, 32))
    noise = rng.integers(0, 65536, (*shape, 4))
    opaque = noise.copy()
    opaque[..., 3] = opaque[..., 1] = 255
    colours = chunk(b"PLTE", rng.bytes(3 * 256))
    comments = (
        chunk(b"gAMA", struct.pack(">I", 45455))
        + chunk(b"tEXt", b"Comment\0Cells")
        + chunk(b"zTXt", b"Long\0\0" + zlib.compress(bytes(500)))
        + chunk(b"pHYs", struct.pack(">IIB", 2835, 2835, 1))
    )
    files = {
        "cells.png": png(cells),
        "cells-pieces.png": png(cells, pieces=7),
        "cells-comments.png": png(cells, before=comments, after=chunk(b"tEXt", b"End\0of file")),
        "cells-stored.png": assemble(ihdr(45, 37), zlib.compress(filtered(cells[..., None], 8), 0)),
        "cells.png.gz": gzip.compress(png(cells), mtime=0),
        "black.png": png(np.zeros(shape, np.uint8)),
        "rgb.png": png(noise[..., :3] % 256, colour_type=RGB),
        "rgb-interlaced.png": png(noise[..., :3] % 256, colour_type=RGB, interlaced=True),
        "opaque-grey.png": png(opaque[..., :2] % 256, colour_type=GREY_ALPHA),
        "opaque-rgb.png": png(opaque % 256, colour_type=RGBA),
        "palette.png": png(noise[..., 0] % 256, 8, PALETTE, before=colours),
        "palette-opaque.png": png(
            noise[..., 0] % 16, 4, PALETTE, before=colours + chunk(b"tRNS", b"\xff" * 16)
        ),
        "palette-interlaced.png": png(
            noise[..., 0] % 4, 2, PALETTE, interlaced=True, before=colours
        ),
        "unused-key.png": png(cells // 16 * 2, before=chunk(b"tRNS", b"\0\x03")),
    }
    for depth in (1, 2, 4, 8, 16):
        grey = noise[..., 0] % 2**depth
        files[f"grey-{depth}-bit.png"] = png(grey, depth)
        files[f"grey-{depth}-bit-interlaced.png"] = png(grey, depth, interlaced=True)
    tinted = np.zeros((*shape, 3), np.uint8)
    tinted[..., 1] = cells
    files |= {
        "cells.jpg": jpeg(cells),
        "cells-tinted.jpg": jpeg(tinted),
        "cells-tinted-444.jpg": jpeg(tinted, quality=95, subsampling=0),
        "cells-optimised.jpg": jpeg(tinted, optimize=True),
        "cells-progressive.jpg": jpeg(tinted, progressive=True),
        "cells-restarts.jpg": jpeg(tinted, restart_marker_blocks=2),
        "cells.jpg.gz": gzip.compress(jpeg(tinted), mtime=0),
    }
    return files
