"""Random pixels that the tests of images share."""

import numpy as np
import pytest


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def noise(rng):
    return rng.integers(0, 256, (48, 64), dtype=np.uint8)
