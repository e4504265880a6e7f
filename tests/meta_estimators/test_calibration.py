"""Tests of MultiLabelCalibratedClassifier."""

import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.special import expit, logit
from sklearn import config_context
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.calibration import CalibratedClassifierCV, calibration_curve
from sklearn.datasets import make_classification, make_multilabel_classification
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, KFold, cross_val_predict, cross_validate
from sklearn.multioutput import MultiOutputClassifier
from sklearn.naive_bayes import GaussianNB
from threadpoolctl import threadpool_limits

from sklearn_hpa import (
    HPAPipeline,
    ImageFlattener,
    MultiLabelCalibratedClassifier,
    MultiLabelMLPClassifier,
    MultiLabelThresholdClassifier,
    load,
    save,
)
from sklearn_hpa.meta_estimators._calibration import (
    IsotonicCalibrator,
    SigmoidCalibrator,
    fit_sigmoid,
)
from sklearn_hpa.metrics import SCORERS, multilabel_log_loss

METHODS = ["sigmoid", "isotonic"]


class GivenProbabilities(ClassifierMixin, BaseEstimator):
    """A classifier that returns its features as probabilities."""

    fits = []

    def fit(self, X, y, sample_weight=None, groups=None):
        self.fits.append((np.asarray(X), sample_weight, groups))
        self.classes_ = np.tile([0, 1], (np.shape(y)[1], 1))
        return self

    def predict_proba(self, X):
        return np.asarray(X)


@pytest.fixture
def given_probabilities():
    GivenProbabilities.fits.clear()
    return GivenProbabilities()


def overconfident(n_samples, prevalences, seed=0, times=3.0):
    """Draw labels from probabilities; return also probabilities with multiplied logits."""
    rng = np.random.default_rng(seed)
    logits = logit(prevalences) + 1.5 * rng.normal(size=(n_samples, len(prevalences)))
    y = (rng.random(logits.shape) < expit(logits)).astype(int)
    return y, expit(logits), expit(times * logits)


def expected_calibration_error(y, proba, n_bins=10):
    error = 0.0
    for low in np.arange(n_bins) / n_bins:
        inside = (proba >= low) & (proba < low + 1 / n_bins)
        if inside.any():
            error += inside.mean() * abs(y[inside].mean() - proba[inside].mean())
    return error


# One label ---------------------------------------------------------------------------------------


@given(st.integers(0, 2**31), st.sampled_from([0.02, 0.3, 0.9]), st.sampled_from([0.1, 1, 30]))
def test_the_sigmoid_is_as_likely_as_any_that_a_general_optimiser_finds(seed, share, spread):
    rng = np.random.default_rng(seed)
    scores = 5 + spread * rng.normal(size=60)
    truth = rng.random(60) < share
    truth[:2] = [True, False]
    n = truth.sum()
    targets = np.where(truth, (n + 1) / (n + 2), 1 / (60 - n + 2))

    def loss(line):
        z = line[0] * (scores - 5) / spread + line[1]
        return np.sum(np.logaddexp(0, z) - targets * z)

    slope, intercept = fit_sigmoid(scores, truth)
    found = loss([slope * spread, intercept + 5 * slope])
    assert found <= minimize(loss, np.zeros(2), method="Nelder-Mead").fun + 1e-8 * len(scores)


def test_the_sigmoid_of_separable_scores_is_finite_and_that_of_equal_ones_is_flat():
    truth = np.repeat([False, True], 20)
    slope, intercept = fit_sigmoid(np.where(truth, 3.0, 1.0), truth)
    np.testing.assert_allclose(expit(slope * np.array([3.0, 1.0]) + intercept), [21 / 22, 1 / 22])
    slope, intercept = fit_sigmoid(np.full(40, 7.0), truth)
    assert slope == 0 and expit(intercept) == pytest.approx(0.5)


