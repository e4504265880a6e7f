"""Tests of scores by name: metrics of the report, or custom functions."""

import numpy as np
import pytest

from sklearn_hpa.callbacks import EpochScores
from sklearn_hpa.metrics import multilabel_report
from sklearn_hpa.metrics._scoring import compute_score, read_scoring


@pytest.mark.parametrize(
    ("scoring", "message"),
    [
        ("lable_accuracy", "scoring holds 'lable_accuracy', .* did you mean 'label_accuracy'"),
        (["neg_coverage_error"], "did you mean 'coverage_error'.*Valid names are proportional"),
        (["zzz"], "scoring holds 'zzz', which is no measure. Valid names are .*dict of functions"),
        (None, "a list of measures or a dict of functions, got None"),
        ({"top": "label_accuracy"}, "'top': 'label_accuracy'; expected a name and a function"),
        ({"loss": np.mean}, "scoring cannot record 'loss', which the training itself records"),
    ],
)
def test_scoring_that_cannot_be_done_is_refused_when_it_is_named(scoring, message):
    with pytest.raises(ValueError, match=message):
        EpochScores(scoring)


TRUTH = np.array([[1, 0, 1], [0, 1, 0], [1, 1, 0]])
PROBA = np.array([[0.9, 0.4, 0.3], [0.2, 0.6, 0.1], [0.7, 0.8, 0.6]])


def test_measures_by_name_are_those_of_the_report():
    report = multilabel_report(TRUTH, PROBA >= 0.5, PROBA)["model"]
    names = [name for name in report.index if not name.startswith("labels_")]
    for name, measure in read_scoring(names).items():
        score = compute_score(name, measure, TRUTH, (PROBA >= 0.5).astype(int), PROBA)
        assert score == pytest.approx(report[name])


def test_one_name_is_a_list_of_one():
    assert read_scoring("f1_macro") == read_scoring(["f1_macro"])


def test_functions_get_copies_and_give_a_float():
    def spoil(y_true, y_proba):
        y_true[:] = 0
        return np.float32(0.25)

    truth = TRUTH.copy()
    score = compute_score("spoil", spoil, truth, truth, PROBA)
    assert score == 0.25 and type(score) is float
    np.testing.assert_array_equal(truth, TRUTH)


def test_scores_that_are_undefined_are_nan_without_a_warning():
    (measure,) = read_scoring("f1_macro").values()
    nothing = np.zeros((2, 3), int)
    assert np.isnan(compute_score("f1_macro", measure, nothing, nothing, np.zeros((2, 3))))


def test_functions_that_return_no_number_are_named():
    with pytest.raises(ValueError, match="scoring 'mine' returned 'high', expected a number"):
        compute_score("mine", lambda y_true, y_proba: "high", TRUTH, TRUTH, PROBA)
