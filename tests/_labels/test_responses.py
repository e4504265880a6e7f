"""Tests of reading probabilities and scores: accepted forms and errors."""

import re

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import make_multilabel_classification
from sklearn.ensemble import RandomForestClassifier

from sklearn_hpa import MultiLabelMLPClassifier, MultiLabelThresholdClassifier
from sklearn_hpa._labels.responses import check_threshold, probabilities_of
from sklearn_hpa.callbacks import EpochScores
from sklearn_hpa.metrics import SCORERS, multilabel_brier_score, multilabel_log_loss
from tests.metrics.measures import on_probabilities

# ---- accepted forms ---------------------------------------------------------------------------


@on_probabilities
def test_the_list_that_a_forest_predicts_is_accepted(score):
    X, y = make_multilabel_classification(n_classes=3, random_state=0)
    forest = RandomForestClassifier(n_estimators=5, random_state=0).fit(X, y)
    as_list = forest.predict_proba(X)
    assert score(y, as_list) == score(y, np.column_stack([p[:, 1] for p in as_list]))


def test_a_lone_column_in_the_list_of_a_forest_is_refused_by_its_label():
    X, y = make_multilabel_classification(n_classes=3, random_state=0)
    unseen = y.copy()
    unseen[:, 1] = 0
    forest = RandomForestClassifier(n_estimators=5, random_state=0).fit(X, unseen)
    with pytest.raises(ValueError, match=r"not two columns for 1 of 3 labels \(numbers 1\)"):
        multilabel_log_loss(y, forest.predict_proba(X))


@pytest.mark.parametrize("value", [0, 1])
def test_a_forest_that_met_one_value_of_a_label_passes_wherever_its_classes_are_known(value):
    X, y = make_multilabel_classification(n_classes=3, random_state=0)
    seen = y.copy()
    seen[:, 1] = value
    forest = RandomForestClassifier(n_estimators=5, random_state=0).fit(X, seen)
    expected = np.column_stack([p[:, -1] for p in forest.predict_proba(X)])
    expected[:, 1] = value
    np.testing.assert_array_equal(probabilities_of(forest, X, range(3)), expected)
    loss = SCORERS["neg_multilabel_log_loss"](forest, X, y)
    assert loss == pytest.approx(-multilabel_log_loss(y, expected))


# ---- errors -----------------------------------------------------------------------------------


@on_probabilities
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_scores_that_are_not_finite_are_refused(score, value):
    with pytest.raises(ValueError, match=f"{value:g}.? at label 1, row 0; expected finite"):
        score([[1, 0]], [[0.5, value]])


@pytest.mark.parametrize("score", [multilabel_log_loss, multilabel_brier_score])
@pytest.mark.parametrize("value", [-0.25, 1.25])
def test_probabilities_outside_0_and_1_are_refused_by_label(score, value):
    proba = pd.DataFrame({"Nucleoli": [0.5], "Cytosol": [value]})
    message = f"y_proba is {value} at label 'Cytosol', row 0; expected probabilities in [0, 1]"
    with pytest.raises(ValueError, match=re.escape(message)):
        score([[1, 0]], proba)


@on_probabilities
def test_both_columns_of_a_binary_classifier_are_refused_with_the_way_out(score):
    with pytest.raises(ValueError, match=re.escape("[:, 1]")):
        score([1, 0], [[0.1, 0.9], [0.8, 0.2]])


def test_a_series_of_thresholds_has_the_labels_in_their_order():
    for index in (["a", "b"], None):
        given = pd.Series([0.2, 0.8], index=index)
        assert check_threshold(given, 2, np.array(["a", "b"])).tolist() == [0.2, 0.8]
    assert check_threshold(pd.Series({"b": 0.2, "a": 0.8}), 2, ["0", "1"]).tolist() == [0.2, 0.8]
    for names in (["b", "a"], ["a", "c"]):
        with pytest.raises(ValueError, match=r"threshold names .* threshold\.loc\[\['a', 'b'\]\]"):
            check_threshold(pd.Series([0.2, 0.8], index=names), 2, np.array(["a", "b"]))


def test_every_reader_of_thresholds_compares_the_names():
    X = np.random.default_rng(0).normal(size=(12, 2))
    y = pd.DataFrame({"a": [0, 1] * 6, "b": [1, 0, 0] * 4})
    swapped = pd.Series([0.5] * y.shape[1], index=y.columns[::-1])
    for estimator in (
        MultiLabelMLPClassifier((2,), max_epochs=1, threshold=swapped),
        MultiLabelMLPClassifier((2,), max_epochs=1, callbacks=[EpochScores(threshold=swapped)]),
        MultiLabelThresholdClassifier(MultiLabelMLPClassifier((2,), max_epochs=1), swapped),
    ):
        with pytest.raises(ValueError, match="names its labels differently from fit"):
            estimator.fit(X, y)
