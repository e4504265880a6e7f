"""MultiLabelThresholdClassifier: a threshold for each label, from probabilities held out."""

import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_matrix
from scipy.special import expit, logit
from sklearn import config_context
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.datasets import make_multilabel_classification
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, get_scorer
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    KFold,
    RepeatedKFold,
    ShuffleSplit,
    cross_val_predict,
    cross_validate,
)
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import MultiOutputClassifier
from sklearn.neighbors import KNeighborsClassifier
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
from sklearn_hpa.meta_estimators._search import as_frequent_as_true, choose, greatest_f1, list_cuts
from sklearn_hpa.metrics import SCORERS, multilabel_report
from sklearn_hpa.model_selection import MultiLabelStratifiedKFold

NAMES = ["Nucleoli", "Cytosol", "Aggresome", "Centrosome", "Actin filaments"]


class GivenProbabilities(ClassifierMixin, BaseEstimator):
    """The features are the probabilities already."""

    def fit(self, X, y):
        self.classes_ = np.tile([0, 1], (np.shape(y)[1], 1))
        return self

    def predict_proba(self, X):
        return np.asarray(X)


class Recorder(GivenProbabilities):
    """Keeps what the last fits of any copy were given, where the test can see it."""

    fits = []

    def fit(self, X, y, sample_weight=None, groups=None):
        self.fits.append((np.asarray(X), sample_weight, groups))
        return super().fit(X, y)


@pytest.fixture
def recorder():
    Recorder.fits.clear()
    return Recorder()


@pytest.fixture(scope="module")
def data():
    X, y = make_multilabel_classification(n_samples=300, n_labels=1, random_state=0)
    return X, pd.DataFrame(y, columns=NAMES)


@pytest.fixture
def linear():
    return MultiOutputClassifier(LogisticRegression())


def drawn_probabilities(n_samples, prevalences, seed=0):
    """Calibrated probabilities and labels drawn by them."""
    rng = np.random.default_rng(seed)
    proba = expit(logit(prevalences) + 1.5 * rng.normal(size=(n_samples, len(prevalences))))
    return proba, (rng.random(proba.shape) < proba).astype(int)


def f1_of(truth, predicted):
    return 2 * np.sum(truth & predicted) / (np.sum(truth) + np.sum(predicted))


# The search -------------------------------------------------------------------------------------

LEAST = 5e-324
TIED_PROBABILITIES = st.sampled_from([0.0, 1e-9, 0.1, 0.1 + 2**-56, 0.5, 0.9, 1.0])
TIED_OR_NOT = TIED_PROBABILITIES | st.floats(0, 1, allow_subnormal=False)
TIED_LABELS = st.lists(st.tuples(TIED_OR_NOT, st.booleans()), min_size=1, max_size=12)


@given(TIED_LABELS)
def test_cuts_split_no_equals_lie_inside_0_and_1_and_count_what_they_predict(cells):
    proba, truth = map(np.array, zip(*cells, strict=True))
    cuts = list_cuts(proba, truth)
    assert len(cuts.thresholds) and (np.diff(cuts.thresholds) < 0).all()
    assert ((cuts.thresholds > 0) & (cuts.thresholds < 1)).all()
    for threshold, n_predicted, n_hits in zip(*cuts, strict=True):
        assert n_predicted == np.count_nonzero(proba >= threshold)
        assert n_hits == np.count_nonzero(truth[proba >= threshold])


@given(TIED_LABELS.filter(lambda cells: any(true for _, true in cells)))
def test_f1_is_the_greatest_that_any_threshold_reaches(cells):
    proba, truth = map(np.array, zip(*cells, strict=True))
    found = choose(proba, truth, greatest_f1)
    every = [LEAST, *proba[(proba > LEAST) & (proba < 1)], np.nextafter(1, 0)]
    assert f1_of(truth, proba >= found) == max(f1_of(truth, proba >= t) for t in every)


@given(TIED_LABELS.filter(lambda cells: any(true for _, true in cells)))
def test_prevalence_is_met_as_closely_as_ties_allow(cells):
    proba, truth = map(np.array, zip(*cells, strict=True))
    found = choose(proba, truth, as_frequent_as_true)
    every = [LEAST, *proba[(proba > LEAST) & (proba < 1)], np.nextafter(1, 0)]
    misses = [abs(np.count_nonzero(proba >= t) - truth.sum()) for t in every]
    assert abs(np.count_nonzero(proba >= found) - truth.sum()) <= min(misses)


