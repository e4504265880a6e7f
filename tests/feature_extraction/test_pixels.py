"""Tests of ImageFlattener: pixels of real and synthetic files."""

import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from sklearn.base import clone

from sklearn_hpa import ImageFlattener
from sklearn_hpa.datasets import load_hpa
from tests._images.writing import COLOURS, random_images, save_channels


@pytest.fixture(scope="class")
def images():
    return random_images()


@pytest.fixture
def frame(images, tmp_path):
    return save_channels(images, tmp_path)


# ---- results ----------------------------------------------------------------------------------


def test_pixels_come_out_flat_in_the_order_of_the_channels(frame, images):
    X = ImageFlattener(size=None, channels=("blue", "red")).fit_transform(frame)
    assert X.dtype == np.uint8 and X.flags.c_contiguous
    np.testing.assert_array_equal(X, images[..., [2, 0]].reshape(len(images), -1))


def test_files_and_arrays_give_the_same_pixels(frame, images):
    for params in ({"size": 8}, {"size": (20, 12)}, {"size": None}, {"size": 48}):
        flattener = ImageFlattener(**params)
        np.testing.assert_array_equal(
            flattener.fit_transform(frame), flattener.fit_transform(images[..., :3])
        )


def test_shrinking_averages_over_areas(frame, images):
    X = ImageFlattener(size=8, channels=("green",)).fit_transform(frame)
    mean = images[..., 1].reshape(6, 8, 4, 8, 4).mean(axis=(2, 4))
    assert np.abs(X.reshape(6, 8, 8) - mean).max() <= 0.5


def test_a_picture_in_the_column_of_a_channel_is_the_tinted_file_of_its_stain(images, tmp_path):
    Image.fromarray(images[0, ..., :3]).save(tmp_path / "cell_green.png")
    X = pd.DataFrame({"green": [tmp_path / "cell_green.png"]})
    pixels = ImageFlattener(size=None, channels=("green",)).fit_transform(X)
    np.testing.assert_array_equal(pixels[0], images[0, ..., :3].max(axis=2).ravel())


def test_all_four_channels_are_picked_by_name_from_an_array(images):
    X = ImageFlattener(size=None, channels=("yellow",)).fit_transform(images)
    np.testing.assert_array_equal(X, images[..., 3].reshape(len(images), -1))


def test_sixteen_and_twelve_bits_come_out_as_eight(images):
    expected = ImageFlattener(size=None).fit_transform(images)
    deep = images.astype(np.uint16)
    for scaled in (deep * 257, np.round(deep * (4095 / 255)).astype(np.uint16), images / 255):
        got = ImageFlattener(size=None).fit_transform(scaled)
        np.testing.assert_array_equal(got, expected)


def test_the_way_back_gives_the_images(frame, images):
    flattener = ImageFlattener(size=None)
    X = flattener.fit_transform(frame)
    np.testing.assert_array_equal(flattener.inverse_transform(X), images[..., :3])


def test_names_tell_channel_row_and_column(images):
    flattener = ImageFlattener(size=(2, 3), channels=("green", "blue")).fit(images)
    names = flattener.get_feature_names_out()
    assert names[:4].tolist() == ["green_0_0", "blue_0_0", "green_0_1", "blue_0_1"]
    assert len(names) == len(set(names)) == 2 * 3 * 2


def test_what_is_learned_is_only_shapes_and_names(frame):
    flattener = ImageFlattener(size=(5, 7)).fit(frame)
    assert flattener.image_shape_ == (5, 7, 3)
    assert flattener.n_features_in_ == 4
    assert flattener.feature_names_in_.tolist() == list(COLOURS)
    twin = pickle.loads(pickle.dumps(flattener))
    np.testing.assert_array_equal(twin.transform(frame), flattener.transform(frame))
    assert not hasattr(clone(flattener), "image_shape_")


