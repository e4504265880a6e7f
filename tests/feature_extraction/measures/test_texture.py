"""Tests of the texture measures against slow references."""

import mahotas
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import ndimage
from skimage.feature import graycomatrix, graycoprops

from sklearn_hpa.feature_extraction.measures._texture import (
    HARALICK,
    TAS_NAMES,
    _grey_levels,
    binary_patterns,
)

from .images import cell_with, flat, measures, scene_of


@pytest.mark.parametrize("distance", [1, 2, 4])
def test_haralick_is_that_of_pairs_counted_one_by_one(distance):
    rng = np.random.default_rng(0)
    protein = rng.integers(20, 250, (32, 32)).astype(np.uint8)
    image = cell_with(protein)
    scene = scene_of(image)
    grey = _grey_levels(scene.planes["green"], scene.masks["cell"]).astype(int)
    pairs = []
    for dy, dx in ((0, distance), (distance, distance), (distance, 0), (distance, -distance)):
        counts = np.zeros((33, 33))
        for y, x in np.argwhere(grey > 0):
            v, u = y + dy, x + dx
            if 0 <= v < grey.shape[0] and 0 <= u < grey.shape[1] and grey[v, u]:
                counts[grey[y, x], grey[v, u]] += 1
                counts[grey[v, u], grey[y, x]] += 1
        pairs.append(counts)
    by_direction = mahotas.features.texture.haralick_features(pairs, use_x_minus_y_variance=True)
    found = measures(image, "texture")
    for k, name in enumerate(HARALICK):
        prefix = f"green_cell_haralick{distance}px_{name}"
        assert_allclose(found[prefix], by_direction[:, k].mean(), err_msg=name)
        assert_allclose(found[f"{prefix}_range"], np.ptp(by_direction[:, k]), atol=1e-12)


def test_the_difference_variance_is_the_variance_of_the_differences(noise):
    grey = _grey_levels(noise, np.ones(noise.shape, bool)).astype(int)
    pairs = (
        (grey[:, :-1], grey[:, 1:]),
        (grey[:-1], grey[1:]),
        (grey[:-1, :-1], grey[1:, 1:]),
        (grey[:-1, 1:], grey[1:, :-1]),
    )
    by_direction = [np.abs(one - other).var() for one, other in pairs]
    found = measures(flat(noise), "texture", channels=("red", "green"))
    prefix = "green_cell_haralick1px_difference_variance"
    assert_allclose(found[prefix], np.mean(by_direction))
    assert_allclose(found[f"{prefix}_range"], np.ptp(by_direction))


def test_haralick_agrees_with_scikit_image(noise):
    image = flat(noise)
    found = measures(image, "texture", channels=("red", "green"))
    grey = _grey_levels(noise, np.ones(noise.shape, bool))
    angles = np.arange(4) * np.pi / 4
    for distance in (1, 2):
        # In scikit-image, 45° is a step of round(distance / √2) in both directions.
        steps = [distance, round(distance * np.sqrt(2))]
        pairs = graycomatrix(grey, steps, angles, levels=33, symmetric=True, normed=True)
        for name, prop in (
            ("contrast", "contrast"),
            ("angular_second_moment", "ASM"),
            ("correlation", "correlation"),
        ):
            by_step = graycoprops(pairs, prop)
            expected = np.mean([by_step[0, ::2], by_step[1, 1::2]])
            assert_allclose(found[f"green_cell_haralick{distance}px_{name}"], expected)


def test_texture_hardly_depends_on_exposure():
    rng = np.random.default_rng(0)
    bright = np.clip(ndimage.gaussian_filter(rng.normal(0, 1, (128, 128)), 2) * 250 + 130, 10, 250)
    found = [
        measures(flat(level.astype(np.uint8)), "texture", channels=("red", "green"))
        for level in (bright, 0.6 * bright)
    ]
    for name, value in found[0].items():
        if "haralick" in name and "range" not in name:
            assert_allclose(found[1][name], value, rtol=0.1, atol=0.02, err_msg=name)
        elif "lbp" in name:
            assert_allclose(found[1][name], value, atol=0.06, err_msg=name)


def test_threshold_adjacency_is_counted_pixel_by_pixel():
    protein = np.random.default_rng(0).integers(0, 256, (40, 40)).astype(np.uint8)
    image = cell_with(ndimage.uniform_filter(protein, 3))
    found = measures(image, "texture")
    scene = scene_of(image)
    plane = np.where(scene.masks["cell"], scene.planes["green"], 0).astype(float)
    bright = plane[plane > mahotas.otsu(plane.astype(np.uint8))]
    mean, spread = bright.mean(), bright.std()
    ranges = {
        "around_mean": (plane > mean - spread) & (plane < mean + spread),
        "above_mean_less_spread": plane > mean - spread,
        "above_mean": plane > mean,
    }
    for name, inside in ranges.items():
        for side, centre in (("outside", ~inside), ("inside", inside)):
            other = "inside" if side == "outside" else "outside"
            counts = np.zeros(9)
            padded = np.pad(~centre, 1, mode="symmetric")
            for y, x in np.argwhere(centre):
                counts[padded[y : y + 3, x : x + 3].sum()] += 1
            columns = [f"green_cell_tas_{side}_{name}_{k}_{other}" for k in range(9)]
            assert_allclose([found[c] for c in columns], counts / counts.sum(), err_msg=name)


def test_threshold_adjacency_columns_are_those_of_mahotas(noise):
    found = measures(flat(noise), "texture", channels=("red", "green"))
    values = [found[f"green_cell_tas_{name}"] for name in TAS_NAMES]
    assert_allclose(values, mahotas.features.pftas(noise))


@pytest.mark.parametrize("radius", [1, 2, 4])
def test_binary_patterns_are_those_of_each_pixel(radius):
    plane = np.random.default_rng(0).integers(0, 6, (14, 17)).astype(np.uint8)
    around = [(-1, -1), (-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1)]
    expected = np.zeros(plane.shape)
    for y, x in np.ndindex(plane.shape):
        bits = []
        for dy, dx in around:
            v = min(max(y + radius * dy, 0), plane.shape[0] - 1)
            u = min(max(x + radius * dx, 0), plane.shape[1] - 1)
            bits.append(plane[v, u] >= plane[y, x])
        changes = sum(bits[k] != bits[k - 1] for k in range(8))
        expected[y, x] = sum(bits) if changes <= 2 else 9
    assert_array_equal(binary_patterns(plane, radius), expected)


def test_shares_of_binary_patterns_are_those_of_the_region(scene, synthetic):
    found = measures(synthetic[0], "texture")
    codes = binary_patterns(scene.planes["green"], 2)[scene.masks["nucleus"]]
    for k in range(9):
        assert_allclose(found[f"green_nucleus_lbp2px_{k}_brighter"], np.mean(codes == k))
    assert_allclose(found["green_nucleus_lbp2px_mixed"], np.mean(codes == 9))
