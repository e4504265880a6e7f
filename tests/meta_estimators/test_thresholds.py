"""Tests of MultiLabelThresholdClassifier and its strategies."""

import pickle

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit
from sklearn.base import clone
from sklearn.datasets import make_multilabel_classification
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, get_scorer
from sklearn.model_selection import (
    GridSearchCV,
    KFold,
    cross_val_predict,
    cross_validate,
)
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import QuantileTransformer

from sklearn_hpa import (
    HPAPipeline,
    ImageFlattener,
    MultiLabelMLPClassifier,
    MultiLabelThresholdClassifier,
    load,
    save,
)
from sklearn_hpa.datasets import read_labels
from sklearn_hpa.metrics import SCORERS, multilabel_report

from .classifiers import NAMES, GivenProbabilities, Recorder, drawn_probabilities, f1_of

# Strategies --------------------------------------------------------------------------------------


def test_prevalence_predicts_each_label_as_often_as_it_is_true():
    proba, y = drawn_probabilities(500, [0.3, 0.05, 0.01])
    tuned = MultiLabelThresholdClassifier(GivenProbabilities(), shrinkage=0).fit(proba, y)
    np.testing.assert_array_equal(tuned.predict(proba).sum(axis=0), y.sum(axis=0))


def test_f1_of_each_label_is_the_greatest_out_of_fold(data, linear):
    X, y = data
    cv = KFold(4)
    tuned = MultiLabelThresholdClassifier(linear, "f1", cv=cv, shrinkage=0).fit(X, y)
    proba = np.stack(cross_val_predict(linear, X, y, cv=cv, method="predict_proba"))[:, :, 1].T
    for label, name in enumerate(NAMES):
        column = proba[:, label]
        reached = f1_of(y[name], column >= tuned.thresholds_[label])
        assert reached == max(f1_of(y[name], column >= t) for t in column)


def test_the_f1_threshold_of_calibrated_probabilities_is_half_the_f1_it_reaches():
    proba, y = drawn_probabilities(40_000, [0.3, 0.05])
    tuned = MultiLabelThresholdClassifier(GivenProbabilities(), "f1", shrinkage=0, cv="prefit")
    tuned.set_params(estimator=GivenProbabilities().fit(proba, y)).fit(proba, y)
    f1 = f1_score(y, tuned.predict(proba), average=None)
    np.testing.assert_allclose(tuned.thresholds_, f1 / 2, atol=0.03)


@pytest.mark.slow
@pytest.mark.parametrize(
    "strategy", ["exact_match_accuracy", "proportional_accuracy", "f1_micro", "jaccard_macro"]
)
def test_a_scorer_is_no_lower_than_at_any_other_strategy_out_of_fold(data, linear, strategy):
    X, y = data
    cv = KFold(4)
    score = SCORERS.get(strategy) or get_scorer(strategy)
    proba = np.stack(cross_val_predict(linear, X, y, cv=cv, method="predict_proba"))[:, :, 1].T
    prefit = GivenProbabilities().fit(proba, y)
    reached = {
        other: score(
            MultiLabelThresholdClassifier(prefit, other, cv="prefit", shrinkage=0).fit(proba, y),
            proba,
            y,
        )
        for other in [strategy, "prevalence", "f1", 0.5]
    }
    assert reached[strategy] == max(reached.values())
    assert reached[strategy] > reached[0.5]


def test_a_scorer_finds_the_best_pair_of_thresholds_of_all():
    proba, y = drawn_probabilities(20, [0.4, 0.3], seed=1)
    prefit = FrozenEstimator(GivenProbabilities().fit(proba, y))
    score = SCORERS["proportional_accuracy"]

    def reached(strategy):
        tuned = MultiLabelThresholdClassifier(prefit, strategy, cv="prefit", shrinkage=0)
        return score(tuned.fit(proba, y), proba, y)

    every = [np.append(column, 1.0) for column in proba.T]
    best = max(reached([first, second]) for first in every[0] for second in every[1])
    assert reached("proportional_accuracy") == pytest.approx(best)


@pytest.mark.parametrize(
    "strategy", [0.3, [0.3] * 5, dict.fromkeys(NAMES, 0.3), np.full(5, 0.3)], ids=lambda s: type(s)
)
def test_given_thresholds_are_kept_and_nothing_is_cross_validated(data, recorder, strategy):
    X, y = data
    X = np.random.default_rng(0).random((len(y), 5))
    tuned = MultiLabelThresholdClassifier(recorder, strategy).fit(X, y)
    np.testing.assert_array_equal(tuned.thresholds_, 0.3)
    np.testing.assert_array_equal(tuned.predict(X), X >= 0.3)
    assert len(Recorder.fits) == 1


def test_a_dict_of_thresholds_goes_by_name_not_by_order(data, linear):
    X, y = data
    given = dict(zip(reversed(NAMES), [0.1, 0.2, 0.3, 0.4, 0.5], strict=True))
    tuned = MultiLabelThresholdClassifier(linear, given).fit(X, y)
    assert tuned.thresholds_.tolist() == [0.5, 0.4, 0.3, 0.2, 0.1]


