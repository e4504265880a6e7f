"""Tests of reading one image: order of channels, names of planes, errors."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import tifffile

from sklearn_hpa._images.image import image_header, image_shape, prepare_image, read_image
from sklearn_hpa._images.inputs import HPA_CHANNELS, check_channels

from .writing import save


@pytest.mark.parametrize("channels", ["green", [], ["red", "red"], [1], None, 5])
def test_what_is_no_list_of_different_names_is_refused(channels):
    with pytest.raises(ValueError, match="Invalid channels=.* Expected a list of names such as"):
        check_channels(channels)


def test_a_channel_that_is_not_known_is_refused_where_some_are():
    assert check_channels(["dapi"]) == ("dapi",)
    with pytest.raises(ValueError, match=r"Invalid channels=\['dapi'\]. Expected some of red, "):
        check_channels(["dapi"], HPA_CHANNELS)


def test_channel_files_follow_the_order_of_channels(tmp_path):
    files = [save(tmp_path / f"{v}.png", np.full((4, 5), v, np.uint8)) for v in (10, 20, 30)]
    assert read_image(files, ["red", "green", "blue"])[0, 0].tolist() == [10, 20, 30]
    assert read_image(files[::-1], ["blue", "green", "red"])[0, 0].tolist() == [30, 20, 10]


def test_channel_files_of_differing_size_are_refused(tmp_path):
    files = [
        save(tmp_path / "a_red.png", np.zeros((4, 5), np.uint8)),
        save(tmp_path / "a_green.png", np.zeros((6, 5), np.uint8)),
    ]
    message = r"differ in size .*a_red\.png is 4 x 5 pixels, .*a_green\.png is 6 x 5"
    with pytest.raises(ValueError, match=message):
        image_shape(files)
    with pytest.raises(ValueError, match=message):
        read_image(files, ["red", "green"], size=(4, 4))


def test_the_headers_of_channel_files_are_kept(tmp_path):
    files = [save(tmp_path / f"{k}.png", np.zeros((4, 5), np.uint8)) for k in range(2)]
    header = image_header(files)
    assert [each[:3] for each in header.files] == [(4, 5, 1)] * 2
    assert image_header(files[0]).files == ()


def test_a_stack_cannot_stand_for_one_of_several_channels(tmp_path):
    grey = save(tmp_path / "a_red.tif", np.zeros((8, 9), np.uint8))
    stack = tmp_path / "a_green.tif"
    tifffile.imwrite(stack, np.zeros((3, 8, 9), np.uint8), photometric="minisblack")
    with pytest.raises(ValueError, match=r"a_green\.tif holds 3 planes"):
        read_image([grey, stack], ["red", "green"])


def test_too_few_files_for_the_channels_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"2 files for 3 channels \(red, green, blue\): a, b"):
        read_image(["a", "b"], ["red", "green", "blue"])


def test_the_planes_of_a_picture_are_chosen_by_name(tmp_path, rng):
    pixels = rng.integers(0, 256, (8, 9, 3), dtype=np.uint8)
    path = save(tmp_path / "a.png", pixels)
    assert np.array_equal(read_image(path, ["blue", "red"]), pixels[..., [2, 0]])
    assert np.array_equal(read_image(path, ["red", "green", "blue"]), pixels)


def test_a_picture_gives_the_plane_named_not_the_maximum_over_its_colours(tmp_path, rng):
    pixels = rng.integers(0, 256, (8, 9, 3), dtype=np.uint8)
    path = save(tmp_path / "a.png", pixels)
    assert np.array_equal(read_image(path, ["green"]), pixels[..., [1]])
    assert np.array_equal(read_image([path], ["green"])[..., 0], pixels.max(axis=2))


def test_a_stack_gives_a_single_channel_by_name(tmp_path, rng):
    pixels = rng.integers(0, 256, (4, 20, 30), dtype=np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", pixels, photometric="minisblack")
    assert np.array_equal(read_image(tmp_path / "a.tif", ["green"])[..., 0], pixels[1])


def test_planes_that_are_not_the_channels_are_refused_by_file(tmp_path):
    path = save(tmp_path / "a.png", np.zeros((8, 9, 3), np.uint8))
    with pytest.raises(ValueError, match=r"a\.png has 3 planes, taken for red, green, blue"):
        read_image(path, ["red", "yellow"])


def test_as_many_planes_as_channels_are_taken_in_order(rng):
    pixels = rng.integers(0, 256, (8, 9, 2), dtype=np.uint8)
    assert np.array_equal(prepare_image(pixels, ["yellow", "dapi"]), pixels)


def test_fewer_channels_than_planes_are_picked_by_name(rng):
    pixels = rng.integers(0, 256, (8, 9, 4), dtype=np.uint8)
    assert np.array_equal(prepare_image(pixels, ["yellow", "red"]), pixels[..., [3, 0]])


def test_five_planes_are_not_guessed_at():
    with pytest.raises(ValueError, match=r"the image has 5 planes; expected 1 \(red\)"):
        prepare_image(np.zeros((8, 9, 5), np.uint8), ["red"])


@pytest.mark.parametrize("shape", [(8,), (2, 8, 9, 3), (0, 9), (8, 9, 0)])
def test_an_array_of_another_shape_is_refused(shape):
    with pytest.raises(ValueError, match=r"an image has shape .*; got \("):
        prepare_image(np.zeros(shape, np.uint8), ["red"])


def test_bad_values_in_a_file_are_refused_by_file(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", np.full((4, 5), np.nan, np.float32))
    with pytest.raises(ValueError, match=r"a\.tif holds NaN"):
        read_image([tmp_path / "a.tif"], ["red"])
    tifffile.imwrite(tmp_path / "b.tif", np.zeros((4, 5), np.int16))
    with pytest.raises(TypeError, match=r"b\.tif holds int16"):
        read_image([tmp_path / "b.tif"], ["red"])


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32, np.bool_])
@pytest.mark.parametrize("size", [None, (4, 4), (3, 5)])
def test_the_array_given_is_left_as_it_was(rng, dtype, size):
    pixels = (rng.random((8, 8, 2)) * (1 if dtype == np.float32 else 250)).astype(dtype)
    before = pixels.copy()
    prepare_image(pixels, ["red", "green"], size)
    assert np.array_equal(pixels, before)


def test_threads_read_what_one_reads(tmp_path, rng):
    files = []
    for k in range(16):
        pixels = rng.integers(0, 65536 if k % 2 else 256, (64, 64))
        array = pixels.astype(np.uint16 if k % 2 else np.uint8)
        files.append(save(tmp_path / f"{k}.{'tif' if k % 3 else 'png'}", array))
    alone = [read_image([path], ["red"], (10, 16)) for path in files]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda path: read_image([path], ["red"], (10, 16)), files))
    assert np.array_equal(together, alone)
