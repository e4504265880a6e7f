"""Tests of macro and micro averages: counted labels and undefined values."""

import re

import numpy as np
import pytest
from hypothesis import assume, given
from sklearn.exceptions import UndefinedMetricWarning

from sklearn_hpa.metrics import (
    multilabel_average_precision_score,
    multilabel_f1_score,
    multilabel_precision_score,
    multilabel_recall_score,
)

from .measures import (
    averaged,
    few_examples,
    label_predictions,
    slow_precision_recall_f1,
    slow_present,
)


@given(label_predictions)
@few_examples
def test_macro_precision_recall_and_f1_are_means_over_the_present_labels(data):
    truth, predicted, weights = data
    present = slow_present(truth, weights)
    assume(present)
    by_label = [slow_precision_recall_f1(truth, predicted, weights, [label]) for label in present]
    expected = [sum(column) / len(present) for column in zip(*by_label, strict=True)]
    scores = [
        score(truth, predicted, average="macro", sample_weight=weights)
        for score in (multilabel_precision_score, multilabel_recall_score, multilabel_f1_score)
    ]
    assert scores == pytest.approx(expected)


def test_an_absent_label_is_left_out_of_the_macro_averages():
    truth, predicted = np.array([[1, 0], [0, 0]]), np.array([[1, 1], [0, 1]])
    assert multilabel_precision_score(truth, predicted, average="macro") == 1
    assert multilabel_recall_score(truth, predicted, average="macro") == 1
    assert multilabel_f1_score(truth, predicted, average="macro") == 1
    assert multilabel_average_precision_score(truth, predicted, average="macro") == 1


def test_an_absent_label_counts_in_micro_precision():
    truth, predicted = np.array([[1, 0], [0, 0]]), np.array([[1, 1], [0, 0]])
    assert multilabel_precision_score(truth, predicted, average="micro") == 0.5


def test_a_present_label_that_is_never_predicted_has_precision_zero_without_a_warning():
    truth, predicted = np.array([[1, 1], [0, 1]]), np.array([[1, 0], [0, 0]])
    assert multilabel_precision_score(truth, predicted, average="macro") == 0.5


def test_a_label_whose_positives_weigh_nothing_is_absent():
    truth, predicted = np.array([[1, 0], [0, 1]]), np.array([[1, 0], [0, 0]])
    weights = [1, 0]
    assert multilabel_recall_score(truth, predicted, sample_weight=weights) == 1
    assert multilabel_average_precision_score(truth, predicted, sample_weight=weights) == 1


@averaged
@pytest.mark.parametrize("n_labels", [1, 3])
def test_a_macro_average_without_any_positive_is_nan_with_a_warning(score, n_labels):
    nothing = np.zeros((2, n_labels), int)
    with pytest.warns(UndefinedMetricWarning, match="No label has a positive in y_true"):
        assert np.isnan(score(nothing, nothing, average="macro"))


@averaged
@pytest.mark.parametrize("n_labels", [1, 3])
def test_a_micro_average_of_nothing_over_nothing_is_zero_without_a_warning(score, n_labels):
    nothing = np.zeros((2, n_labels), int)
    assert score(nothing, nothing, average="micro") == 0


@averaged
def test_an_unknown_average_is_refused_with_the_valid_ones(score):
    message = "average='samples'. Valid values are 'macro' and 'micro'"
    with pytest.raises(ValueError, match=re.escape(message)):
        score([[1, 0]], [[1, 0]], average="samples")


@pytest.mark.parametrize("average", ["macro", "micro"])
def test_precision_of_one_label_is_that_of_its_positive_class(average):
    truth, predicted = [[1], [0], [0], [1]], [[1], [1], [0], [1]]
    assert multilabel_precision_score(truth, predicted, average=average) == pytest.approx(2 / 3)
    assert multilabel_recall_score(truth, predicted, average=average) == 1
