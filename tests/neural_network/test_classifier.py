"""Tests of MultiLabelMLPClassifier beyond scikit-learn's estimator checks."""

import gc
import pickle

import joblib
import numpy as np
import pandas as pd
import pytest
import torch
from scipy.sparse import csr_matrix
from sklearn import config_context
from sklearn.datasets import make_blobs, make_multilabel_classification
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GroupKFold, cross_validate

from .networks import NAMES, InterruptAt, Watch, small

# ---- targets ----------------------------------------------------------------------------------


def test_a_matrix_a_frame_and_a_sparse_matrix_give_the_same_model(data, frame):
    X, y = data
    expected = small().fit(X, y).predict_proba(X)
    for target in (frame, csr_matrix(y), y.astype(bool), y.tolist(), y.astype(float)):
        np.testing.assert_array_equal(small().fit(X, target).predict_proba(X), expected)


def test_label_names_are_the_columns_or_their_numbers(data, frame):
    X, y = data
    assert small().fit(X, frame).label_names_.tolist() == NAMES
    assert small().fit(X, y).label_names_.tolist() == ["0", "1", "2"]


def test_classes_of_a_matrix_are_zero_and_one_for_each_label(data):
    X, y = data
    np.testing.assert_array_equal(small().fit(X, y).classes_, [[0, 1]] * 3)


@pytest.mark.parametrize("kind", ["frame", "sparse"])
def test_one_column_of_a_frame_or_sparse_matrix_is_one_label(data, frame, kind):
    X, y = data
    target = frame[["Nucleoli"]] if kind == "frame" else csr_matrix(y[:, 1:2])
    classifier = small().fit(X, target)
    assert classifier.predict_proba(X).shape == classifier.predict(X).shape == (len(X), 1)
    assert classifier.classes_.shape == (1, 2)


def test_a_1d_target_gets_softmax_and_its_own_classes():
    X, number = make_blobs(90, centers=3, cluster_std=0.3, random_state=0)
    y = np.array(["cytosol", "nucleus", "vesicles"])[number]
    classifier = small(max_epochs=60, threshold=0.99).fit(X, y)
    np.testing.assert_allclose(classifier.predict_proba(X).sum(axis=1), 1)
    assert classifier.classes_.tolist() == ["cytosol", "nucleus", "vesicles"]
    assert classifier.score(X, y) > 0.95


def test_a_label_without_a_positive_example_trains_and_is_named(data, frame):
    X, _ = data
    absent = frame.assign(Aggresome=0, Lysosomes=0)
    with pytest.warns(
        UserWarning, match="2 of 5 labels .* be learned: Aggresome, Lysosomes"
    ) as told:
        classifier = small().fit(X, absent)
    assert told[0].filename == __file__
    assert np.isfinite(classifier.predict_proba(X)).all()


def test_probabilities_are_strictly_inside_0_and_1_even_when_sigmoids_saturate():
    X = np.array([[0.0], [1.0]])
    classifier = small(hidden_layer_sizes=(), lr=1.0, max_epochs=100).fit(X, [[0, 1], [1, 0]])
    proba = classifier.predict_proba(X * 1e6)
    assert ((proba > 0) & (proba < 1)).all()


# ---- training ---------------------------------------------------------------------------------


def test_partial_fit_is_one_epoch_at_a_time(data):
    X, y = data
    classifier = small()
    for epoch in range(1, 4):
        classifier.partial_fit(X, y)
        assert classifier.n_iter_ == epoch
    losses = classifier.history_["train_loss"]
    assert losses.iloc[-1] < losses.iloc[0]
    assert classifier.history_["epoch"].tolist() == [1, 2, 3]


def test_partial_fit_takes_all_classes_of_a_1d_target_at_first():
    X, y = make_blobs(60, centers=3, random_state=0)
    classifier = small().partial_fit(X[y < 2], y[y < 2], classes=[0, 1, 2])
    assert classifier.partial_fit(X[y == 2], y[y == 2]).predict_proba(X).shape == (60, 3)
    with pytest.raises(ValueError, match=r"y holds classes \[3\], which are not in \[0, 1, 2\]"):
        classifier.partial_fit(X[:2], [0, 3])


def test_partial_fit_goes_on_after_a_pickle(data):
    X, y = data
    classifier = pickle.loads(pickle.dumps(small().partial_fit(X, y)))
    before = classifier.predict_proba(X)
    after = classifier.partial_fit(X, y)
    assert after.n_iter_ == 2
    assert 0 < np.abs(after.predict_proba(X) - before).max() < 0.5


