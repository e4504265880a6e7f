"""Tests of scores by name: metrics of the report, or custom functions."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.metrics import get_scorer

from sklearn_hpa import MultiLabelMLPClassifier
from sklearn_hpa.callbacks import EpochScores
from sklearn_hpa.metrics import SCORERS, multilabel_report
from sklearn_hpa.metrics._scoring import read_scoring


@pytest.mark.parametrize(
    ("scoring", "message"),
    [
        ("lable_accuracy", "scoring holds 'lable_accuracy', .* did you mean 'label_accuracy'"),
        (["neg_coverage_eror"], "did you mean 'neg_coverage_error'.*Valid names are proportional"),
        (
            ["zzz"],
            "holds 'zzz', which is no metric .*[.] Valid names are .*dict of functions",
        ),
        (None, "a list of metrics or a dict of functions, got None"),
        ({"top": 3}, "'top': 3; expected a name and a function"),
        ({"top": "label_acuracy"}, "'label_acuracy', .* did you mean 'label_accuracy'"),
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
    for name, score in read_scoring(names).items():
        assert score(TRUTH, (PROBA >= 0.5).astype(int), PROBA) == pytest.approx(report[name])


def test_one_name_is_a_list_of_one():
    assert list(read_scoring("f1_macro")) == list(read_scoring(["f1_macro"])) == ["f1_macro"]


@pytest.mark.parametrize("name", [*SCORERS, "accuracy", "f1_samples", "roc_auc"])
def test_a_scorer_gives_what_it_gives_for_an_estimator(name):
    scorer = SCORERS.get(name) or get_scorer(name)
    expected = scorer(Fixed(), np.zeros((3, 1)), TRUTH)
    predicted = (PROBA >= 0.5).astype(int)
    for scoring in (name, {name: scorer}, {name: name}):
        (score,) = read_scoring(scoring).values()
        assert score(TRUTH, predicted, PROBA) == pytest.approx(expected)


def test_a_scorer_of_one_label_only_is_refused_before_training():
    X, y = np.random.RandomState(0).rand(20, 3), np.tile(TRUTH, (7, 1))[:20]
    classifier = MultiLabelMLPClassifier(callbacks=[EpochScores("matthews_corrcoef")])
    with pytest.raises(ValueError, match="'matthews_corrcoef' cannot score these labels"):
        classifier.fit(X, y)


def test_a_callable_of_three_arguments_is_a_scorer():
    def widest(estimator, X, y):
        return float(estimator.predict_proba(X).max())

    (score,) = read_scoring({"widest": widest}).values()
    assert score(TRUTH, (PROBA >= 0.5).astype(int), PROBA) == 0.9


class Fixed(ClassifierMixin, BaseEstimator):
    """A fitted classifier that always answers PROBA."""

    classes_ = np.tile([0, 1], (3, 1))

    def predict(self, X):
        return (PROBA >= 0.5).astype(int)

    def predict_proba(self, X):
        return PROBA

    def __sklearn_is_fitted__(self):
        return True


def test_functions_get_copies_and_give_a_float():
    def spoil(y_true, y_proba):
        y_true[:] = 0
        return np.float32(0.25)

    truth = TRUTH.copy()
    (scoring,) = read_scoring({"spoil": spoil}).values()
    score = scoring(truth, truth, PROBA)
    assert score == 0.25 and type(score) is float
    np.testing.assert_array_equal(truth, TRUTH)


def test_scores_that_are_undefined_are_nan_without_a_warning():
    (score,) = read_scoring("f1_macro").values()
    nothing = np.zeros((2, 3), int)
    assert np.isnan(score(nothing, nothing, np.zeros((2, 3))))


def test_functions_that_return_no_number_are_named():
    (score,) = read_scoring({"mine": lambda y_true, y_proba: "high"}).values()
    with pytest.raises(ValueError, match="scoring 'mine' returned 'high', expected a number"):
        score(TRUTH, TRUTH, PROBA)