# What each strategy gives ------------------------------------------------------------------------


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


def test_forests_and_neighbours_give_lists_with_labels_of_one_class(data):
    X, y = data
    y = y.assign(never=0, always=1)
    for estimator in [ExtraTreesClassifier(10, random_state=0), KNeighborsClassifier()]:
        tuned = MultiLabelThresholdClassifier(estimator).fit(X, y)
        proba = tuned.predict_proba(X)
        assert proba.shape == y.shape
        assert (proba[:, -2] == 0).all() and (proba[:, -1] == 1).all()
        np.testing.assert_array_equal(tuned.predict(X)[:, -2:], y[["never", "always"]])


def test_exactly_two_labels_and_a_single_one_are_scored(data, linear):
    X, y = data
    for n_labels in [1, 2]:
        scores = cross_validate(
            MultiLabelThresholdClassifier(linear, cv=3),
            X,
            y.iloc[:, :n_labels],
            scoring=SCORERS,
            cv=3,
            error_score="raise",
        )
        assert all(np.isfinite(scores[f"test_{name}"]).all() for name in SCORERS)


def test_a_matrix_of_one_column_is_one_label(data, linear):
    X, y = data
    as_array = MultiLabelThresholdClassifier(linear).fit(X, y.to_numpy()[:, :1])
    as_frame = MultiLabelThresholdClassifier(linear).fit(X, y.iloc[:, :1])
    assert as_array.predict(X).shape == (len(X), 1)
    np.testing.assert_array_equal(as_array.thresholds_, as_frame.thresholds_)


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_a_fold_without_a_label_is_named_where_the_estimator_objects(data, n_jobs):
    X, y = data[0], pd.DataFrame(data[1]).add_prefix("label ")
    y["label 0"] = 0
    y.loc[0, "label 0"] = 1
    one_each = MultiOutputClassifier(LogisticRegression())
    with pytest.raises(ValueError, match="needs samples of at least 2 classes") as error:
        MultiLabelThresholdClassifier(one_each, n_jobs=n_jobs).fit(X, y)
    assert "no sample outside that fold has label 0. If that" in error.value.__notes__[-1]


def test_sparse_targets_and_nested_lists_are_read_as_arrays(data):
    X, y = data
    estimator = OneVsRestClassifier(LogisticRegression())
    expected = MultiLabelThresholdClassifier(estimator).fit(X, y.to_numpy())
    for target in [csr_matrix(y.to_numpy()), y.to_numpy().tolist()]:
        tuned = MultiLabelThresholdClassifier(estimator).fit(X, target)
        np.testing.assert_array_equal(tuned.thresholds_, expected.thresholds_)
    assert expected.label_names_.tolist() == ["0", "1", "2", "3", "4"]


def test_names_and_classes_are_kept(data, linear):
    X, y = data
    columns = [f"feature {number}" for number in range(X.shape[1])]
    tuned = MultiLabelThresholdClassifier(linear).fit(pd.DataFrame(X, columns=columns), y)
    assert tuned.label_names_.tolist() == NAMES
    assert tuned.feature_names_in_.tolist() == columns and tuned.n_features_in_ == X.shape[1]
    np.testing.assert_array_equal(tuned.classes_, [[0, 1]] * 5)


# Folds, groups, weights --------------------------------------------------------------------------


def test_the_estimator_is_fitted_once_for_each_fold_and_once_on_all(recorder):
    proba, y = drawn_probabilities(60, [0.5, 0.3])
    MultiLabelThresholdClassifier(recorder, cv=4).fit(proba, y)
    assert [len(X) for X, _, _ in Recorder.fits] == [45, 45, 45, 45, 60]


def test_weights_are_cut_to_the_samples_of_each_fold(recorder):
    proba, y = drawn_probabilities(60, [0.5, 0.3])
    MultiLabelThresholdClassifier(recorder, cv=3).fit(proba, y, sample_weight=proba[:, 0])
    assert len(Recorder.fits) == 4
    for X, weight, _ in Recorder.fits:
        np.testing.assert_array_equal(weight, X[:, 0])


