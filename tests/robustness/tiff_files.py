"""Small TIFF files of the kinds that users have, as bytes."""

import io
import struct

import numpy as np
import tifffile
from PIL import Image

HEIGHT, WIDTH = 40, 52


def originals():
    """Return the files by their names. All are valid, and this library reads them."""
    rng = np.random.default_rng(0)
    grey, deep = _cells(rng, np.uint8), _cells(rng, np.uint16)
    stack, deep_stack = _stack(rng, np.uint8), _stack(rng, np.uint16)
    colour = np.moveaxis(stack[:3], 0, -1).copy()
    files = {
        "grey": _by_tifffile(grey),
        "grey_big_endian_16": _by_tifffile(deep, byteorder=">"),
        "grey_16": _by_tifffile(deep, rowsperstrip=8),
        "strips": _by_tifffile(grey, rowsperstrip=7),
        "deflate": _by_tifffile(grey, compression="zlib", rowsperstrip=16),
        "deflate_predictor_16": _by_tifffile(deep, compression="zlib", predictor=2)
        if _HAS_PREDICTORS
        else _by_tifffile(deep, compression="zlib"),
        "tiles": _by_tifffile(grey, tile=(16, 32)),
        "tiles_deflate_16": _by_tifffile(deep, tile=(16, 16), compression="zlib"),
        "bigtiff": _by_tifffile(grey, bigtiff=True, rowsperstrip=10),
        "floats": _by_tifffile(grey.astype(np.float32) / 255),
        "bilevel": _by_pillow([grey > 100]),
        "lzw": _by_pillow([grey], compression="tiff_lzw"),
        "lzw_16": _by_pillow([deep], compression="tiff_lzw"),
        "lzw_predictor": _by_pillow([grey], compression="tiff_lzw", tiffinfo={317: 2}),
        "packbits": _by_pillow([grey], compression="packbits"),
        "jpeg": _by_pillow([grey], compression="jpeg"),
        "jpeg_colour": _by_pillow([colour], compression="jpeg"),
        "orientation": _by_pillow([grey], tiffinfo={274: 6}),
        "orientation_lzw": _by_pillow([grey], tiffinfo={274: 8}, compression="tiff_lzw"),
        "palette": _palette(grey),
        "white_is_0": _by_pillow([grey], tiffinfo={262: 0}),
        "colour": _by_tifffile(colour, photometric="rgb"),
        "colour_16": _by_tifffile(colour.astype(np.uint16) * 200, photometric="rgb"),
        "colour_planar": _by_tifffile(
            np.moveaxis(colour, -1, 0).copy(), photometric="rgb", planarconfig="separate"
        ),
        "opaque_alpha": _by_tifffile(
            np.dstack([colour, np.full_like(grey, 255)]), photometric="rgb"
        ),
        "shaped": _by_tifffile(stack, photometric="minisblack"),
        "shaped_one_page": _by_tifffile(stack, photometric="minisblack", truncate=True),
        "planes_last": _by_tifffile(
            np.moveaxis(stack, 0, -1).copy(), photometric="minisblack", planarconfig="contig"
        ),
        "pages": _by_pillow(list(stack)),
        "pages_deflate": _by_pillow(list(stack), compression="tiff_adobe_deflate"),
        "pages_lzw_16": _by_pillow(list(deep_stack), compression="tiff_lzw"),
        "unnamed_pages": _by_tifffile(stack, photometric="minisblack", metadata=None),
        "imagej": _by_tifffile(stack, imagej=True, metadata={"axes": "CYX"}),
        "imagej_labels_16": _by_tifffile(
            deep_stack, imagej=True, metadata={"axes": "CYX", "Labels": list("abcd")}
        ),
        "imagej_one_page": _imagej_one_page(stack),
        "ome": _by_tifffile(stack, ome=True, photometric="minisblack", metadata={"axes": "CYX"}),
        "ome_deflate_16": _by_tifffile(
            deep_stack,
            ome=True,
            photometric="minisblack",
            compression="zlib",
            metadata={"axes": "CYX", "Channel": {"Name": ["DAPI", "ER", "MT", "protein"]}},
        ),
        "ome_pyramid": _ome_pyramid(stack),
    }
    return files


def _has_predictors():
    try:
        tifffile.TIFF.PREDICTORS[2]
    except (KeyError, AttributeError):
        return False
    return True


_HAS_PREDICTORS = _has_predictors()


def _cells(rng, dtype):
    """Return smooth spots with noise, which compressions treat like a stain."""
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    y, x = rng.uniform(0, HEIGHT), rng.uniform(0, WIDTH)
    spot = np.exp(-((rows - y) ** 2 + (columns - x) ** 2) / 150)
    largest = 255 if dtype == np.uint8 else 4095
    return (spot * largest * 0.9 + rng.uniform(0, largest * 0.1, spot.shape)).astype(dtype)


def _stack(rng, dtype):
    return np.stack([_cells(rng, dtype) for _ in range(4)])


def _by_tifffile(pixels, **options):
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, pixels, **options)
    return buffer.getvalue()


def _by_pillow(pages, **options):
    first, *others = map(Image.fromarray, pages)
    buffer = io.BytesIO()
    if others:
        options |= {"save_all": True, "append_images": others}
    first.save(buffer, "TIFF", **options)
    return buffer.getvalue()


def _palette(grey):
    picture = Image.frombytes("P", grey.shape[::-1], grey.tobytes())
    picture.putpalette([tint for v in range(256) for tint in (0, v, 255 - v)])
    buffer = io.BytesIO()
    picture.save(buffer, "TIFF")
    return buffer.getvalue()


def _imagej_one_page(stack):
    """Return a stack as ImageJ writes it: one page, and all planes after each other."""
    text = f"ImageJ=1.53t\nimages={len(stack)}\nchannels={len(stack)}\n".encode() + b"\0"
    tags = {256: (3, 1, WIDTH), 257: (3, 1, HEIGHT), 258: (3, 1, 8), 259: (3, 1, 1)}
    tags |= {262: (3, 1, 1), 270: (2, len(text), 200), 273: (4, 1, 200 + len(text))}
    tags |= {277: (3, 1, 1), 278: (3, 1, HEIGHT), 279: (4, 1, HEIGHT * WIDTH)}
    start = struct.pack("<2sHIH", b"II", 42, 8, len(tags))
    entries = b"".join(struct.pack("<HHII", tag, *value) for tag, value in tags.items())
    return (start + entries + bytes(4)).ljust(200, b"\0") + text + stack.tobytes()


def _ome_pyramid(stack):
    buffer = io.BytesIO()
    with tifffile.TiffWriter(buffer, ome=True) as writer:
        writer.write(stack, photometric="minisblack", subifds=1, metadata={"axes": "CYX"})
        writer.write(stack[:, ::2, ::2], photometric="minisblack", subfiletype=1)
    return buffer.getvalue()