@pytest.mark.parametrize("method", METHODS)
def test_one_label_is_calibrated_as_scikit_learn_calibrates_a_1d_target(method):
    X, y = make_classification(600, weights=[0.8], flip_y=0.2, random_state=0)
    cv = KFold(4, shuffle=True, random_state=0)
    theirs = CalibratedClassifierCV(LogisticRegression(), method=method, cv=cv, ensemble=False)
    expected = theirs.fit(X, y).predict_proba(X)[:, 1]
    ours = MultiLabelCalibratedClassifier(
        MultiOutputClassifier(LogisticRegression()), method, cv=cv
    ).fit(X, y[:, np.newaxis])
    held_within = (expected > 1 / ((y == 0).sum() + 2)) & (expected < (y.sum() + 1) / (y.sum() + 2))
    close = 1e-5 if method == "sigmoid" else 0.02
    np.testing.assert_allclose(
        ours.predict_proba(X)[held_within, 0], expected[held_within], atol=close
    )
    assert held_within.mean() > 0.5


def test_isotonic_is_scikit_learn_s_regression_held_within_platt_s_targets():
    y, _, proba = overconfident(300, [0.3])
    calibrator = IsotonicCalibrator.fit(proba[:, 0], y[:, 0] == 1)
    n = y.sum()
    expected = IsotonicRegression().fit_transform(proba[:, 0], y[:, 0])
    np.testing.assert_allclose(
        calibrator(proba[:, 0]), np.clip(expected, 1 / (300 - n + 2), (n + 1) / (n + 2))
    )


def test_probabilities_of_exactly_0_and_1_count_as_half_as_far_off_as_the_nearest_others():
    proba = np.tile([0.0, 0.01, 0.5, 0.9, 1.0], 20)
    truth = np.random.default_rng(0).random(100) < proba
    by_zeros = SigmoidCalibrator.fit(proba, truth)
    replaced = np.select([proba == 0, proba == 1], [0.005, 0.95], proba)
    expected = SigmoidCalibrator.fit(replaced, truth)
    assert (by_zeros.slope, by_zeros.intercept) == (expected.slope, expected.intercept)
    np.testing.assert_allclose(by_zeros(proba), expected(replaced))


def test_an_exact_0_or_1_that_was_never_seen_is_no_more_than_half_way_beyond_the_others():
    proba = np.tile([0.1, 0.5, 0.8], 40)
    calibrator = SigmoidCalibrator.fit(proba, np.random.default_rng(0).random(120) < proba)
    np.testing.assert_allclose(calibrator([0.0, 1.0]), calibrator([0.05, 0.9]))
    rising = calibrator(np.linspace(0, 1, 101))
    assert (np.diff(rising) >= 0).all() and (np.diff(rising[5:91]) > 0).all()


@pytest.mark.parametrize("proba", [np.tile([0.0, 1.0], 20), np.zeros(40), np.ones(40)])
@pytest.mark.parametrize("calibrator", [SigmoidCalibrator, IsotonicCalibrator])
def test_a_classifier_that_says_only_0_and_1_is_calibrated_too(calibrator, proba):
    truth = np.random.default_rng(0).random(40) < 0.2 + 0.6 * proba
    calibrated = calibrator.fit(proba, truth)(np.array([0.0, 0.5, 1.0]))
    assert ((calibrated > 0) & (calibrated < 1)).all() and (np.diff(calibrated) >= 0).all()
    for value in np.unique(proba):
        at_value = calibrated[int(2 * value)]
        assert at_value == pytest.approx(truth[proba == value].mean(), abs=0.05)


# Many labels -------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
def test_overconfident_probabilities_become_the_ones_that_labels_were_drawn_by(method):
    y, true, given = overconfident(4000, [0.5, 0.2, 0.05])
    train, test = slice(2000), slice(2000, None)
    calibrated = MultiLabelCalibratedClassifier(GivenProbabilities(), method)
    proba = calibrated.fit(given[train], y[train]).predict_proba(given[test])
    best = multilabel_log_loss(y[test], true[test])
    assert multilabel_log_loss(y[test], given[test]) > best + 0.1
    assert multilabel_log_loss(y[test], proba) < best + 0.01
    for label in range(3):
        before = expected_calibration_error(y[test, label], given[test, label])
        after = expected_calibration_error(y[test, label], proba[:, label])
        assert after < 0.5 * before and after < 0.05