def test_warm_start_goes_on_and_a_plain_fit_begins_anew(data):
    X, y = data
    classifier = small(warm_start=True).fit(X, y)
    last = classifier.history_["train_loss"].iloc[-1]
    classifier.fit(X, y)
    assert classifier.n_iter_ == 10
    assert classifier.history_["train_loss"].iloc[5] < last * 1.1
    assert classifier.set_params(warm_start=False).fit(X, y).n_iter_ == 5


def test_warm_start_refuses_other_labels(data, frame):
    X, y = data
    classifier = small(warm_start=True).fit(X, frame)
    with pytest.raises(ValueError, match="expected 3 labels, got 2 labels"):
        classifier.fit(X, frame.iloc[:, :2])
    with pytest.raises(ValueError, match="columns of the earlier fit, in their order"):
        classifier.fit(X, frame[NAMES[::-1]])


# ---- state after a failure or a change of parameters -------------------------------------------


@pytest.mark.parametrize("failure", ["groups", "interrupt", "divergence"])
def test_a_refit_that_fails_leaves_the_earlier_model_whole(data, frame, failure):
    X, _ = data
    classifier = small().fit(X, frame)
    expected, history = classifier.predict_proba(X), classifier.history_
    wider = frame.assign(Aggresome=frame["Cytosol"]).rename(columns={"Nucleoli": "Endosomes"})
    params, fit_params = {
        "groups": ({"early_stopping": True}, {"groups": np.zeros(len(X))}),
        "interrupt": ({"callbacks": [InterruptAt(batch=2)]}, {}),
        "divergence": ({"lr": 1e30, "optimizer": "sgd"}, {}),
    }[failure]
    with pytest.raises((ValueError, KeyboardInterrupt)):
        classifier.set_params(**params).fit(X[:, :7], wider, **fit_params)
    np.testing.assert_array_equal(classifier.predict_proba(X), expected)
    pd.testing.assert_frame_equal(classifier.history_, history)
    assert classifier.label_names_.tolist() == NAMES and classifier.n_features_in_ == 10


@pytest.mark.parametrize(
    "params", [{"lr": 1e30, "optimizer": "sgd"}, {"callbacks": [InterruptAt(batch=2)]}]
)
def test_a_partial_fit_that_fails_leaves_the_earlier_model_whole(data, params):
    X, y = data
    classifier = small().partial_fit(X, y).partial_fit(X, y)
    expected = classifier.predict_proba(X)
    with pytest.raises((ValueError, KeyboardInterrupt)):
        classifier.set_params(**params).partial_fit(X, y)
    np.testing.assert_array_equal(classifier.predict_proba(X), expected)
    assert classifier.n_iter_ == 2
    classifier.set_params(
        **{name: None if name == "callbacks" else 1e-3 for name in params} | {"optimizer": "adam"}
    )
    assert classifier.partial_fit(X, y).n_iter_ == 3


def test_partial_fit_after_an_early_stopped_fit_has_no_validation(data):
    X, y = data
    classifier = small(early_stopping=True).fit(X, y).partial_fit(X, y)
    assert classifier.history_["valid_loss"].isna().tolist() == [False] * 5 + [True]


def test_pixels_cannot_be_continued_with_floats(data):
    X, y = data
    classifier = small(warm_start=True).fit(X.astype(np.uint8), y)
    for go_on in (classifier.fit, classifier.partial_fit):
        with pytest.raises(ValueError, match="earlier fit was on uint8 pixels, but X holds floats"):
            go_on(X / 255, y)


def test_floats_instead_of_pixels_are_warned_of_where_they_were_scaled_already(data):
    X, y = data
    X = X.astype(np.uint8)
    classifier = small().fit(X, y)
    np.testing.assert_array_equal(classifier.predict(X.astype(float)), classifier.predict(X))
    with pytest.warns(UserWarning, match="X holds floats of at most 1, but .* uint8 pixels"):
        classifier.predict(X / 255)


def test_the_fitted_net_does_not_keep_the_data_alive():
    X, y = make_multilabel_classification(220, 10, n_classes=3, random_state=0)
    X = X.astype(np.float32)
    classifier = small(early_stopping=True).fit(X, y)
    kept = [each for each in gc.get_referrers(X) if each is not globals()]
    assert classifier.history_["valid_loss"].notna().all()
    assert not any(isinstance(each, dict) and "rows" in each for each in kept)


# ---- reproducibility --------------------------------------------------------------------------


