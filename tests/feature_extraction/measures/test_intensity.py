"""Tests of the intensity and ratio measures."""

import numpy as np
from numpy.testing import assert_allclose
from scipy import stats

from .images import measures


def test_intensity_is_that_of_the_pixels_of_a_region(scene, synthetic):
    found = measures(synthetic[0], "intensity")
    values = scene.planes["red"][scene.masks["cytoplasm"]] / 255
    assert_allclose(found["red_cytoplasm_mean"], values.mean())
    assert_allclose(found["red_cytoplasm_std"], values.std())
    assert_allclose(found["red_cytoplasm_skewness"], stats.skew(values))
    assert_allclose(found["red_cytoplasm_p95"], np.percentile(values, 95))


def test_fractions_and_ratios_follow_their_definition(scene, synthetic):
    found = measures(synthetic[0], "ratio")
    protein = scene.planes["green"].astype(float)
    inside, cell = protein[scene.masks["nucleus"]], protein[scene.masks["cell"]]
    around = protein[scene.masks["cytoplasm"]]
    assert_allclose(found["green_nucleus_fraction"], inside.sum() / cell.sum())
    ratio = np.log2((inside.mean() + 1) / (around.mean() + 1))
    assert_allclose(found["green_nucleus_over_cytoplasm"], ratio)
    assert_allclose(found["green_cell_variation"], cell.std() / cell.mean())
    assert_allclose(found["nucleus_area_fraction"], inside.size / cell.size)
