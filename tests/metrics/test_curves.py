"""Tests of precision-recall points and of the log loss of each sample."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from sklearn_hpa.metrics import multilabel_log_loss, precision_recall_points, sample_log_losses


@pytest.fixture
def predictions():
    rng = np.random.default_rng(0)
    return rng.integers(0, 2, (30, 4)).astype(np.int8), rng.random((30, 4))


def test_the_area_under_the_steps_is_the_average_precision(predictions):
    truth, scores = (each[:, 0] for each in predictions)
    precision, recall = precision_recall_points(truth, scores)
    area = -np.sum(np.diff(recall) * precision[:-1])
    assert area == pytest.approx(average_precision_score(truth, scores))


def test_a_label_of_no_sample_has_no_points():
    precision, recall = precision_recall_points(np.zeros(3, np.int8), np.ones(3))
    assert precision.size == recall.size == 0


def test_the_mean_of_the_losses_is_the_log_loss(predictions):
    losses = sample_log_losses(*predictions)
    assert losses.shape == (30,)
    assert losses.mean() == pytest.approx(multilabel_log_loss(*predictions))


def test_a_certain_error_has_a_finite_loss():
    assert np.isfinite(sample_log_losses(np.array([[1]]), np.array([[0.0]]))).all()
