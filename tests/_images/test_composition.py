"""Tests of the colours of stains, their stretch and their sum."""

import numpy as np
import pytest

from sklearn_hpa._images.composition import (
    LEAST_RANGE,
    PALETTES,
    STAINED,
    add_colors,
    stretch_channels,
    weigh_palette,
)
from sklearn_hpa._images.inputs import HPA_CHANNELS


@pytest.fixture
def images():
    return np.random.default_rng(0).integers(20, 90, (3, 12, 10, 4), dtype=np.uint8)


@pytest.mark.parametrize("palette", PALETTES)
def test_each_palette_has_a_colour_for_each_stain(palette):
    assert set(PALETTES[palette]) == set(HPA_CHANNELS) == set(STAINED)


def test_the_endoplasmic_reticulum_is_dim_next_to_other_stains_only():
    assert weigh_palette("stains", ["green", "yellow"])[1] == (0.35, 0.35, 0)
    assert weigh_palette("stains", ["yellow"]) == [(1, 1, 0)]


def test_each_channel_of_each_image_is_stretched_separately(images):
    together = stretch_channels(images)
    for image, stretched in zip(images, together, strict=True):
        for channel in range(4):
            alone = stretch_channels(image[..., [channel]])
            np.testing.assert_array_equal(stretched[..., [channel]], alone)
    assert together.min() == 0 and together.max() == 255


def test_a_channel_of_noise_stays_dark():
    noise = np.random.default_rng(0).integers(10, 14, (20, 20, 1), dtype=np.uint8)
    assert stretch_channels(noise).max() <= 255 * 4 / LEAST_RANGE


def test_values_are_unchanged_without_a_stretch(images):
    assert stretch_channels(images, None) is images


def test_colours_are_added_and_clipped():
    image = np.array([[[200, 100], [0, 10]]], dtype=np.uint8)
    expected = [[[255, 50, 0], [5, 5, 0]]]
    np.testing.assert_array_equal(add_colors(image, [(1, 0, 0), (0.5, 0.5, 0)])[0, 0], [250, 50, 0])
    np.testing.assert_array_equal(add_colors(image, [(2, 0, 0), (0.5, 0.5, 0)]), expected)
