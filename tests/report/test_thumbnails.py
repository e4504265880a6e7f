"""Tests of pictures: colours of stains, data URIs, alternative texts."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from sklearn_hpa.display import compose_channels
from sklearn_hpa.report._thumbnails import data_uri, merge_stains, picture


@pytest.fixture
def cells():
    return np.random.default_rng(0).integers(0, 200, (2, 16, 24, 3), dtype=np.uint8)


def decoded(uri):
    return Image.open(io.BytesIO(base64.b64decode(uri.split(",", 1)[1])))


@pytest.mark.parametrize("channels", [("red", "green", "blue"), ("green", "blue", "yellow")])
def test_stains_are_merged_as_in_the_displays(cells, channels):
    np.testing.assert_array_equal(merge_stains(cells, channels), compose_channels(cells, channels))


def test_a_png_keeps_each_value(cells):
    uri = data_uri(cells[0], "PNG")
    assert uri.startswith("data:image/png;base64,")
    np.testing.assert_array_equal(np.asarray(decoded(uri)), cells[0])


def test_a_jpeg_is_close_to_the_picture_and_smaller():
    smooth = np.tile(np.arange(0, 240, 5, dtype=np.uint8)[:, None, None], (1, 48, 3))
    uri = data_uri(smooth)
    assert decoded(uri).format == "JPEG"
    assert np.abs(np.asarray(decoded(uri)).astype(int) - smooth).max() < 12


def test_a_grey_picture_stays_grey(cells):
    assert decoded(data_uri(cells[0, ..., 0])).mode == "L"


def test_a_picture_has_its_size_and_an_escaped_text(cells):
    made = picture(cells[0], 'a "cell" <b>')
    assert 'width="24"' in made and 'height="16"' in made
    assert 'alt="a &quot;cell&quot; &lt;b&gt;"' in made
