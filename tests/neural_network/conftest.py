"""Samples shared by the tests of the network."""

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import make_multilabel_classification

from .networks import N_FEATURES, NAMES, N


@pytest.fixture(scope="module")
def data():
    return make_multilabel_classification(120, 10, n_classes=3, random_state=0)


@pytest.fixture(scope="module")
def frame(data):
    return pd.DataFrame(data[1], columns=NAMES)


@pytest.fixture(scope="module")
def rare():
    """600 samples with two overlapping labels; the second label is rare."""
    rng = np.random.default_rng(0)
    y = (rng.random((600, 2)) < [0.5, 0.05]).astype(int)
    return rng.normal(size=(600, 4)) + y @ rng.normal(size=(2, 4)), y


@pytest.fixture(scope="module")
def pixels():
    rng = np.random.default_rng(0)
    y = (rng.random((N, 3)) < [0.5, 0.3, 0.2]).astype(int)
    X = rng.integers(0, 256, (N, N_FEATURES), dtype=np.uint8)
    X[:, :3] = np.where(y, X[:, :3] // 2 + 128, X[:, :3] // 2)
    return X, y
