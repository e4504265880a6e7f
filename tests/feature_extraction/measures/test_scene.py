"""Tests that shared intermediate results do not change the measures."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import ndimage

from sklearn_hpa.datasets import make_hpa_images
from sklearn_hpa.feature_extraction.measures import FAMILIES, measure
from sklearn_hpa.feature_extraction.measures._scene import MARGIN, SIGMAS

from . import call_by_call
from .images import cell_with, scene_of


@pytest.mark.slow
@pytest.mark.parametrize("keep", [False, True])
@pytest.mark.parametrize("nucleus", ["blue", None])
@pytest.mark.parametrize("n_cells", [1, 4])
def test_sharing_what_families_need_changes_no_number(nucleus, n_cells, keep):
    images, _ = make_hpa_images(2, n_labels=6, n_cells=n_cells, size=96, random_state=1)
    options = {"families": FAMILIES, "protein": "green", "nucleus": nucleus}
    channels = ["red", "green", "blue"] if nucleus else ["red", "green"]
    for image in images[..., : len(channels)]:
        image = np.ascontiguousarray(image)
        found = measure(image, channels, **options)
        slow = call_by_call.measure(image, channels, **options, keep=keep)
        assert found.keys() == slow.keys()
        for family, expected in slow.items():
            assert found[family].keys() == expected.keys()
            values = list(found[family].values())
            assert_allclose(values, list(expected.values()), rtol=1e-4, atol=1e-4, err_msg=family)


def test_planes_are_cut_to_the_cells_and_a_margin():
    image = np.zeros((128, 128, 4), np.uint8)
    image[20:84, 40:104] = cell_with(np.full((64, 64), 90, np.uint8))
    scene = scene_of(image)
    rows, columns = np.nonzero(image[..., 0])
    size = [int(np.ptp(each)) + 1 + 2 * MARGIN for each in (rows, columns)]
    height, width = scene.planes["green"].shape
    assert abs(height - size[0]) <= 4 and abs(width - size[1]) <= 4
    assert scene.shape == (128, 128)
    assert scene.planes["green"].sum() == image[..., 1].sum()


def test_pixels_within_a_region_are_those_of_its_mask(scene):
    for region in scene.regions():
        expected = scene.planes["green"][scene.masks[region]]
        np.testing.assert_array_equal(scene.within(region, scene.planes["green"]), expected)
        np.testing.assert_allclose(scene.brightness("green", region), expected / 255)


def test_blurs_are_those_of_scipy_and_bands_are_their_differences(scene):
    plane = scene.planes["red"] / np.float32(255)
    blurs = [plane, *(ndimage.gaussian_filter(plane, sigma) for sigma in SIGMAS)]
    np.testing.assert_allclose(scene.smooth["red"], blurs, atol=1e-6)
    np.testing.assert_allclose(scene.bands["red"], -np.diff(blurs, axis=0), atol=1e-6)
    np.testing.assert_allclose(np.sum(scene.bands["red"], axis=0), plane - blurs[-1], atol=1e-5)