def test_the_slope_tells_how_many_times_too_sure_the_classifier_was():
    y, _, given = overconfident(4000, [0.5, 0.2], times=3.0)
    calibrated = MultiLabelCalibratedClassifier(GivenProbabilities()).fit(given, y)
    slopes = [calibrator.slope for calibrator in calibrated.calibrators_]
    np.testing.assert_allclose(slopes, 1 / 3, rtol=0.1)


def test_calibration_is_learned_from_held_out_probabilities():
    X, y = make_multilabel_classification(300, random_state=0)
    forest, cv = ExtraTreesClassifier(20, random_state=0), KFold(3)
    calibrated = MultiLabelCalibratedClassifier(forest, cv=cv).fit(X, y)
    held_out = cross_val_predict(forest, X, y, cv=cv, method="predict_proba")
    for label, calibrator in enumerate(calibrated.calibrators_):
        expected = SigmoidCalibrator.fit(held_out[label][:, 1], y[:, label] == 1)
        assert (calibrator.slope, calibrator.intercept) == (expected.slope, expected.intercept)


def test_naive_bayes_is_improved_on_new_samples():
    X, y = make_multilabel_classification(1000, random_state=0)
    naive = MultiOutputClassifier(GaussianNB())
    loss = {
        name: multilabel_log_loss(y[500:], model.fit(X[:500], y[:500]).predict_proba(X[500:]))
        for name, model in {
            "plain": naive,
            **{method: MultiLabelCalibratedClassifier(naive, method) for method in METHODS},
        }.items()
    }
    assert loss["sigmoid"] < loss["plain"] - 0.03 and loss["isotonic"] < loss["plain"] - 0.03


@pytest.mark.parametrize("method", METHODS)
def test_all_probabilities_are_strictly_inside_0_and_1(method):
    y, _, given = overconfident(100, [0.5, 0.5])
    given[:10], given[10:20] = 0.0, 1.0
    calibrated = MultiLabelCalibratedClassifier(GivenProbabilities(), method, min_positives=30)
    with pytest.warns(UserWarning, match="1 of 2 labels keep"):
        calibrated.fit(given, np.column_stack([y[:, 0], np.arange(100) < 3]))
    proba = calibrated.predict_proba(given)
    assert ((proba > 0) & (proba < 1)).all()


def test_labels_with_too_few_positives_or_negatives_keep_theirs_and_are_named():
    y, _, given = overconfident(200, [0.5, 0.5, 0.5])
    y[:, 1], y[:, 2] = np.arange(200) < 9, np.arange(200) < 193
    y = pd.DataFrame(y, columns=["Cytosol", "Aggresome", "Nucleoplasm"])
    calibrated = MultiLabelCalibratedClassifier(GivenProbabilities())
    with pytest.warns(
        UserWarning,
        match=r"^2 of 3 labels keep the estimator's probabilities, uncalibrated: fewer than "
        r"min_positives=10 samples have, or lack, Aggresome \(9\), Nucleoplasm \(7\)$",
    ):
        calibrated.fit(given, y)
    assert calibrated.uncalibrated_labels_.tolist() == ["Aggresome", "Nucleoplasm"]
    proba = calibrated.predict_proba(given)
    np.testing.assert_array_equal(proba[:, 1:], given[:, 1:])
    assert (proba[:, 0] != given[:, 0]).all()


def test_a_label_whose_probabilities_fall_with_the_truth_keeps_them_and_is_named():
    y, _, given = overconfident(200, [0.5, 0.5])
    y[:, 1] = 1 - y[:, 1]
    calibrated = MultiLabelCalibratedClassifier(GivenProbabilities())
    with pytest.warns(UserWarning, match="do not rise with the truth of 1$"):
        calibrated.fit(given, y)
    assert calibrated.uncalibrated_labels_.tolist() == ["1"]
    np.testing.assert_array_equal(calibrated.predict_proba(given)[:, 1], given[:, 1])


