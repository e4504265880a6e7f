"""Tests of pages to which no other page leads."""

import struct

import numpy as np
import pytest
import tifffile
from PIL import Image

from sklearn_hpa._images.decoding import decode_file, file_header

N_PAGES = 4


def written(path, program, big, planes):
    if program == "pillow":
        first, *others = map(Image.fromarray, planes)
        first.save(path, save_all=True, append_images=others)
    else:
        order, compression = program
        with tifffile.TiffWriter(path, bigtiff=big, byteorder=order) as writer:
            for plane in planes:
                options = {"metadata": None, "compression": compression}
                writer.write(plane, photometric="minisblack", contiguous=False, **options)
    return path


@pytest.fixture(params=["pillow", ("<", None), (">", None), ("<", "zlib")], ids=str)
def program(request):
    return request.param


@pytest.fixture(params=[False, True])
def stack(request, program, tmp_path, rng):
    if program == "pillow" and request.param:
        pytest.skip("older Pillow writes no BigTIFF")
    planes = rng.integers(0, 256, (N_PAGES, 20, 30), dtype=np.uint8)
    return written(tmp_path / "a.tif", program, request.param, planes)


def relinked(path, page, target):
    """Let a page lead to another one, or to none."""
    content = bytearray(path.read_bytes())
    with tifffile.TiffFile(path) as tiff:
        order, big = tiff.byteorder, tiff.is_bigtiff
        starts = [each.offset for each in tiff.pages]
    (n_tags,) = struct.unpack_from(order + "HQ"[big], content, starts[page])
    at = starts[page] + (8 + 20 * n_tags if big else 2 + 12 * n_tags)
    offset = 0 if target is None else starts[target]
    struct.pack_into(order + "IQ"[big], content, at, offset)
    path.write_bytes(content)


@pytest.mark.parametrize("page, target", [(0, None), (1, None), (2, None), (0, 2), (1, 3), (0, 3)])
def test_a_page_that_the_chain_leaves_out_is_refused(stack, page, target):
    assert file_header(stack).n_planes == N_PAGES
    relinked(stack, page, target)
    with pytest.raises(ValueError, match=r"a\.tif holds a page \(byte \d+\) to which no other"):
        file_header(stack)


def test_bytes_that_nothing_refers_to_are_ignored(stack, rng):
    content = stack.read_bytes()
    expected = decode_file(stack).pixels
    stack.write_bytes(content + rng.bytes(5_000))
    assert np.array_equal(decode_file(stack).pixels, expected)


def test_old_tags_of_a_page_that_was_written_again_are_ignored(tmp_path, rng):
    planes = rng.integers(0, 256, (1, 20, 30), dtype=np.uint8)
    path = written(tmp_path / "a.tif", ("<", None), False, planes)
    content = bytearray(path.read_bytes())
    (start,) = struct.unpack_from("<I", content, 4)
    (n_tags,) = struct.unpack_from("<H", content, start)
    tags = content[start : start + 2 + 12 * n_tags + 4]
    struct.pack_into("<I", content, 4, len(content))
    path.write_bytes(content + tags)
    assert np.array_equal(decode_file(path).pixels, planes[0])


def test_a_lost_page_of_another_size_is_ignored(tmp_path, rng):
    planes = rng.integers(0, 256, (2, 20, 30), dtype=np.uint8)
    path = written(tmp_path / "a.tif", ("<", None), False, planes)
    with tifffile.TiffFile(path) as tiff:
        height = tiff.pages[1].tags[257].valueoffset
    relinked(path, 0, None)
    content = bytearray(path.read_bytes())
    struct.pack_into("<H", content, height, 19)
    path.write_bytes(content)
    assert file_header(path).n_planes == 1


def test_many_fragments_of_tags_are_searched_soon(tmp_path, rng):
    planes = rng.integers(0, 256, (1, 20, 30), dtype=np.uint8)
    path = written(tmp_path / "a.tif", ("<", None), False, planes)
    content = path.read_bytes()
    (start,) = struct.unpack_from("<I", content, 4)
    with tifffile.TiffFile(path) as tiff:
        entry = tiff.pages[0].tags[256].offset
    path.write_bytes(content + 100_000 * content[entry : entry + 24])
    assert file_header(path).n_planes == 1
