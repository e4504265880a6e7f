"""Tests of the segmentation of nuclei and cells against synthetic images."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import ndimage

from sklearn_hpa._images.regions import find_regions
from sklearn_hpa.datasets import make_hpa_images
from tests.feature_extraction.measures.images import (
    REFERENCE_PLANES,
    cell_with,
    disc,
    iou,
    measures,
    regions_of,
    synthetic_field,
)


@pytest.fixture(scope="module")
def synthetic():
    return make_hpa_images(4, n_labels=28, size=128, random_state=3)[0]


@pytest.mark.parametrize("blanked", [False, True], ids=["grey background", "blanked background"])
@pytest.mark.parametrize(("size", "n_cells"), [(128, 1), (128, 8), (256, 50)])
def test_regions_agree_with_the_synthetic_cells(size, n_cells, blanked):
    image, cell, nucleus, n_nuclei = synthetic_field(1, size, n_cells)
    if blanked:
        image = image * cell[..., None].astype(np.uint8)
    found = regions_of(image)
    assert iou(found.masks["cell"], cell) > 0.8
    assert iou(found.masks["nucleus"], nucleus) > 0.9
    count = np.expm1(measures(image, "cells")["cells_log_count"])
    assert abs(count - n_nuclei) <= 0.1 * n_nuclei


def test_regions_do_not_depend_on_the_protein(synthetic):
    image = synthetic[0].copy()
    before = regions_of(image)
    image[..., 1] = image[..., 1][::-1] // 2 + 1
    image[0, 0] = 0
    after = regions_of(image)
    for name, mask in before.masks.items():
        assert_array_equal(after.masks[name], mask)


def test_regions_on_a_blanked_background_do_not_depend_on_the_protein():
    rng = np.random.default_rng(0)
    image = cell_with(rng.integers(1, 256, (96, 96)).astype(np.uint8))
    assert (image[..., REFERENCE_PLANES] == 0).all(axis=-1).mean() > 0.5
    before = regions_of(image)
    for protein in (0, 255, rng.integers(0, 256, (96, 96))):
        image[..., 1] = protein
        after = regions_of(image)
        for name, mask in before.masks.items():
            assert_array_equal(after.masks[name], mask)


def test_the_blanked_background_is_what_is_black_in_every_reference_stain():
    image = np.zeros((64, 64, 4), np.uint8)
    image[10:50, 10:40, 0] = 1
    image[10:50, 40:50, 3] = 1
    image[10:50, 50:60, 1] = 1
    expected = np.zeros((64, 64), bool)
    expected[10:50, 10:50] = True
    assert_array_equal(regions_of(image).masks["cell"], expected)


@pytest.mark.parametrize(("black", "blanked"), [(28, False), (36, True)])
def test_a_background_is_blanked_where_more_than_half_of_the_image_is_black(black, blanked):
    image = np.full((64, 64, 4), 4, np.uint8)
    image[:, :black] = 0
    image[10:50, 44:] = 200
    expected = np.zeros((64, 64), bool)
    expected[:, black:] = True
    assert (iou(regions_of(image).masks["cell"], expected) == 1) == blanked


def test_nucleus_and_cytoplasm_are_the_parts_of_the_cell(synthetic):
    masks = regions_of(synthetic[0]).masks
    assert not (masks["nucleus"] & masks["cytoplasm"]).any()
    assert_array_equal(masks["nucleus"] | masks["cytoplasm"], masks["cell"])
    assert not (masks["nuclear_border"] & ~masks["cell"]).any()
    assert not (masks["cell_border"] & ~masks["cell"]).any()


def test_touching_nuclei_are_split():
    shape = (128, 128)
    image = np.full((*shape, 4), 60, np.uint8)
    left, right = disc(shape, 64, 46, 20), disc(shape, 64, 81, 20)
    assert ndimage.label(left | right)[1] == 1
    image[..., 2] = np.where(left | right, 200, 5)
    cells = regions_of(image).cells
    assert set(np.unique(cells)) == {1, 2}
    assert cells[64, 46] != cells[64, 81]


def test_a_pixel_as_near_to_two_nuclei_is_that_of_the_brighter_one_however_turned():
    shape = (101, 101)
    image = np.full((*shape, 4), 60, np.uint8)
    left, right = disc(shape, 50, 30, 12), disc(shape, 50, 70, 12)
    image[..., 2] = np.where(right, 220, np.where(left, 200, 0))
    for k in range(4):
        cells = np.rot90(regions_of(np.rot90(image, k)).cells, -k)
        assert (cells[:, 50] == cells[50, 70]).all()
        assert (cells[:, 49] == cells[50, 30]).all()


def test_a_cell_belongs_to_its_nearest_nucleus(synthetic):
    found = regions_of(synthetic[1])
    nuclei = np.where(found.masks["nucleus"], found.cells, 0)
    rng = np.random.default_rng(0)
    inside = np.argwhere(found.masks["cytoplasm"])
    for y, x in rng.permutation(inside)[:200]:
        nuclear = np.argwhere(nuclei > 0)
        distance = ((nuclear - (y, x)) ** 2).sum(axis=1)
        nearest = nuclear[distance == distance.min()]
        assert found.cells[y, x] in nuclei[tuple(nearest.T)]
        assert_allclose(found.from_nucleus[y, x], np.sqrt(distance.min()) - 0.5)


def test_the_frame_is_no_border_of_a_cell():
    image = np.full((40, 70, 2), 100, np.uint8)
    image[:, :40] = 0
    found = find_regions({"red": image[..., 0], "green": image[..., 1]}, "green", None)
    assert found.masks["cell"][20, 50]
    assert_allclose(found.from_border[20, 40:], np.arange(30))
    assert np.flatnonzero(found.masks["cell_border"][20]).tolist() == [40, 41, 42]


def test_without_a_nucleus_in_the_image_the_cell_is_all_cytoplasm(synthetic):
    image = synthetic[0].copy()
    image[..., 2] = 0
    masks = regions_of(image).masks
    assert not masks["nucleus"].any()
    assert_array_equal(masks["cytoplasm"], masks["cell"])
    assert measures(image, "ratio")["nucleus_area_fraction"] == 0