# Shrinkage ---------------------------------------------------------------------------------------


def test_thresholds_are_the_weighted_mean_of_own_and_pooled_in_logits():
    proba, y = drawn_probabilities(400, [0.3, 0.1, 0.02])
    tuned = MultiLabelThresholdClassifier(GivenProbabilities(), shrinkage=7).fit(proba, y)
    for label, n in enumerate(y.sum(axis=0)):
        own, pooled = logit(tuned.own_thresholds_[label]), logit(tuned.pooled_threshold_)
        expected = expit((n * own + 7 * pooled) / (n + 7))
        assert tuned.thresholds_[label] == pytest.approx(expected)


def test_the_pooled_threshold_predicts_as_many_labels_as_there_are():
    proba, y = drawn_probabilities(400, [0.3, 0.1, 0.02])
    tuned = MultiLabelThresholdClassifier(GivenProbabilities()).fit(proba, y)
    assert np.count_nonzero(proba >= tuned.pooled_threshold_) == y.sum()


def test_endless_shrinkage_gives_all_labels_the_pooled_threshold(data, linear):
    tuned = MultiLabelThresholdClassifier(linear, "f1", shrinkage=1e12).fit(*data)
    np.testing.assert_allclose(tuned.thresholds_, tuned.pooled_threshold_)


def test_a_label_without_positives_has_the_pooled_threshold():
    proba, y = drawn_probabilities(200, [0.3, 0.2, 0.1])
    y[:, 1] = 0
    for strategy in ["prevalence", "f1", "f1_macro"]:
        tuned = MultiLabelThresholdClassifier(GivenProbabilities(), strategy, shrinkage=0)
        tuned.fit(proba, y)
        assert np.isnan(tuned.own_thresholds_).tolist() == [False, True, False]
        assert tuned.thresholds_[1] == pytest.approx(tuned.pooled_threshold_)


@pytest.mark.parametrize("strategy", ["prevalence", "f1", "f1_macro", "exact_match_accuracy"])
def test_where_no_label_has_a_positive_all_thresholds_are_one_half(strategy):
    proba, y = drawn_probabilities(20, [0.3, 0.2])
    tuned = MultiLabelThresholdClassifier(GivenProbabilities(), strategy).fit(proba, 0 * y)
    assert tuned.thresholds_.tolist() == [0.5, 0.5]


@pytest.mark.parametrize("value", [0.0, 1.0])
@pytest.mark.parametrize("strategy", ["prevalence", "f1", "label_accuracy"])
def test_thresholds_are_inside_0_and_1_even_where_all_probabilities_are_0_or_1(strategy, value):
    proba, y = np.full((20, 2), value), np.tile([[0, 1], [1, 0]], (10, 1))
    tuned = MultiLabelThresholdClassifier(GivenProbabilities(), strategy).fit(proba, y)
    assert ((tuned.thresholds_ > 0) & (tuned.thresholds_ < 1)).all()
    assert (tuned.predict(proba) == value).all()


def test_shrinkage_keeps_a_label_of_noise_from_being_predicted_everywhere():
    proba, y = drawn_probabilities(400, [0.3, 0.02])
    proba[:, 1] = np.random.default_rng(1).uniform(0.01, 0.03, len(proba))
    share = {}
    for shrinkage in [0, 10]:
        tuned = MultiLabelThresholdClassifier(GivenProbabilities(), "f1", shrinkage=shrinkage)
        share[shrinkage] = tuned.fit(proba, y).predict(proba)[:, 1].mean()
    assert share[0] > 0.2 and share[10] == 0


# Predictions -------------------------------------------------------------------------------------


def test_without_a_label_the_one_nearest_to_its_threshold_by_logits_is_given():
    proba = np.array([[0.3, 0.04], [0.3, 0.01], [0.6, 0.01], [0.0, 0.0]])
    prefit = GivenProbabilities().fit(proba, np.zeros((4, 2)))
    fixed = MultiLabelThresholdClassifier(prefit, [0.5, 0.05], cv="prefit")
    fixed.fit(proba, np.zeros((4, 2)))
    assert fixed.predict(proba).tolist() == [[0, 0], [0, 0], [1, 0], [0, 0]]
    fixed.set_params(ensure_one_label=True)
    assert fixed.predict(proba).tolist() == [[0, 1], [1, 0], [1, 0], [0, 1]]


