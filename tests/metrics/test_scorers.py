"""Tests of the metric table and its scorers with scikit-learn's tools."""

import copy
import pickle

import numpy as np
import pandas as pd
import pytest
import sklearn
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import make_multilabel_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.neural_network import MLPClassifier

from sklearn_hpa.metrics import SCORERS, multilabel_report

from .measures import every_function, probability_predictions


@pytest.mark.slow
@given(probability_predictions, st.randoms(use_true_random=False))
@settings(max_examples=20, deadline=None)
def test_no_measure_depends_on_the_order_of_labels_or_of_samples(data, random):
    truth, proba, _ = data
    assume(truth.any())
    rows, columns = list(range(truth.shape[0])), list(range(truth.shape[1]))
    random.shuffle(rows)
    random.shuffle(columns)
    original = multilabel_report(truth, proba >= 0.5, proba)["model"]
    truth, proba = truth[rows][:, columns], proba[rows][:, columns]
    pd.testing.assert_series_equal(multilabel_report(truth, proba >= 0.5, proba)["model"], original)


@every_function
def test_a_sample_of_weight_zero_counts_as_if_it_were_not_there(score):
    truth = np.array([[1, 0, 1], [1, 0, 0], [0, 1, 0]])
    other = np.array([[1, 0, 0], [0, 0, 1], [1, 1, 0]])
    assert score(truth, other, sample_weight=[1, 2, 0]) == pytest.approx(
        score(truth[:2], other[:2], sample_weight=[1, 2])
    )


SCORER_NAMES = {
    "exact_match_accuracy",
    "proportional_accuracy",
    "label_accuracy",
    "precision_micro",
    "recall_micro",
    "f1_micro",
    "precision_macro",
    "recall_macro",
    "f1_macro",
    "average_precision_micro",
    "average_precision_macro",
    "label_ranking_average_precision",
    "neg_coverage_error",
    "neg_multilabel_log_loss",
    "neg_multilabel_brier_score",
}


class PriorClassifier(ClassifierMixin, BaseEstimator):
    """Predict the prevalence of each label, with the library's form of probabilities."""

    def fit(self, X, y, sample_weight=None):
        self.shares_ = np.asarray(y).mean(axis=0)
        self.classes_ = np.tile([0, 1], (len(self.shares_), 1))
        return self

    def predict_proba(self, X):
        return np.tile(self.shares_, (len(X), 1))

    def predict(self, X):
        return (self.predict_proba(X) >= 0.5).astype(int)


@pytest.fixture(scope="module")
def Xy():
    return make_multilabel_classification(
        n_samples=90, n_features=8, n_classes=4, allow_unlabeled=False, random_state=0
    )


def mlp():
    return MLPClassifier((8,), tol=1.0, n_iter_no_change=3, random_state=0)


def forest():
    return RandomForestClassifier(n_estimators=10, random_state=0)


def test_every_measure_has_its_scorer_under_its_name():
    assert set(SCORERS) == SCORER_NAMES


@pytest.mark.parametrize(
    "estimator", [mlp(), forest(), PriorClassifier()], ids=["mlp", "forest", "priors"]
)
def test_every_scorer_works_in_cross_validate(Xy, estimator):
    X, y = Xy
    scores = cross_validate(estimator, X, y, scoring=SCORERS, cv=3, error_score="raise")
    for name in SCORER_NAMES:
        assert np.isfinite(scores[f"test_{name}"]).all(), name


@pytest.mark.slow
def test_every_scorer_works_in_two_processes(Xy):
    X, y = Xy
    alone = cross_validate(mlp(), X, y, scoring=SCORERS, cv=2, error_score="raise")
    together = cross_validate(mlp(), X, y, scoring=SCORERS, cv=2, error_score="raise", n_jobs=2)
    for name in SCORER_NAMES:
        np.testing.assert_allclose(together[f"test_{name}"], alone[f"test_{name}"])