@pytest.mark.parametrize("method", METHODS)
def test_the_order_of_probabilities_is_kept(method):
    y, _, given = overconfident(500, [0.3])
    proba = MultiLabelCalibratedClassifier(GivenProbabilities(), method).fit(given, y)
    ordered = proba.predict_proba(np.sort(given, axis=0))[:, 0]
    steps = np.diff(ordered)
    assert (steps > 0).all() if method == "sigmoid" else (steps >= 0).all()


def test_predict_cuts_calibrated_probabilities_at_one_half():
    y, _, given = overconfident(300, [0.5, 0.2])
    calibrated = MultiLabelCalibratedClassifier(GivenProbabilities()).fit(given, y)
    np.testing.assert_array_equal(calibrated.predict(given), calibrated.predict_proba(given) >= 0.5)


# Folds, groups, errors ---------------------------------------------------------------------------


def test_weights_and_groups_are_cut_to_the_samples_of_each_fold(given_probabilities):
    y, _, given = overconfident(120, [0.5, 0.5])
    groups = np.repeat(np.arange(24), 5)
    MultiLabelCalibratedClassifier(given_probabilities, cv=3).fit(
        given, y, groups=groups, sample_weight=given[:, 0]
    )
    assert len(GivenProbabilities.fits) == 4
    for X, weight, given_groups in GivenProbabilities.fits:
        np.testing.assert_array_equal(weight, X[:, 0])
        assert len(X) == 5 * len(np.unique(given_groups))


def test_groups_are_routed_through_thresholds_around_calibration(given_probabilities):
    y, _, given = overconfident(240, [0.5, 0.5])
    groups = np.repeat(np.arange(24), 10)
    with config_context(enable_metadata_routing=True):
        given_probabilities.set_fit_request(groups=True, sample_weight=False)
        nested = MultiLabelThresholdClassifier(
            MultiLabelCalibratedClassifier(given_probabilities, cv=2), cv=2
        )
        nested.fit(given, y, groups=groups)
    assert len(GivenProbabilities.fits) == 9
    for X, _, given_groups in GivenProbabilities.fits:
        assert len(X) == 10 * len(np.unique(given_groups))


def test_prefit_calibrates_on_the_samples_given(given_probabilities):
    y, _, given = overconfident(120, [0.5])
    prefit = given_probabilities.fit(given, y)
    GivenProbabilities.fits.clear()
    calibrated = MultiLabelCalibratedClassifier(prefit, cv="prefit").fit(given, y)
    expected = SigmoidCalibrator.fit(given[:, 0], y[:, 0] == 1)
    assert calibrated.calibrators_[0].slope == expected.slope and not GivenProbabilities.fits


@pytest.mark.parametrize(
    "params", [{"method": "temperature"}, {"min_positives": 0}, {"cv": "loo"}], ids=str
)
def test_wrong_parameters_are_refused_before_anything_is_fitted(given_probabilities, params):
    y, _, given = overconfident(40, [0.5])
    with pytest.raises(ValueError, match=next(iter(params))):
        MultiLabelCalibratedClassifier(given_probabilities, **params).fit(given, y)
    assert not GivenProbabilities.fits


def test_a_1d_target_is_refused_with_the_name_of_scikit_learn_s_classifier():
    y, _, given = overconfident(40, [0.5])
    with pytest.raises(ValueError, match="y is 1-d.*CalibratedClassifierCV"):
        MultiLabelCalibratedClassifier(GivenProbabilities()).fit(given, y[:, 0])


# The ecosystem -----------------------------------------------------------------------------------


@pytest.fixture
def network():
    return MultiLabelMLPClassifier((8,), max_epochs=15, lr=0.01, dropout=0.0, random_state=0)


@pytest.mark.slow
@pytest.mark.parametrize("method", METHODS)
def test_it_is_saved_pickled_and_cloned_inside_thresholds(network, method, tmp_path):
    X, y = make_multilabel_classification(120, n_classes=3, random_state=0)
    calibrated = MultiLabelCalibratedClassifier(network, method, cv=3, min_positives=1)
    nested = MultiLabelThresholdClassifier(calibrated, cv=3)
    nested.fit(X, y)
    twins = [load(save(nested, tmp_path / "nested.skops")), pickle.loads(pickle.dumps(nested))]
    for twin in [*twins, clone(nested).fit(X, y)]:
        np.testing.assert_array_equal(twin.predict_proba(X), nested.predict_proba(X))
        np.testing.assert_array_equal(twin.predict(X), nested.predict(X))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*labels have no positive example:UserWarning")
