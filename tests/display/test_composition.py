"""Tests of composite images: colours, stretch, errors."""

import itertools
import math
import subprocess
import sys

import numpy as np
import pytest

from sklearn_hpa._images.inputs import HPA_CHANNELS
from sklearn_hpa.display import compose_channels

from .pictures import RGB, SIGNAL, stains_apart


def test_each_stain_has_its_color_and_the_reticulum_is_a_third_as_strong():
    composite = compose_channels(stains_apart(), stretch=None)
    assert composite.dtype == np.uint8
    assert composite[0].tolist() == [[200, 0, 0], [0, 200, 0], [0, 0, 200], [70, 70, 0]]


def test_the_reticulum_alone_has_its_full_color():
    image = np.full((2, 2, 1), SIGNAL, dtype=np.uint8)
    assert compose_channels(image, ["yellow"], stretch=None)[0, 0].tolist() == [200, 200, 0]


def test_stains_add_up_and_are_clipped_at_white():
    image = np.full((1, 1, 4), 255, dtype=np.uint8)
    assert compose_channels(image, stretch=None)[0, 0].tolist() == [255, 255, 255]
    image[..., 3] = 100
    image[..., :3] = [10, 20, 30]
    assert compose_channels(image, stretch=None)[0, 0].tolist() == [45, 55, 30]


def test_colors_of_a_dict_may_be_names_hex_or_tuples():
    colors = {"red": "white", "green": "#ff0080", "blue": (0.5, 0, 1), "yellow": "orange"}
    composite = compose_channels(stains_apart()[..., :3], RGB, colors=colors, stretch=None)
    assert composite[0, :3].tolist() == [[200, 200, 200], [200, 0, 100], [100, 0, 200]]


def test_a_stack_is_composed_image_by_image(synthetic):
    images, _ = synthetic
    stack = compose_channels(images[:3])
    assert stack.shape == (3, 32, 32, 3)
    for picture, image in zip(stack, images, strict=False):
        np.testing.assert_array_equal(picture, compose_channels(image))


def test_the_stretch_is_that_of_percentiles_of_each_image_and_channel(synthetic):
    images, _ = synthetic
    composite = compose_channels(images[..., :3], stretch=(5, 95))
    for picture, image in zip(composite, images, strict=True):
        for k in range(3):
            low, high = np.percentile(image[..., k], [5, 95])
            expected = np.clip((image[..., k] - low) / max(high - low, 32), 0, 1) * 255
            np.testing.assert_allclose(picture[..., k], expected, atol=1)


def test_the_stretch_makes_a_dark_image_visible(synthetic):
    image = synthetic[0][0][..., :3]
    dark = (image * (45 / image.max(axis=(0, 1)))).astype(np.uint8)
    assert compose_channels(dark, stretch=None).max() < 50
    assert compose_channels(dark).max(axis=(0, 1)).tolist() == [255, 255, 255]


@pytest.mark.parametrize("grey", [0, 3, 250])
def test_an_empty_channel_stays_black(synthetic, grey):
    image = synthetic[0][0].copy()
    image[..., 1] = grey
    assert compose_channels(image[..., :3])[..., 1].max() == 0


def test_the_noise_of_an_empty_channel_stays_dark(synthetic):
    image = synthetic[0][0].copy()
    image[..., 1] = np.random.default_rng(0).poisson(1, image.shape[:2])
    assert compose_channels(image[..., :3])[..., 1].max() < 64


# From Machado, Oliveira and Fernandes (2009), IEEE TVCG 15(6), 1291-1298, at full severity, for
# linear RGB.
COLOR_VISION = {
    "normal": np.eye(3),
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}


def cielab_seen(colors, simulation):
    """Convert 8-bit sRGB colours to CIELAB (D65) under a simulated colour vision."""
    srgb = np.asarray(colors) / 255
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    seen = np.clip(linear @ np.transpose(simulation), 0, 1)
    to_xyz = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    xyz = seen @ np.transpose(to_xyz) / [0.9505, 1, 1.089]
    x, y, z = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116).T
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=1)


