"""Random pixels shared by the image tests."""

import numpy as np
import pytest

from .writing import random_images, save_channels


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def noise(rng):
    return rng.integers(0, 256, (48, 64), dtype=np.uint8)


@pytest.fixture(scope="module")
def images():
    return random_images()


@pytest.fixture
def frame(images, tmp_path):
    return save_channels(images, tmp_path)
