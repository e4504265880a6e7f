"""Tests of the metrics of probabilities and rankings."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.metrics import log_loss

from sklearn_hpa.metrics import (
    multilabel_average_precision_score,
    multilabel_brier_score,
    multilabel_log_loss,
    multilabel_report,
)

from .measures import (
    few_examples,
    probability_predictions,
    slow_average_precision,
    slow_mean_of_cells,
    slow_present,
)


@given(probability_predictions)
@few_examples
def test_macro_average_precision_is_a_mean_over_the_present_labels(data):
    truth, proba, weights = data
    present = slow_present(truth, weights)
    assume(present)
    by_label = [slow_average_precision(truth[:, j], proba[:, j], weights) for j in present]
    score = multilabel_average_precision_score(truth, proba, sample_weight=weights)
    assert score == pytest.approx(sum(by_label) / len(present))


@given(probability_predictions)
@few_examples
def test_micro_average_precision_ranks_all_cells_as_one_list(data):
    truth, proba, weights = data
    assume(slow_present(truth, weights))
    of_cells = [w for w in weights for _ in range(truth.shape[1])]
    score = multilabel_average_precision_score(truth, proba, average="micro", sample_weight=weights)
    assert score == pytest.approx(
        slow_average_precision(truth.ravel().tolist(), proba.ravel().tolist(), of_cells)
    )


@given(probability_predictions, st.sampled_from([np.float32, np.float64]))
@few_examples
def test_log_loss_is_the_mean_cross_entropy_of_cells_clipped_at_the_eps_of_the_dtype(data, dtype):
    truth, proba, weights = data
    proba = proba.astype(dtype)
    eps = float(np.finfo(dtype).eps)

    def cross_entropy(y, p):
        p = min(max(float(p), eps), 1 - eps)
        return -np.log(p if y == 1 else 1 - p)

    score = multilabel_log_loss(truth, proba, sample_weight=weights)
    expected = slow_mean_of_cells(truth, proba, weights, cross_entropy)
    assert score == pytest.approx(expected, rel=1e-3, abs=1e-6)


@given(probability_predictions)
@few_examples
def test_brier_score_is_the_mean_squared_difference_of_cells(data):
    truth, proba, weights = data
    score = multilabel_brier_score(truth, proba, sample_weight=weights)
    expected = slow_mean_of_cells(truth, proba, weights, lambda y, p: (p - y) ** 2)
    assert score == pytest.approx(expected)


def test_a_sample_without_labels_is_ranked_perfectly_and_covered_by_none():
    truth, proba = np.array([[0, 0], [1, 0]]), np.array([[0.9, 0.8], [0.7, 0.2]])
    report = multilabel_report(truth, proba >= 0.5, proba)["model"]
    assert report["label_ranking_average_precision"] == 1
    assert report["coverage_error"] == 0.5


def test_a_certain_error_costs_the_log_of_the_eps_of_the_dtype():
    for dtype in (np.float32, np.float64):
        loss = multilabel_log_loss([[1, 0]], np.array([[0, 0]], dtype))
        assert loss == pytest.approx(-np.log(np.finfo(dtype).eps) / 2)


def test_log_loss_is_the_mean_of_the_log_losses_of_the_labels_not_the_multiclass_one():
    truth = np.array([[1, 1, 0], [0, 1, 0], [1, 0, 1]])
    proba = np.array([[0.9, 0.6, 0.2], [0.3, 0.8, 0.1], [0.6, 0.5, 0.7]])
    by_label = [log_loss(truth[:, j], proba[:, j], labels=[0, 1]) for j in range(3)]
    assert multilabel_log_loss(truth, proba) == pytest.approx(np.mean(by_label))


def test_coverage_and_ranking_of_one_label_are_trivial():
    report = multilabel_report([[1], [0]], [[1], [1]], [[0.2], [0.9]])["model"]
    assert report["coverage_error"] == 0.5
    assert report["label_ranking_average_precision"] == 1


def test_average_precision_takes_scores_of_any_range():
    scores = np.log(np.array([[0.8, 0.6], [0.3, 0.4]]))
    assert multilabel_average_precision_score([[1, 0], [0, 1]], scores) == 0.75
