"""Test the reader of sample weights."""

import numpy as np
import pandas as pd
import pytest

from sklearn_hpa._labels.weights import read_sample_weight


@pytest.mark.parametrize("form", [list, np.asarray, pd.Series, lambda values: np.float32(values)])
def test_weights_of_every_form_become_float64(form):
    weights = read_sample_weight(form([0, 1.5, 2]), 3)
    assert weights.dtype == np.float64
    assert weights.tolist() == [0, 1.5, 2]


def test_a_number_is_the_weight_of_every_sample():
    assert read_sample_weight(2, 3).tolist() == [2, 2, 2]


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([1, 2], r"shape \(2,\); expected \(3,\), one per sample"),
        ([[1], [1], [1]], r"shape \(3, 1\)"),
        ([1, -2, 1], r"values from -2 to 1; .* non-negative weights \(row 1 has -2\)"),
        ([1, 2, np.nan], "is nan in row 2; expected finite"),
        ([np.inf, 2, 1], "is inf in row 0; expected finite"),
        ([0, 0, 0], "zero for every sample; expected at least one of them positive"),
        (["a", "b", "c"], "cannot be read as numbers"),
    ],
)
def test_useless_weights_are_refused(weights, message):
    with pytest.raises(ValueError, match=message):
        read_sample_weight(weights, 3)