def test_the_same_random_state_gives_the_same_model_and_another_one_another(data):
    X, y = data
    proba = [small(random_state=seed).fit(X, y).predict_proba(X) for seed in (0, 0, 1)]
    np.testing.assert_array_equal(proba[0], proba[1])
    assert np.abs(proba[0] - proba[2]).max() > 1e-3


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_scores_do_not_depend_on_the_number_of_workers(data, backend):
    X, y = data
    classifier = small(hidden_layer_sizes=(32, 64), dropout=0.5)
    alone = cross_validate(classifier, X, y, scoring="neg_mean_squared_error", cv=4)
    with joblib.parallel_config(backend=backend, n_jobs=2):
        together = cross_validate(classifier, X, y, scoring="neg_mean_squared_error", cv=4)
    np.testing.assert_array_equal(alone["test_score"], together["test_score"])


# ---- thresholds -------------------------------------------------------------------------------


def test_a_label_is_given_where_its_probability_reaches_the_threshold(data):
    X, y = data
    classifier = small().fit(X, y)
    proba = classifier.predict_proba(X)
    np.testing.assert_array_equal(classifier.predict(X), proba >= 0.5)
    classifier.set_params(threshold=proba[0])
    np.testing.assert_array_equal(classifier.predict(X), proba >= proba[0])
    assert classifier.predict(X)[0].tolist() == [1, 1, 1]


@pytest.mark.parametrize(
    ("threshold", "message"),
    [
        ([0.5, 0.5], r"one for each of the 3 labels, got an array of shape \(2,\)"),
        ([0.5, 0.5, 1.5], r"threshold must lie in \[0, 1\]"),
        ([0.5, 0.5, float("nan")], r"threshold must lie in \[0, 1\]"),
        (-0.1, "'threshold' parameter"),
    ],
)
def test_a_wrong_threshold_is_refused(data, threshold, message):
    X, y = data
    with pytest.raises(ValueError, match=message):
        small(threshold=threshold).fit(X, y)


# ---- bad input --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"lr": 0}, "'lr' parameter"),
        ({"lr": -1e-3}, "'lr' parameter"),
        ({"batch_size": 0}, "'batch_size' parameter"),
        ({"max_epochs": 0}, "'max_epochs' parameter"),
        ({"n_iter_no_change": 0}, "'n_iter_no_change' parameter"),
        ({"validation_fraction": 1.0}, "'validation_fraction' parameter"),
        ({"dropout": 1.0}, "'dropout' parameter"),
        ({"weight_decay": -1}, "'weight_decay' parameter"),
        ({"loss": "hinge"}, "'loss' parameter"),
        ({"optimizer": "lbfgs"}, "'optimizer' parameter"),
        ({"lr": "fast"}, "'lr' parameter"),
        ({"max_epochs": "many"}, "'max_epochs' parameter"),
        ({"hidden_layer_sizes": "wide"}, "'hidden_layer_sizes' parameter"),
        ({"activation": "relu6"}, "'activation' parameter"),
        ({"hidden_layer_sizes": (16, 0)}, r"positive integers, got \(16, 0\)"),
        ({"hidden_layer_sizes": (16, -4)}, "positive integers"),
        ({"hidden_layer_sizes": (1.5,)}, "positive integers"),
        ({"hidden_layer_sizes": 16}, "'hidden_layer_sizes' parameter"),
        ({"hidden_layer_sizes": (True,)}, "positive integers"),
        ({"net_params": {"optimizr__x": 1}}, "net_params .* skorch.NeuralNet"),
        ({"callbacks": ["x"]}, "callbacks holds 'x', expected skorch callbacks"),
        ({"net_params": {"train_split": None}}, r"net_params holds \['train_split'\]"),
        ({"device": "cpu:1"}, "device='cpu:1' is not a device"),
        ({"device": "meta"}, "device='meta' is not a device"),
        ({"net_params": {"lr": 1}}, r"net_params holds \['lr'\], which .* sets itself"),
        ({"device": "gpu"}, "device='gpu' is not a device; expected 'auto', 'cpu'"),
    ],
)
def test_a_wrong_parameter_is_refused_before_any_data_is_looked_at(params, message):
    with pytest.raises(ValueError, match=message):
        small(**params).fit(None, [[0, 1]])


def test_a_wrong_value_is_named_by_its_label(frame):
    frame = frame.astype(float)
    frame.iloc[7, 1] = 0.3
    with pytest.raises(ValueError, match="y is 0.3 at label 'Nucleoli', row 7;"):
        small().fit(np.zeros((120, 2)), frame)


