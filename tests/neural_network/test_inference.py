"""Tests that predictions do not depend on the batch."""

import numpy as np
import pytest
import torch

from .networks import small, two_layers


@pytest.mark.parametrize("n_features", [3, 300, 12288])
def test_a_row_s_probabilities_do_not_depend_on_the_other_rows(n_features):
    rng = np.random.default_rng(0)
    X = rng.integers(0, 256, (150, n_features), dtype=np.uint8)
    y = rng.integers(0, 2, (150, 4))
    classifier = small(max_epochs=1).fit(X, y)
    together = classifier.predict_proba(X)
    alone = np.vstack([classifier.predict_proba(X[i : i + 1]) for i in range(0, 150, 10)])
    np.testing.assert_array_equal(together[::10], alone)


@pytest.mark.slow
@pytest.mark.parametrize("n_threads", [1, 2])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
@pytest.mark.parametrize("n_features", [30, 51])
@pytest.mark.parametrize("sizes", [(), (10,), (33,), (50, 7), (32, 7)])
def test_a_row_s_probabilities_do_not_depend_on_its_position(sizes, n_features, dtype, n_threads):
    rng = np.random.default_rng(0)
    X = rng.integers(0, 256, (110, n_features), dtype=np.uint8).astype(dtype)
    y = (rng.random((110, 4)) < 0.5).astype(int)
    before = torch.get_num_threads()
    torch.set_num_threads(n_threads)
    try:
        classifier = two_layers(hidden_layer_sizes=sizes, max_epochs=1).fit(X, y)
        proba = classifier.predict_proba(X)
        alone = np.vstack([classifier.predict_proba(X[row : row + 1]) for row in range(len(X))])
    finally:
        torch.set_num_threads(before)
    np.testing.assert_array_equal(alone, proba)


@pytest.mark.parametrize("columns", [7, 48, 100])
@pytest.mark.parametrize("sizes", [(16, 8), ()])
def test_wide_pixels_are_predicted_a_range_of_columns_at_a_time(
    pixels, monkeypatch, columns, sizes
):
    X, y = pixels
    for name, value in {
        "_inference.ROWS_AT_ONCE": 40,
        "_pixel_linear.PIXEL_ROWS": 8,
        "_pixel_linear.PIXEL_COLUMNS": columns,
    }.items():
        monkeypatch.setattr(f"sklearn_hpa.neural_network.{name}", value)
    classifier = two_layers(hidden_layer_sizes=sizes).fit(X, y)
    proba = classifier.predict_proba(X)
    logits = classifier.net_.module_(torch.tensor(X)).detach().numpy()
    np.testing.assert_allclose(proba, 1 / (1 + np.exp(-logits)), atol=1e-6)
    for rows in (slice(0, 1), slice(5, 38), slice(60, 90)):
        np.testing.assert_array_equal(classifier.predict_proba(X[rows]), proba[rows])
