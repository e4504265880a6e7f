"""Images shared by the tests of the measures."""

import numpy as np
import pytest

from sklearn_hpa.datasets import make_hpa_images

from .images import scene_of


@pytest.fixture(scope="module")
def noise():
    return np.random.default_rng(0).integers(0, 256, (64, 64)).astype(np.uint8)


@pytest.fixture(scope="module")
def synthetic():
    return make_hpa_images(4, n_labels=28, size=128, random_state=3)[0]


@pytest.fixture(scope="module")
def scene(synthetic):
    return scene_of(synthetic[0])