# ---- errors -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"size": 0}, "size must be a positive int, .* got 0"),
        ({"size": -3}, "size must be a positive int"),
        ({"size": (3,)}, "size must be a positive int"),
        ({"size": (3, 0)}, "size must be a positive int"),
        ({"size": 2.5}, "'size' parameter"),
        ({"size": True}, "size must be a positive int, .* got True"),
        ({"size": (8, True)}, "size must be a positive int"),
        ({"n_jobs": True}, "n_jobs must be an int or None, got True"),
        ({"channels": ()}, "Invalid channels=.* Expected a list of names such as red"),
        ({"channels": (1,)}, "Invalid channels=.* Expected a list of names"),
        ({"channels": "green"}, "'channels' parameter"),
        ({"channels": ("red", "red")}, "Invalid channels=.*each once"),
        ({"n_jobs": "all"}, "'n_jobs' parameter"),
    ],
)
def test_a_wrong_parameter_is_refused(images, params, message):
    with pytest.raises(ValueError, match=message):
        ImageFlattener(**params).fit(images)


def test_a_truncated_file_is_named(frame):
    path = Path(frame.iloc[2, 0])
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(ValueError, match="cell2_red.png"):
        ImageFlattener().fit_transform(frame)


def test_differing_sizes_are_refused_where_the_native_size_is_kept(frame, images):
    Image.fromarray(images[0, :16, :16, 0]).resize((20, 16)).save(frame.iloc[3, 0])
    for colour in (1, 2):
        Image.fromarray(images[0, :16, :16, 0]).resize((20, 16)).save(frame.iloc[3, colour])
    with pytest.raises(ValueError, match="cell3_red.png is 16x20 pixels, expected 32x32. Set size"):
        ImageFlattener(size=None).fit(frame)
    assert ImageFlattener(size=8).fit_transform(frame).shape == (6, 192)


def test_another_native_size_is_refused_at_transform(images):
    flattener = ImageFlattener(size=None).fit(images)
    with pytest.raises(ValueError, match="image 0 is 16x32 pixels, expected 32x32"):
        flattener.transform(images[:, :16])


def test_channels_of_one_image_that_differ_in_size_are_named(frame, images):
    Image.fromarray(images[0, :16, :16, 0]).save(frame.iloc[1, 2])
    with pytest.raises(ValueError, match="channels of an image differ in size.*cell1_blue.png"):
        ImageFlattener().fit_transform(frame)


def test_a_wrong_number_of_planes_is_refused(images):
    flattener = ImageFlattener().fit(images)
    with pytest.raises(ValueError, match="image 0 of X: .*2 planes"):
        flattener.transform(images[..., :2])


def test_floats_beyond_one_are_refused(images):
    with pytest.raises(ValueError, match=r"image 0 of X: .*\[0, 1\]"):
        ImageFlattener().fit_transform(images.astype(float))


def test_the_way_back_needs_the_right_width(images):
    with pytest.raises(ValueError, match=r"X has 5 features, but images of shape \(4, 4, 3\)"):
        ImageFlattener(size=4).fit(images).inverse_transform(np.zeros((2, 5)))


# ---- real files -------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["kaggle-png", "hpa-jpg", "hpa-png"])
def test_real_files_of_each_kind_are_read(hpa_data, kind):
    X, y = load_hpa(hpa_data / "formats" / kind, return_X_y=True)
    flattener = ImageFlattener(size=64, channels=COLOURS, n_jobs=2)
    pixels = flattener.inverse_transform(flattener.fit_transform(X, y))
    assert pixels.shape == (len(X), 64, 64, 4)
    assert (pixels.reshape(len(X), -1, 4).std(axis=1) > 1).all()


def test_a_real_16_bit_gzipped_tif_is_read(hpa_data):
    X = load_hpa(hpa_data / "formats" / "hpa-tif16").images
    pixels = ImageFlattener(size=256, channels=("blue",)).fit_transform(X)
    assert pixels.shape == (1, 256 * 256)
    assert pixels.max() > 100 and pixels.min() < 20
