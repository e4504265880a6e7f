"""Tests of the parts of all decoders: limits, headers and pixels, alpha, orientation."""

import io

import numpy as np
import pytest
from PIL import Image, ImageOps

from sklearn_hpa._images import formats
from sklearn_hpa._images.formats import (
    Header,
    Refused,
    check_size,
    decoded,
    exif_orientation,
    opaque,
    read_whole,
    upright,
)


@pytest.mark.parametrize("height, width", [(0, 5), (5, 0), (-1, 5)])
def test_an_image_without_pixels_is_refused(height, width):
    with pytest.raises(Refused, match=f"declares an image of {height} x {width} pixels"):
        check_size(height, width)


def test_the_limit_of_pixels_is_allowed_and_one_row_more_is_not():
    assert check_size(2**13, 2**13) == (2**13, 2**13)
    with pytest.raises(Refused, match=r"declares 8193 x 8192 pixels .* limit of 67108864"):
        check_size(2**13 + 1, 2**13)


@pytest.mark.parametrize("shape", [(4, 5), (4, 5, 3)])
def test_pixels_that_match_the_header_pass(shape):
    header = Header(4, 5, *(shape[2:] or (1,)), colour=len(shape) == 3)
    pixels = np.zeros(shape, np.uint8)
    assert decoded(pixels, header) == (pixels, header)


@pytest.mark.parametrize("shape", [(5, 4), (4, 5, 3), (4, 6), (3, 5, 1)])
def test_pixels_that_contradict_the_header_are_refused(shape):
    with pytest.raises(Refused, match="declares 1 planes of 4 x 5 pixels, but holds"):
        decoded(np.zeros(shape, np.uint8), Header(4, 5, 1, False))


def test_a_file_is_read_from_its_beginning_whatever_the_position():
    stream = io.BytesIO(b"0123456789")
    stream.seek(4)
    assert read_whole(stream) == b"0123456789"


def test_a_file_larger_than_any_image_is_refused(monkeypatch):
    monkeypatch.setattr(formats, "MAX_PIXELS", 100)
    limit = formats.max_bytes()
    assert len(read_whole(io.BytesIO(bytes(limit)))) == limit
    with pytest.raises(Refused, match=f"holds more than {limit} bytes"):
        read_whole(io.BytesIO(bytes(limit + 1)))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("planes", [2, 4])
def test_opaque_is_the_largest_value_of_the_type(dtype, planes):
    top = np.iinfo(dtype).max
    pixels = np.zeros((3, 4, planes), dtype)
    pixels[..., -1] = top
    assert opaque(pixels).shape == ((3, 4) if planes == 2 else (3, 4, 3))
    pixels[1, 1, -1] = top - 1
    with pytest.raises(Refused, match="is transparent in 1 of 12 pixels"):
        opaque(pixels)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("byte_order", ["<", ">"])
def test_the_orientation_is_read_and_applied_as_pillow_does(rng, orientation, byte_order):
    exif = Image.Exif()
    exif.endian = byte_order
    exif[0x010F], exif[0x0112] = "camera", orientation
    content = exif.tobytes()
    assert exif_orientation(content.removeprefix(b"Exif\0\0")) == orientation
    pixels = rng.integers(0, 256, (5, 7, 3), dtype=np.uint8)
    image = Image.fromarray(pixels)
    image.getexif()[0x0112] = orientation
    turned = upright(pixels, orientation)
    assert np.array_equal(turned, np.asarray(ImageOps.exif_transpose(image)))
    assert turned.flags.c_contiguous


@pytest.mark.parametrize("value", [0, 9, 65535])
def test_an_impossible_orientation_is_upright(value):
    exif = Image.Exif()
    exif[0x0112] = value
    assert exif_orientation(exif.tobytes().removeprefix(b"Exif\0\0")) == 1


@pytest.mark.parametrize("kept", range(0, 26))
def test_shortened_exif_names_no_orientation(kept):
    exif = Image.Exif()
    exif[0x0112] = 6
    content = exif.tobytes().removeprefix(b"Exif\0\0")
    assert exif_orientation(content[:kept]) in ((1, 6) if kept >= 20 else (1,))
