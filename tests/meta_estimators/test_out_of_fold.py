"""Tests of out-of-fold probabilities: folds, groups, weights, routing, estimators."""

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_matrix
from sklearn import config_context
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
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

from sklearn_hpa import MultiLabelMLPClassifier, MultiLabelThresholdClassifier
from sklearn_hpa.meta_estimators._search import as_frequent_as_true, choose
from sklearn_hpa.metrics import SCORERS
from sklearn_hpa.model_selection import MultiLabelStratifiedKFold

from .classifiers import NAMES, GivenProbabilities, Recorder, drawn_probabilities

# Predictions -------------------------------------------------------------------------------------


def test_forests_and_neighbours_give_lists_with_labels_of_one_class(data):
    X, y = data
    y = y.assign(never=0, always=1)
    for estimator in [ExtraTreesClassifier(10, random_state=0), KNeighborsClassifier()]:
        tuned = MultiLabelThresholdClassifier(estimator).fit(X, y)
        proba = tuned.predict_proba(X)
        assert proba.shape == y.shape
        assert (proba[:, -2] == 0).all() and (proba[:, -1] == 1).all()
        np.testing.assert_array_equal(tuned.predict(X)[:, -2:], y[["never", "always"]])


@pytest.mark.parametrize("X_is_table", [True, False])
def test_folds_do_not_compare_indexes_that_the_whole_tables_agree_in(data, X_is_table):
    X, y = map(np.asarray, data)
    order = np.random.default_rng(0).permutation(len(X) + 20)[: len(X)]
    y = pd.DataFrame(y, index=order)
    weight = pd.Series(np.ones(len(X)))
    network = MultiLabelMLPClassifier((2,), max_epochs=1, random_state=0)
    X = pd.DataFrame(X) if X_is_table else X
    MultiLabelThresholdClassifier(network, cv=3).fit(X, y, sample_weight=weight)


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


@pytest.mark.slow
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


@pytest.mark.slow
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
