"""Samples with groups, shared by the tests of the splitters."""

import numpy as np
import pytest
from sklearn.datasets import make_multilabel_classification


@pytest.fixture(scope="module")
def data():
    X, y = make_multilabel_classification(120, 5, n_classes=4, random_state=0)
    groups = np.random.default_rng(0).integers(30, size=120)
    return X, y, groups