@pytest.mark.filterwarnings("ignore:.*keep the estimator's probabilities:UserWarning")
def test_every_scorer_and_a_grid_search_over_methods(network, cells):
    X, y = cells
    X = ImageFlattener(size=8).fit_transform(X)
    pipe = HPAPipeline("passthrough", MultiLabelCalibratedClassifier(network, cv=2))
    search = GridSearchCV(
        pipe,
        {"classifier__method": METHODS},
        scoring=SCORERS,
        refit="neg_multilabel_log_loss",
        cv=2,
        error_score="raise",
    ).fit(X, y)
    assert np.isfinite(search.best_score_)


def test_one_label_and_two_are_scored():
    X, y = make_multilabel_classification(200, n_classes=2, random_state=0)
    for n_labels in [1, 2]:
        scores = cross_validate(
            MultiLabelCalibratedClassifier(MultiOutputClassifier(LogisticRegression())),
            X,
            y[:, :n_labels],
            scoring=SCORERS,
            error_score="raise",
        )
        assert all(np.isfinite(scores[f"test_{name}"]).all() for name in SCORERS)


@pytest.mark.slow
def test_n_jobs_changes_nothing():
    X, y = make_multilabel_classification(200, random_state=0)
    alone, together = (
        MultiLabelCalibratedClassifier(
            ExtraTreesClassifier(5, random_state=0), random_state=0, n_jobs=n_jobs
        ).fit(X, y)
        for n_jobs in (1, 2)
    )
    np.testing.assert_array_equal(alone.predict_proba(X), together.predict_proba(X))


def test_the_reliability_curve_of_calibrated_probabilities_lies_near_the_diagonal():
    y, _, given = overconfident(20_000, [0.4])
    calibrated = MultiLabelCalibratedClassifier(GivenProbabilities()).fit(given[:5000], y[:5000])
    proba = calibrated.predict_proba(given[5000:])[:, 0]
    happened, said = calibration_curve(y[5000:, 0], proba, n_bins=10, strategy="quantile")
    np.testing.assert_allclose(happened, said, atol=0.05)


def test_sigmoid_ties_probabilities_beyond_the_held_out_range_and_reverses_none():
    rng = np.random.default_rng(0)
    truth = rng.random(500) < 0.3
    calibrator = SigmoidCalibrator.fit(0.1 + 0.5 * rng.random(500) + 0.2 * truth, truth)
    calibrated = calibrator(np.linspace(0, 1, 1001))
    assert (np.diff(calibrated) >= 0).all()
    assert calibrator(0.0) == calibrator(calibrator.lowest)
    assert calibrator(1.0) == calibrator(calibrator.highest)
    inside = np.linspace(calibrator.lowest, calibrator.highest, 100)
    assert (np.diff(calibrator(inside)) > 0).all()


class FirstColumns(ClassifierMixin, BaseEstimator):
    """A fitted classifier whose probabilities are the columns of `X`."""

    classes_ = np.array([[0, 1], [0, 1]])

    def fit(self, X, y):
        self.fitted_ = True
        return self

    def predict_proba(self, X):
        return X


def test_the_number_of_threads_changes_no_bit():
    rng = np.random.default_rng(0)
    X = rng.random((30_000, 2))
    y = (rng.random(X.shape) < X).astype(int)
    ready = FirstColumns().fit(X, y)
    slopes = []
    for number in (1, 2):
        with threadpool_limits(number, user_api="blas"):
            fitted = MultiLabelCalibratedClassifier(ready, cv="prefit").fit(X, y)
        slopes.append([(each.slope, each.intercept) for each in fitted.calibrators_])
    assert slopes[0] == slopes[1]