@pytest.mark.parametrize("n_labels", [1, 2, 3])
@pytest.mark.parametrize("frame", [True, False], ids=["DataFrame", "array"])
def test_every_scorer_works_with_few_labels(Xy, n_labels, frame):
    X, y = Xy
    y = y[:, :n_labels]
    y = pd.DataFrame(y, columns=list("abc")[:n_labels]) if frame else y
    scores = cross_validate(PriorClassifier(), X, y, scoring=SCORERS, cv=2, error_score="raise")
    for name in SCORER_NAMES:
        assert np.isfinite(scores[f"test_{name}"]).all(), name


@pytest.mark.parametrize("estimator", [mlp(), forest()], ids=["mlp", "forest"])
def test_every_scorer_works_with_a_1d_binary_target(Xy, estimator):
    X, y = Xy
    scores = cross_validate(estimator, X, y[:, 0], scoring=SCORERS, cv=2, error_score="raise")
    for name in SCORER_NAMES:
        assert np.isfinite(scores[f"test_{name}"]).all(), name


def test_a_two_label_classifier_taken_for_a_binary_one_is_refused_with_the_reason(Xy):
    X, y = Xy
    estimator = mlp().fit(X, y[:, :2])
    assert estimator.classes_.tolist() == [0, 1]
    with pytest.raises(ValueError, match=r"whose classes_ is \[0, 1\]"):
        SCORERS["average_precision_macro"](estimator, X, y[:, :2])


def test_scorers_agree_with_the_report_up_to_their_sign(Xy):
    X, y = Xy
    estimator = forest().fit(X, y)
    report = multilabel_report(y, estimator.predict(X), estimator.predict_proba(X))["model"]
    for name, scorer in SCORERS.items():
        sign = -1 if name.startswith("neg_") else 1
        assert scorer(estimator, X, y) == sign * report[name.removeprefix("neg_")], name


def test_all_scorers_together_ask_the_estimator_once_for_each_response(Xy):
    X, y = Xy
    calls = []

    class Counting(PriorClassifier):
        def predict(self, X):
            calls.append("predict")
            return np.zeros((len(X), len(self.shares_)), int)

        def predict_proba(self, X):
            calls.append("predict_proba")
            return super().predict_proba(X)

    cross_validate(Counting(), X, y, scoring=SCORERS, cv=[(range(60), range(60, 90))])
    assert sorted(calls) == ["predict", "predict_proba"]


def test_scorers_survive_pickling(Xy):
    X, y = Xy
    estimator = PriorClassifier().fit(X, y)
    for name, scorer in pickle.loads(pickle.dumps(SCORERS)).items():
        assert scorer(estimator, X, y) == SCORERS[name](estimator, X, y)


def test_grid_search_takes_all_scorers_and_refits_by_one(Xy):
    X, y = Xy
    search = GridSearchCV(
        forest(), {"max_depth": [1, 5]}, scoring=SCORERS, refit="proportional_accuracy", cv=2
    ).fit(X, y)
    assert search.best_params_ == {"max_depth": 5}
    assert (search.cv_results_["mean_test_neg_multilabel_log_loss"] < 0).all()


@pytest.mark.parametrize("name", sorted(SCORER_NAMES))
def test_sample_weight_is_routed_to_the_scorer_that_requests_it(Xy, name):
    X, y = Xy
    weights = np.r_[np.zeros(15), np.ones(75)]
    test = np.arange(30)
    with sklearn.config_context(enable_metadata_routing=True):
        scorer = copy.deepcopy(SCORERS[name]).set_score_request(sample_weight=True)
        scores = cross_validate(
            PriorClassifier().set_fit_request(sample_weight=False),
            X,
            y,
            scoring=scorer,
            cv=[(np.arange(30, 90), test)],
            params={"sample_weight": weights},
            error_score="raise",
        )
    estimator = PriorClassifier().fit(X[30:], y[30:])
    assert scores["test_score"] == pytest.approx(SCORERS[name](estimator, X[15:30], y[15:30]))