# Errors ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("strategy", "message"),
    [
        ("exact_mach_accuracy", "did you mean 'exact_match_accuracy'"),
        ("neg_multilabel_log_loss", "scores probabilities, which thresholds do not change"),
        ("roc_auc", "scores probabilities, which thresholds do not change"),
        ("matthews_corrcoef", "does not score several labels at once"),
        ([0.5, 0.5], r"one for each of the 5 labels, got an array of shape \(2,\)"),
        ([0.5, 0.5, 1.5, 0.5, 0.5], "gives label 'Aggresome' the threshold 1.5"),
        ([0.5, 0.5, np.nan, 0.5, 0.5], "gives label 'Aggresome' the threshold nan"),
        (["a"] * 5, r"expected thresholds in \[0, 1\]"),
        ({"Nucleoli": 0.5}, "it lacks Cytosol, Aggresome, Centrosome, Actin filaments;"),
        ({**dict.fromkeys(NAMES, 0.5), "Nucleus": 0.5}, "no label is called Nucleus;"),
        (1.5, "strategy"),
    ],
)
def test_a_wrong_strategy_is_refused_before_anything_is_fitted(data, recorder, strategy, message):
    with pytest.raises(ValueError, match=message):
        MultiLabelThresholdClassifier(recorder, strategy).fit(*data)
    assert not Recorder.fits


# The ecosystem -----------------------------------------------------------------------------------


def network(**params):
    return MultiLabelMLPClassifier((8,), max_epochs=3, random_state=0, **params)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*labels have no positive example:UserWarning")
def test_around_the_pipeline_and_inside_it_on_image_files(cells):
    X, y = cells[0][:24], cells[1][:24]
    flattener = ImageFlattener(size=8)
    around = MultiLabelThresholdClassifier(HPAPipeline(flattener, network()), cv=3).fit(X, y)
    inside = HPAPipeline(flattener, MultiLabelThresholdClassifier(network(), cv=3)).fit(X, y)
    np.testing.assert_array_equal(around.predict(X), inside.predict(X))
    np.testing.assert_array_equal(around.predict_proba(X), inside.predict_proba(X))
    assert around.feature_names_in_.tolist() == X.columns.tolist()
    report = multilabel_report(y, inside.predict(X), inside.predict_proba(X))
    assert np.isfinite(report["model"]).all()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*labels have no positive example:UserWarning")
def test_every_scorer_and_a_grid_search_over_strategies(cells):
    X, y = cells
    X = ImageFlattener(size=8).fit_transform(X)
    pipe = HPAPipeline("passthrough", MultiLabelThresholdClassifier(network(), cv=2))
    search = GridSearchCV(
        pipe,
        {"classifier__strategy": ["prevalence", "f1", 0.5, "exact_match_accuracy"]},
        scoring=SCORERS,
        refit="f1_macro",
        cv=2,
        error_score="raise",
    ).fit(X, y)
    assert len(search.cv_results_["params"]) == 4
    assert search.best_estimator_.classifier.thresholds_.shape == (y.shape[1],)


@pytest.mark.parametrize("strategy", ["f1", {"0": 0.2, "1": 0.4}, [0.2, 0.4]])
def test_it_is_saved_pickled_and_cloned(strategy, tmp_path):
    X, y = make_multilabel_classification(60, n_classes=2, random_state=0)
    tuned = MultiLabelThresholdClassifier(network(), strategy).fit(X, y)
    twins = [load(save(tuned, tmp_path / "tuned.skops")), pickle.loads(pickle.dumps(tuned))]
    for twin in [*twins, clone(tuned).fit(X, y)]:
        np.testing.assert_array_equal(twin.predict(X), tuned.predict(X))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Label not .* is present in all:UserWarning")
def test_on_the_28_label_table_macro_f1_rises_by_thresholds_from_the_training_folds(hpa_data):
    features = pd.read_csv(hpa_data / "hpa-28-table" / "features.csv", index_col="Id")
    y = read_labels(hpa_data / "hpa-28-table" / "train.csv").loc[features.index]
    estimator = make_pipeline(
        QuantileTransformer(output_distribution="normal", random_state=0),
        OneVsRestClassifier(LogisticRegression(max_iter=300)),
    )
    scores = {}
    for strategy in [0.5, "prevalence", "f1"]:
        folds = cross_validate(
            MultiLabelThresholdClassifier(estimator, strategy, cv=3),
            features,
            y,
            cv=KFold(2, shuffle=True, random_state=0),
            scoring=SCORERS["f1_macro"],
            error_score="raise",
        )
        scores[strategy] = folds["test_score"].mean()
    assert scores["prevalence"] > scores[0.5] + 0.05
    assert scores["f1"] > scores[0.5] + 0.05


def test_groups_reach_the_last_step_of_a_pipeline():
    class Recording(MultiLabelMLPClassifier):
        seen = []

        def fit(self, X, y, sample_weight=None, groups=None):
            self.seen.append(groups)
            return super().fit(X, y, sample_weight, groups)

    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(60, 4)).astype(np.float32), rng.integers(0, 2, (60, 2))
    model = make_pipeline(Recording(max_epochs=1, random_state=0))
    MultiLabelThresholdClassifier(model, cv=2).fit(X, y, groups=np.repeat(np.arange(20), 3))
    assert [len(groups) for groups in Recording.seen] == [30, 30, 60]