def least_difference(palette, vision, channels=HPA_CHANNELS):
    """Return the least difference between the colours of two stains at full strength."""
    image = 255 * np.eye(len(channels), dtype=np.uint8)[np.newaxis]
    (colors,) = compose_channels(image, channels, colors=palette, stretch=None)
    seen = cielab_seen(colors, COLOR_VISION[vision])
    return min(math.dist(a, b) for a, b in itertools.combinations(seen, 2))


@pytest.mark.parametrize("vision", COLOR_VISION)
@pytest.mark.parametrize("n_channels", [2, 3, 4])
def test_in_the_colorblind_palette_any_two_stains_of_a_composite_stay_apart(vision, n_channels):
    for channels in itertools.combinations(HPA_CHANNELS, n_channels):
        assert least_difference("colorblind", vision, channels) >= 55


def test_the_stains_own_colors_come_close_in_deuteranopia():
    assert least_difference("stains", "deuteranopia") < 30


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"stretch": (-1, 99)}, ValueError, r"stretch=\(-1, 99\).*0 <= low < high <= 100"),
        ({"stretch": (99, 99)}, ValueError, "low < high"),
        ({"stretch": (1, 101)}, ValueError, "<= 100"),
        ({"stretch": 99}, ValueError, "two percentiles"),
        ({"colors": "viridis"}, ValueError, "colors='viridis'.*'stains', 'colorblind'"),
        ({"colors": ["r", "g", "b"]}, TypeError, "a dict, got list"),
        ({"colors": {"rde": "r", "green": "g", "blue": "b"}}, ValueError, "'rde', no channel"),
        ({"colors": {"red": "r", "green": "g"}}, ValueError, "no color for the channels blue"),
        (
            {"colors": {"red": "r", "green": "g", "blue": "bleu"}},
            ValueError,
            "channel 'blue' is 'bleu'",
        ),
        ({"colors": {"red": "r", "green": "g", "blue": (0, 0, 9)}}, ValueError, "channel 'blue'"),
        ({"channels": ["red", "green"]}, ValueError, "3 channels.*names 2: red, green"),
        ({"channels": ["red", "red", "blue"]}, ValueError, "each once"),
    ],
)
def test_options_that_mean_nothing_are_refused(options, error, message):
    with pytest.raises(error, match=message):
        compose_channels(np.zeros((4, 4, 3), np.uint8), **options)


@pytest.mark.parametrize("dtype", [np.float32, np.uint16, bool])
def test_images_that_are_not_uint8_are_refused(dtype):
    with pytest.raises(TypeError, match=f"dtype {np.dtype(dtype)}, expected uint8"):
        compose_channels(np.zeros((4, 4, 3), dtype))


@pytest.mark.parametrize("shape", [(4, 4), (0, 4, 4, 3), (1, 1, 4, 4, 3)])
def test_images_of_another_shape_are_refused(shape):
    with pytest.raises(ValueError, match=r"must have shape.*got \("):
        compose_channels(np.zeros(shape, np.uint8), RGB)


@pytest.mark.slow
def test_named_palettes_need_no_matplotlib():
    code = (
        "import sys; sys.modules['matplotlib'] = None; import numpy as np;"
        "from sklearn_hpa.display import compose_channels;"
        "compose_channels(np.zeros((2, 2, 3), np.uint8), colors='colorblind')"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_names_of_colors_without_matplotlib_name_the_extra(monkeypatch):
    image = np.full((1, 1, 1), 255, np.uint8)
    monkeypatch.setitem(sys.modules, "matplotlib.colors", None)
    with pytest.raises(ImportError, match=r"'red' is 'magenta', which .*sklearn-hpa\[plot\]"):
        compose_channels(image, ["red"], colors={"red": "magenta"})
    mixed = compose_channels(image, ["red"], colors={"red": (1, 0, 1)}, stretch=None)
    assert mixed[0, 0].tolist() == [255, 0, 255]
