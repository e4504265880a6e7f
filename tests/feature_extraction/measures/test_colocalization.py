"""Tests of the colocalization measures against their definitions."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from .images import REFERENCES, measures


def test_colocalization_follows_its_definitions_pixel_by_pixel(scene, synthetic):
    found = measures(synthetic[0], "colocalization")
    mask = scene.masks["cytoplasm"]
    a, b = scene.planes["green"][mask] / 255, scene.planes["yellow"][mask] / 255
    a_where_b = b_where_a = same_side = 0.0
    for p, q in zip(a, b, strict=True):
        a_where_b += p if q > b.mean() else 0
        b_where_a += q if p > a.mean() else 0
        same_side += (p > a.mean()) == (q > b.mean())
    expected = {
        "pearson": np.corrcoef(a, b)[0, 1],
        "manders1": a_where_b / a.sum(),
        "manders2": b_where_a / b.sum(),
        "overlap": (a * b).sum() / np.sqrt((a * a).sum() * (b * b).sum()),
        "icq": same_side / len(a) - 0.5,
    }
    for name, value in expected.items():
        assert_allclose(found[f"green_cytoplasm_yellow_{name}"], value, err_msg=name)


def test_a_protein_that_is_a_reference_stain_is_explained_by_it(synthetic):
    image = synthetic[0].copy()
    image[..., 1] = image[..., 3]
    found = measures(image, "colocalization")
    assert_allclose(found["green_cell_yellow_pearson"], 1)
    assert_allclose(found["green_cell_yellow_icq"], 0.5)
    assert_allclose(found["green_cell_yellow_pearson_band2"], 1)
    assert found["green_cell_references_r2"] > 0.98
    weights = {name: found[f"green_cell_{name}_weight"] for name in REFERENCES}
    assert max(weights, key=weights.get) == "yellow"
    assert found["green_cell_yellow_at_spots_band1"] > 0 > found["green_cell_yellow_at_holes_band1"]


@pytest.mark.parametrize("level", [0, 1, 100, 255])
def test_a_flat_protein_goes_along_with_nothing(synthetic, level):
    image = synthetic[0].copy()
    image[..., 1] = level
    found = measures(image, "colocalization")
    assert found["green_cell_references_r2"] == pytest.approx(0, abs=1e-12)
    for name in REFERENCES:
        assert found[f"green_cell_{name}_pearson"] == 0
        assert found[f"green_cell_{name}_icq"] == 0
        assert found[f"green_cell_{name}_manders2"] == 0