def test_lengths_that_differ_are_refused(data):
    X, y = data
    with pytest.raises(ValueError, match=r"inconsistent numbers of samples: \[120, 119\]"):
        small().fit(X, y[:-1])
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        small().fit(X, y, groups=np.zeros(7))


def test_nan_in_the_features_is_refused(data):
    X, y = data
    X = X.copy()
    X[3, 2] = np.nan
    with pytest.raises(ValueError, match="Input X contains NaN"):
        small().fit(X, y)


def test_a_wrong_number_of_features_is_refused_at_predict(data):
    X, y = data
    with pytest.raises(ValueError, match="X has 9 features, but .* is expecting 10"):
        small().fit(X, y).predict(X[:, 1:])


@pytest.mark.parametrize("use", ["predict", "predict_proba"])
def test_unfitted_use_is_refused(data, use):
    with pytest.raises(NotFittedError):
        getattr(small(), use)(data[0])


def test_numpy_integers_are_integers(data):
    X, y = data
    numbers = {"batch_size": np.int64(16), "max_epochs": np.int64(2)}
    assert small(hidden_layer_sizes=np.array([8, 4]), **numbers).fit(X, y).n_iter_ == 2


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        (np.zeros(120), "sets some groups aside and needs at least 2, got 1"),
        (np.zeros((120, 2)), "groups has 2 columns; expected one group for each sample"),
        ([None] * 120, "groups holds missing values"),
        (np.full(120, np.nan), "groups holds missing values"),
    ],
)
def test_groups_of_a_wrong_kind_are_refused(data, groups, message):
    X, y = data
    with pytest.raises(ValueError, match=message):
        small(early_stopping=True).fit(X, y, groups=groups)


def test_parameters_of_the_criterion_hold_with_and_without_weights(data):
    X, y = data
    heavy = {"criterion__pos_weight": torch.full((3,), 50.0)}
    plain = small(net_params=heavy).fit(X, y).predict_proba(X)
    weighted = small(net_params=heavy).fit(X, y, sample_weight=np.ones(len(X))).predict_proba(X)
    np.testing.assert_allclose(weighted, plain, atol=1e-5)
    assert np.abs(small().fit(X, y).predict_proba(X) - plain).max() > 0.01


def test_a_default_dtype_of_float64_is_harmless(data):
    X, y = data
    expected = small().fit(X, y).predict_proba(X)
    torch.set_default_dtype(torch.float64)
    try:
        got = small().fit(X, y).predict_proba(X)
    finally:
        torch.set_default_dtype(torch.float32)
    np.testing.assert_allclose(got, expected, atol=0.2)


# ---- metadata routing -------------------------------------------------------------------------


def test_groups_and_weights_are_routed_to_fit(data):
    X, y = data
    groups = np.arange(len(X)) // 4
    watch = Watch()
    with config_context(enable_metadata_routing=True):
        classifier = small(early_stopping=True, callbacks=[watch], max_epochs=1)
        classifier.set_fit_request(groups=True, sample_weight=True)
        classifier.set_score_request(sample_weight=False)
        scores = cross_validate(
            classifier,
            X,
            y,
            cv=GroupKFold(3),
            params={"groups": groups, "sample_weight": np.ones(len(X))},
            error_score="raise",
            return_estimator=True,
        )
    assert len(scores["test_score"]) == 3


# ---- CUDA -------------------------------------------------------------------------------------


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_training_on_cuda_learns_what_training_on_a_cpu_does(data, dtype):
    X, y = data
    X = (X * 10).astype(dtype)
    on = {
        device: small(device=device, max_epochs=100, random_state=0, dropout=0).fit(X, y)
        for device in ("cpu", "cuda")
    }
    assert on["cuda"].net_.device == "cuda"
    losses = [each.history_["train_loss"].iloc[-1] for each in on.values()]
    assert losses[0] == pytest.approx(losses[1], rel=0.3)


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_a_model_trained_on_cuda_predicts_the_same_on_a_cpu(data):
    X, y = data
    classifier = small(device="cuda").fit(X, y)
    twin = pickle.loads(pickle.dumps(classifier)).set_params(device="cpu")
    np.testing.assert_allclose(twin.predict_proba(X), classifier.predict_proba(X), atol=1e-5)


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_the_same_seed_gives_the_same_model_on_cuda(data):
    X, y = data
    state = torch.cuda.get_rng_state()
    first, second = (
        small(device="cuda", random_state=0, dropout=0.3).fit(X, y).predict_proba(X)
        for _ in range(2)
    )
    np.testing.assert_array_equal(first, second)
    assert torch.equal(torch.cuda.get_rng_state(), state)
