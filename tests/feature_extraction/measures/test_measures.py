"""Tests of all measures together: names, finite numbers, invariance to rotation."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from sklearn_hpa.datasets import make_hpa_images
from sklearn_hpa.feature_extraction.measures import FAMILIES

from .images import CHANNELS, measures


def test_names_are_unique_and_independent_of_pixels(synthetic):
    names = list(measures(synthetic[0]))
    assert len(set(names)) == len(names)
    assert list(measures(np.zeros((5, 9, 4), np.uint8))) == names


def test_families_share_no_name_and_give_the_same_alone_or_together(synthetic):
    together = measures(synthetic[0])
    alone = {}
    for family in FAMILIES:
        of_family = measures(synthetic[0], family)
        assert not alone.keys() & of_family.keys()
        alone |= of_family
    assert alone == together


@pytest.mark.parametrize(
    "channels", [("green",), ("green", "blue"), ("red", "green"), ("red", "green", "blue")]
)
def test_missing_channels_leave_a_subset_of_the_columns(synthetic, channels):
    everything = set(measures(synthetic[0]))
    planes = [CHANNELS.index(name) for name in channels]
    found = set(measures(synthetic[0][..., planes], channels=channels))
    without_nucleus = {name for name in found if "_cell_ring" in name or "_cell_spots" in name}
    if "blue" in channels:
        assert not without_nucleus
    assert found - without_nucleus < everything
    missing = set(CHANNELS) - set(channels)
    assert not any(channel in name for name in found for channel in missing)


@pytest.mark.slow
@settings(max_examples=25, deadline=None, derandomize=True)
@given(data=st.data())
def test_everything_is_finite_for_any_pixels(data):
    shape = data.draw(st.tuples(st.integers(1, 40), st.integers(1, 40), st.just(4)))
    kind = data.draw(st.sampled_from(["any", "constant", "two values", "noise"]))
    if kind == "any":
        image = data.draw(arrays(np.uint8, shape))
    elif kind == "constant":
        image = np.full(shape, data.draw(st.integers(0, 255)), np.uint8)
    else:
        rng = np.random.default_rng(data.draw(st.integers(0, 1000)))
        image = rng.integers(0, 256, shape).astype(np.uint8)
        if kind == "two values":
            low, high = data.draw(st.tuples(st.integers(0, 255), st.integers(0, 255)))
            image = np.where(image < data.draw(st.integers(0, 255)), low, high).astype(np.uint8)
    found = measures(image)
    assert {name for name, value in found.items() if not np.isfinite(value)} == set()


@pytest.mark.parametrize("plane", range(4), ids=CHANNELS)
@pytest.mark.parametrize("level", [0, 255])
def test_a_black_or_saturated_channel_gives_finite_numbers(synthetic, plane, level):
    image = synthetic[0].copy()
    image[..., plane] = level
    assert np.isfinite(list(measures(image).values())).all()


@pytest.mark.slow
def test_a_large_image_gives_finite_numbers():
    image = make_hpa_images(1, n_labels=3, size=1024, n_cells=20, random_state=0)[0][0]
    assert np.isfinite(list(measures(image, "cells").values())).all()


def turned(image):
    """Return the seven other rotations by right angles and reflections of the image."""
    for k in range(4):
        if k:
            yield np.rot90(image, k)
        yield np.rot90(image, k)[:, ::-1]


def assert_same_however_turned(image, images):
    expected = measures(image)
    for other in images:
        found = measures(other)
        values = np.float32([list(expected.values()), list(found.values())])
        same = np.isclose(*values, rtol=1e-3, atol=1e-4)
        assert np.array(list(expected))[~same].tolist() == []


@pytest.mark.slow
def test_synthetic_fields_turned_or_mirrored_measure_the_same(synthetic):
    for image in synthetic[:2]:
        assert_same_however_turned(image, turned(image))


@pytest.mark.slow
def test_crowded_touching_nuclei_turned_or_mirrored_measure_the_same():
    image = make_hpa_images(1, n_labels=1, size=160, n_cells=40, random_state=1)[0][0]
    assert_same_however_turned(image, list(turned(image))[:4])


@pytest.mark.slow
def test_real_cells_turned_or_mirrored_measure_the_same(hpa_data):
    folder = hpa_data / "hpa-cells"
    for name in pd.read_csv(folder / "train.csv")["Id"][::500]:
        files = [folder / f"{name}_{channel}.png" for channel in CHANNELS]
        image = np.stack([np.array(Image.open(file).reduce(4)) for file in files], axis=-1)
        assert_same_however_turned(image, list(turned(image))[::3])