def test_groups_stay_together_and_reach_an_estimator_that_takes_them(recorder):
    proba, y = drawn_probabilities(60, [0.5, 0.3])
    groups = np.repeat(np.arange(12), 5)
    group_of = {row.tobytes(): group for row, group in zip(proba, groups, strict=True)}
    MultiLabelThresholdClassifier(recorder, cv=3).fit(proba, y, groups=groups)
    for X, _, given_groups in Recorder.fits:
        assert [group_of[row.tobytes()] for row in X] == given_groups.tolist()
    for X, _, given_groups in Recorder.fits[:-1]:
        assert len(X) == 5 * len(np.unique(given_groups))


def test_groups_do_not_reach_an_estimator_that_takes_none(data, linear):
    X, y = data
    groups = np.arange(len(X)) // 3
    tuned = MultiLabelThresholdClassifier(linear, cv=GroupKFold(3)).fit(X, y, groups=groups)
    proba = cross_val_predict(linear, X, y, groups=groups, cv=GroupKFold(3), method="predict_proba")
    expected = choose(np.asarray(proba)[0, :, 1], y["Nucleoli"].to_numpy(), as_frequent_as_true)
    assert tuned.own_thresholds_[0] == expected


def test_routed_weights_reach_an_estimator_that_asks(recorder):
    proba, y = drawn_probabilities(60, [0.5, 0.3])
    groups = np.repeat(np.arange(12), 5)
    with config_context(enable_metadata_routing=True):
        recorder.set_fit_request(sample_weight=True, groups=False)
        MultiLabelThresholdClassifier(recorder, cv=3).fit(
            proba, y, groups=groups, sample_weight=proba[:, 0]
        )
    assert len(Recorder.fits) == 4
    for X, weight, given_groups in Recorder.fits:
        np.testing.assert_array_equal(weight, X[:, 0])
        assert given_groups is None


def test_groups_routed_through_a_cross_validation_keep_the_inner_folds_apart(recorder):
    proba, y = drawn_probabilities(60, [0.5, 0.3])
    with config_context(enable_metadata_routing=True):
        recorder.set_fit_request(sample_weight=False, groups=True)
        cross_validate(
            MultiLabelThresholdClassifier(recorder, cv=3),
            proba,
            y,
            cv=GroupKFold(3),
            params={"groups": np.repeat(np.arange(12), 5)},
            scoring=SCORERS["f1_micro"],
            error_score="raise",
        )
    assert len(Recorder.fits) == 3 * 4
    for X, _, given_groups in Recorder.fits:
        assert len(X) == 5 * len(np.unique(given_groups))


def test_metadata_that_nobody_requests_is_refused(data, linear):
    X, y = data
    with (
        config_context(enable_metadata_routing=True),
        pytest.raises(TypeError, match="unexpected argument.*colour"),
    ):
        MultiLabelThresholdClassifier(linear).fit(X, y, colour=np.ones(len(X)))


def test_repeated_folds_and_random_splits_pool_every_prediction(recorder):
    proba, y = drawn_probabilities(60, [0.5, 0.3])
    once = MultiLabelThresholdClassifier(recorder, cv=KFold(3)).fit(proba, y)
    repeated = MultiLabelThresholdClassifier(recorder, cv=RepeatedKFold(n_splits=3, n_repeats=4))
    np.testing.assert_allclose(repeated.fit(proba, y).thresholds_, once.thresholds_)
    random = MultiLabelThresholdClassifier(
        recorder, cv=ShuffleSplit(1, test_size=0.5, random_state=0), shrinkage=0
    ).fit(proba, y)
    _, test = next(ShuffleSplit(1, test_size=0.5, random_state=0).split(proba))
    assert random.predict(proba[test]).sum(axis=0).tolist() == y[test].sum(axis=0).tolist()


def test_a_list_of_splits_is_taken(recorder):
    proba, y = drawn_probabilities(60, [0.5, 0.3])
    splits = list(KFold(3).split(proba))
    tuned = MultiLabelThresholdClassifier(recorder, cv=splits).fit(proba, y)
    expected = MultiLabelThresholdClassifier(recorder, cv=KFold(3)).fit(proba, y)
    np.testing.assert_array_equal(tuned.thresholds_, expected.thresholds_)


def test_random_state_shuffles_the_folds_and_decides_them_whatever_n_jobs(data, linear):
    X, y = data
    fits = [
        MultiLabelThresholdClassifier(linear, random_state=seed, n_jobs=n_jobs).fit(X, y)
        for seed, n_jobs in [(0, None), (0, 2), (1, None), (None, None)]
    ]
    np.testing.assert_array_equal(fits[0].thresholds_, fits[1].thresholds_)
    assert (fits[0].thresholds_ != fits[2].thresholds_).any()
    unshuffled = MultiLabelThresholdClassifier(linear, cv=MultiLabelStratifiedKFold(5)).fit(X, y)
    np.testing.assert_array_equal(fits[3].thresholds_, unshuffled.thresholds_)


