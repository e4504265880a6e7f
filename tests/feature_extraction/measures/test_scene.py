"""A scene: what families share changes no number."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from sklearn_hpa.datasets import make_hpa_images
from sklearn_hpa.feature_extraction.measures import FAMILIES, measure

from . import call_by_call


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
