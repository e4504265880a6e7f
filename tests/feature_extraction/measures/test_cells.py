"""Tests of the measures averaged over cells."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from .images import disc, measures, scene_of


@pytest.fixture(scope="module")
def two_cells():
    """Two equal cells with the protein levels 40 and 120 in cytoplasm, 80 and 60 in nucleus."""
    shape = (128, 256)
    image = np.zeros((*shape, 4), np.uint8)
    for x, around, within in ((64, 40, 80), (192, 120, 60)):
        cell, nucleus = disc(shape, 64, x, 50), disc(shape, 64, x, 20)
        image[cell] = 50
        image[..., 1][cell] = around
        image[..., 1][nucleus] = within
        image[..., 2][nucleus] = 200
    return image


def test_cells_are_averaged_each_counted_alike(two_cells):
    found = measures(two_cells, "cells")
    scene = scene_of(two_cells)
    brightness, fraction, pearsons = [], [], []
    for number in (1, 2):
        cell = scene.cells == number
        protein, nucleus = scene.planes["green"] / 255, cell & scene.masks["nucleus"]
        brightness.append(protein[cell].mean())
        fraction.append(protein[nucleus].sum() / protein[cell].sum())
        pearsons.append(np.corrcoef(protein[cell], scene.planes["blue"][cell])[0, 1])
    assert_allclose(np.expm1(found["cells_log_count"]), 2)
    for name, values in (
        ("green_brightness", brightness),
        ("green_nucleus_fraction", fraction),
        ("green_blue_pearson", pearsons),
    ):
        assert_allclose(found[f"cells_{name}_mean"], np.mean(values), atol=1e-9, err_msg=name)
        assert_allclose(found[f"cells_{name}_spread"], np.std(values), atol=1e-9, err_msg=name)
    expected = (np.log2(81 / 41) + np.log2(61 / 121)) / 2
    assert_allclose(found["cells_green_nucleus_over_cytoplasm_mean"], expected, atol=0.1)
    assert_allclose(found["cells_area_spread"], 0, atol=1e-3)


def test_a_single_cell_does_not_differ_from_itself(two_cells):
    found = measures(two_cells[:, :128], "cells")
    assert_allclose(np.expm1(found["cells_log_count"]), 1)
    assert {value for name, value in found.items() if name.endswith("_spread")} == {0.0}


def test_a_speck_far_smaller_than_the_median_cell_is_left_out(two_cells):
    image = two_cells.copy()
    image[disc(image.shape, 8, 128, 8)] = 250
    assert len(np.unique(scene_of(image).cells)) == 4
    found, expected = measures(image, "cells"), measures(two_cells, "cells")
    assert_allclose(np.expm1(found["cells_log_count"]), 2)
    name = "cells_green_brightness_mean"
    assert_allclose(found[name], expected[name], rtol=0.01)
