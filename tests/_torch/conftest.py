"""Samples with three labels."""

import pytest
from sklearn.datasets import make_multilabel_classification


@pytest.fixture(scope="module")
def data():
    return make_multilabel_classification(120, 10, n_classes=3, random_state=0)