def test_prefit_fits_nothing_and_takes_thresholds_from_the_samples_given(data, recorder):
    proba, y = drawn_probabilities(60, [0.5, 0.3])
    prefit = recorder.fit(proba, y)
    Recorder.fits.clear()
    tuned = MultiLabelThresholdClassifier(prefit, cv="prefit", shrinkage=0).fit(proba, y)
    assert not Recorder.fits and tuned.estimator_ is prefit
    assert tuned.predict(proba).sum(axis=0).tolist() == y.sum(axis=0).tolist()


def test_a_frozen_estimator_stays_fitted_through_a_cross_validation(data, linear):
    X, y = data
    frozen = FrozenEstimator(linear.fit(X[:200], y[:200]))
    scores = cross_validate(
        MultiLabelThresholdClassifier(frozen, cv="prefit"),
        X[200:],
        y[200:],
        scoring=SCORERS["f1_micro"],
        error_score="raise",
    )
    assert np.isfinite(scores["test_score"]).all()


def test_progress_is_shown_where_asked(data, linear, capsys):
    MultiLabelThresholdClassifier(linear, cv=3, verbose=1).fit(*data)
    assert "MultiLabelThresholdClassifier: fitting folds: 100%" in capsys.readouterr().err
    MultiLabelThresholdClassifier(linear, cv=3).fit(*data)
    assert capsys.readouterr().err == ""


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


def test_a_1d_target_is_refused_with_the_name_of_scikit_learn_s_classifier(data, recorder):
    X, y = data
    for target in [y["Nucleoli"], y["Nucleoli"].to_numpy(), y["Nucleoli"].tolist()]:
        with pytest.raises(ValueError, match="y is 1-d.*TunedThresholdClassifierCV"):
            MultiLabelThresholdClassifier(recorder).fit(X, target)
    assert not Recorder.fits


def test_prefit_asks_for_a_fitted_estimator(data, linear):
    with pytest.raises(NotFittedError, match="cv='prefit'.*FrozenEstimator"):
        MultiLabelThresholdClassifier(linear, cv="prefit").fit(*data)


@pytest.mark.parametrize(
    ("proba", "message"),
    [
        (np.full((300, 4), 0.5), r"an array of shape \(300, 4\).*each of the 5 labels"),
        (np.full((300, 5), 1.5), "gives 1.5 for label 'Nucleoli'"),
        (np.full((300, 5), np.nan), "gives nan for label 'Nucleoli'"),
    ],
)
def test_what_is_no_probability_is_refused(data, monkeypatch, proba, message):
    X, y = data
    prefit = GivenProbabilities().fit(X, y)
    with pytest.raises(ValueError, match=message):
        MultiLabelThresholdClassifier(prefit, cv="prefit").fit(proba, y)


def test_what_fails_leaves_a_fitted_classifier_as_it_was(data, linear):
    X, y = data
    tuned = MultiLabelThresholdClassifier(linear).fit(X, y)
    before = dict(vars(tuned))
    with pytest.raises(ValueError, match="NaN"):
        tuned.fit(np.full_like(X, np.nan), y)
    assert vars(tuned) == before


# The ecosystem -----------------------------------------------------------------------------------


def network(**params):
    return MultiLabelMLPClassifier((8,), max_epochs=3, random_state=0, **params)


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


def test_prefit_refuses_labels_in_another_order_than_the_estimator_has():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 4)).astype(np.float32)
    y = pd.DataFrame(rng.integers(0, 2, (60, 2)), columns=["a", "b"])
    fitted = make_pipeline(MultiLabelMLPClassifier(max_epochs=1, random_state=0)).fit(X, y)
    with pytest.raises(ValueError, match="in their order: expected a, b; got b, a"):
        MultiLabelThresholdClassifier(fitted, cv="prefit").fit(X, y[["b", "a"]])


def test_rows_of_X_and_y_in_another_order_are_refused():
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(60, 4)))
    y = pd.DataFrame(rng.integers(0, 2, (60, 2)), columns=["a", "b"])
    with pytest.raises(ValueError, match="are not the same samples"):
        MultiLabelThresholdClassifier(ExtraTreesClassifier(3)).fit(X, y[::-1])


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
