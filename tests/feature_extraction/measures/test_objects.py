"""Tests of the object measures: shapes of ellipses, number of spots."""

import numpy as np
from numpy.testing import assert_allclose
from scipy import ndimage
from skimage.measure import regionprops

from sklearn_hpa.feature_extraction.measures._objects import _shapes

from .images import cell_with, ellipse, measures, scene_of


def test_shapes_of_ellipses_are_those_of_scikit_image():
    shape = (100, 100)
    spots = (
        ellipse(shape, 20, 20, 10, 4, 0.4)
        | ellipse(shape, 20, 70, 6, 6, 0)
        | ellipse(shape, 70, 30, 15, 3, 1.2)
        | ellipse(shape, 75, 80, 8, 5, 2.5)
    )
    found = _shapes(spots, np.ones(shape, bool))
    each = regionprops(ndimage.label(spots, np.ones((3, 3)))[0])
    area = np.array([spot.area for spot in each])
    # In scikit-image, a pixel is a point. A square of unit mass has second moments of 1/12.
    moments = np.array([spot.inertia_tensor_eigvals for spot in each]) + 1 / 12
    eccentricity = np.sqrt(1 - moments[:, 1] / moments[:, 0])
    assert_allclose(eccentricity, [spot.eccentricity for spot in each], atol=0.01)
    expected = {
        "log_per_1000px": np.log1p(1000 * 4 / 10000),
        "area_fraction": area.sum() / 10000,
        "log_mean_area": np.log1p(area.mean()),
        "log_largest_area": np.log1p(area.max()),
        "eccentricity": (eccentricity * area).sum() / area.sum(),
    }
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        assert_allclose(found[name], value, err_msg=name)


def test_spots_are_counted_and_placed():
    protein = np.full((128, 128), 20.0)
    centres = [(64, 64), (60, 72), (24, 64), (64, 24), (104, 64)]
    for y, x in centres:
        dot = np.zeros((128, 128))
        dot[y, x] = 1
        protein += 180 * ndimage.gaussian_filter(dot, 1.5) / ndimage.gaussian_filter(dot, 1.5).max()
    image = cell_with(protein.astype(np.uint8))
    found, scene = measures(image, "objects"), scene_of(image)
    for region, count in (("nucleus", 2), ("cytoplasm", 3)):
        area = scene.masks[region].sum()
        prefix = f"green_{region}_spots_band2"
        assert_allclose(found[f"{prefix}_log_per_1000px"], np.log1p(1000 * count / area))
        assert found[f"{prefix}_eccentricity"] < 0.4
    assert found["green_cytoplasm_spots_band2_from_nucleus"] > 0
    assert found["green_cytoplasm_spots_band2_from_border"] < 0
