"""Tests of the conversion to 8 bits and of resizing against slow references."""

import numpy as np
import pytest

from sklearn_hpa._images.image import prepare_image, read_image

from .writing import save

# ---- prepare_image ----


def test_16_bit_values_below_4096_are_12_bit():
    pixels = np.array([[0, 2048, 4095]], dtype=np.uint16)
    assert prepare_image(pixels, ["red"])[..., 0].tolist() == [[0, 128, 255]]


def test_16_bit_arrays_of_8_bit_values_are_8_bit():
    pixels = np.array([[0, 128, 255]], dtype=np.uint16)
    assert prepare_image(pixels, ["red"])[..., 0].tolist() == [[0, 128, 255]]


def test_a_dark_16_bit_file_is_judged_12_bit_not_8(tmp_path):
    path = save(tmp_path / "a.tif", np.array([[0, 128, 255]], dtype=np.uint16))
    assert read_image([path], ["red"])[0, :, 0].tolist() == [0, 8, 16]


def test_the_white_level_given_overrules_the_images_own():
    pixels = np.array([[0, 255]], dtype=np.uint16)
    assert prepare_image(pixels, ["red"], white=4095)[..., 0].tolist() == [[0, 16]]


@pytest.mark.parametrize("dtype", [">u2", "<u2", ">f4"])
def test_byte_order_does_not_matter(dtype):
    top = 65535 if dtype[1] == "u" else 1
    pixels = np.array([[0, top]], dtype=dtype)
    assert prepare_image(pixels, ["red"])[..., 0].tolist() == [[0, 255]]


def test_one_value_above_4095_in_any_plane_makes_all_16_bit():
    pixels = np.array([[[4095, 0], [0, 4096]]], dtype=np.uint16)
    assert prepare_image(pixels, ["red", "green"])[0].tolist() == [[16, 0], [0, 16]]
    assert prepare_image(pixels, ["red"])[0].tolist() == [[16], [0]]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_floats_from_0_to_1_are_stretched(dtype):
    pixels = np.array([[0, 0.5, 1]], dtype=dtype)
    assert prepare_image(pixels, ["red"])[..., 0].tolist() == [[0, 128, 255]]


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_values_that_are_not_finite_are_refused(value):
    with pytest.raises(ValueError, match="the image holds NaN or infinite values"):
        prepare_image(np.array([[0.5, value]]), ["red"])


@pytest.mark.parametrize("value", [-0.1, 1.1, 255.0])
def test_floats_beyond_0_to_1_are_refused(value):
    with pytest.raises(ValueError, match=r"the image holds floats from .*; expected \[0, 1\]"):
        prepare_image(np.array([[0.5, value]]), ["red"])


@pytest.mark.parametrize("dtype", [np.int64, np.uint32, np.int16, np.complex64])
def test_other_types_are_refused(dtype):
    with pytest.raises(TypeError, match=f"the image holds {np.dtype(dtype)} values"):
        prepare_image(np.zeros((2, 2), dtype), ["red"])


# ---- resizing ----


def area_mean(plane, size):
    """Average old pixels for each new pixel, weighted by the covered area."""
    result = np.empty(size)
    for i in range(size[0]):
        top, bottom = i * plane.shape[0] / size[0], (i + 1) * plane.shape[0] / size[0]
        for j in range(size[1]):
            left, right = j * plane.shape[1] / size[1], (j + 1) * plane.shape[1] / size[1]
            total = area = 0.0
            for y in range(int(top), min(int(np.ceil(bottom)), plane.shape[0])):
                for x in range(int(left), min(int(np.ceil(right)), plane.shape[1])):
                    covered = (min(bottom, y + 1) - max(top, y)) * (
                        min(right, x + 1) - max(left, x)
                    )
                    total += covered * plane[y, x]
                    area += covered
            result[i, j] = total / area
    return result


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("size", [(12, 16), (1, 1), (48, 8), (16, 64), (7, 9), (47, 63), (10, 33)])
def test_shrinking_is_the_mean_over_the_area(rng, dtype, size):
    if dtype == np.float32:
        plane, scale = rng.random((48, 64)).astype(dtype), 255
    else:
        top = np.iinfo(dtype).max
        plane, scale = rng.integers(0, top, (48, 64), dtype=dtype, endpoint=True), 255 / top
    shrunk = prepare_image(plane, ["red"], size)[..., 0]
    exact = area_mean(plane.astype(float), size) * scale
    assert np.all(np.abs(shrunk - exact) <= 0.5 + 1e-3)


@pytest.mark.parametrize("size", [(16, 16), (13, 15), (32, 20)])
def test_a_fine_checkerboard_becomes_flat_grey(size):
    board = (np.indices((64, 64)).sum(axis=0) % 2 * 254).astype(np.uint8)
    shrunk = prepare_image(board, ["red"], size)
    assert np.all(np.abs(shrunk.astype(int) - 127) <= (0 if 64 % size[1] == 0 else 13))


def test_halves_are_rounded_up_in_every_kind_of_resizing():
    pair = np.array([[0, 1]], dtype=np.uint8)
    assert prepare_image(pair, ["red"], (1, 1)).item() == 1
    assert prepare_image(np.array([[0.1, 0.1], [0.1, 0.1]]), ["red"], (1, 1)).item() == 26


def test_enlarging_interpolates_linearly_between_pixel_centres():
    edge = np.array([[0, 100]], dtype=np.uint8)
    enlarged = prepare_image(edge, ["red"], (2, 4))[..., 0]
    assert enlarged.tolist() == [[0, 25, 75, 100], [0, 25, 75, 100]]


def test_one_axis_may_shrink_while_the_other_grows():
    plane = np.array([[0, 10], [20, 30]], dtype=np.uint8)
    assert prepare_image(plane, ["red"], (1, 4))[..., 0].tolist() == [[10, 13, 18, 20]]


def test_the_same_size_changes_nothing(noise):
    assert np.array_equal(prepare_image(noise, ["red"], noise.shape)[..., 0], noise)
