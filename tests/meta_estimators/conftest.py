"""Samples and classifiers shared by the tests of the meta-estimators."""

import pandas as pd
import pytest
from sklearn.datasets import make_multilabel_classification
from sklearn.linear_model import LogisticRegression
from sklearn.multioutput import MultiOutputClassifier

from .classifiers import NAMES, Recorder


@pytest.fixture
def recorder():
    Recorder.fits.clear()
    return Recorder()


@pytest.fixture(scope="module")
def data():
    X, y = make_multilabel_classification(n_samples=300, n_labels=1, random_state=0)
    return X, pd.DataFrame(y, columns=NAMES)


@pytest.fixture
def linear():
    return MultiOutputClassifier(LogisticRegression())
