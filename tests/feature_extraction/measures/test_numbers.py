"""Tests of moments and correlation against SciPy and NumPy."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats

from sklearn_hpa.feature_extraction.measures._numbers import moments, pearson


def test_moments_are_those_of_scipy():
    values = np.random.default_rng(0).gamma(2, size=1000)
    expected = (
        values.mean(),
        values.std(),
        stats.skew(values),
        stats.kurtosis(values, fisher=False),
    )
    assert_allclose(moments(values), expected)


@pytest.mark.parametrize("values", [np.zeros(0), np.full(7, 0.25)])
def test_moments_of_nothing_and_of_a_constant_are_finite(values):
    mean = 0.25 if values.size else 0
    assert_allclose(moments(values), (mean, 0, 0, 0))


def test_pearson_is_that_of_numpy():
    a, b = np.random.default_rng(0).random((2, 50))
    assert_allclose(pearson(a, a + b), np.corrcoef(a, a + b)[0, 1])
    assert pearson(a, np.ones(50)) == 0
