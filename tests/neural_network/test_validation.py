"""Tests of the validation split and of given validation samples."""

import numpy as np
import pandas as pd
import pytest
from sklearn import config_context
from sklearn.datasets import make_multilabel_classification
from sklearn.model_selection import (
    cross_validate,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import sklearn_hpa.neural_network._classifier
from sklearn_hpa import HPAPipeline, MultiLabelMLPClassifier
from sklearn_hpa.callbacks import EpochScores
from sklearn_hpa.metrics import label_accuracy_score
from sklearn_hpa.model_selection import MultiLabelStratifiedGroupKFold

from .networks import NAMES, Collect, Watch, samples_unlike_training, small


@pytest.fixture(scope="module")
def grouped_data():
    X, y = make_multilabel_classification(120, 5, n_classes=4, random_state=0)
    groups = np.random.default_rng(0).integers(30, size=120)
    return X, y, groups


@pytest.fixture
def validation_splits(monkeypatch):
    """A list that records the target, groups and two sides of each validation split."""
    seen = []
    split_rows = sklearn_hpa.neural_network._classifier.split_rows

    def spy(rows, target, groups, fraction, seed):
        train, valid = split_rows(rows, target, groups, fraction, seed)
        seen.append((target, groups, train, valid))
        return train, valid

    monkeypatch.setattr(sklearn_hpa.neural_network._classifier, "split_rows", spy)
    return seen


def stopped(**params):
    return MultiLabelMLPClassifier(
        **{"hidden_layer_sizes": (4,), "max_epochs": 2, "early_stopping": True, "random_state": 0}
        | params
    )


def recorded(callbacks=None, **params):
    defaults = {"hidden_layer_sizes": (16,), "max_epochs": 4, "loss": "bce", "random_state": 0}
    params = defaults | params
    return MultiLabelMLPClassifier(**params, callbacks=callbacks)


@pytest.fixture
def held_out(data):
    X, y = data
    return {"X_valid": X[90:], "y_valid": y[90:]}


def test_the_validation_split_never_straddles_a_group(data):
    X, y = data
    groups = np.arange(len(X)) // 4
    watch = Watch()
    small(early_stopping=True, callbacks=[watch], max_epochs=1).fit(X, y, groups=groups)
    assert not set(groups[watch.train_]) & set(groups[watch.valid_])
    assert len(watch.train_) + len(watch.valid_) == len(X)
    assert len(watch.valid_) == 12


def test_the_validation_rows_are_not_in_the_standardisation(data):
    X, y = data
    watch = Watch()
    classifier = small(early_stopping=True, callbacks=[watch], max_epochs=1).fit(X, y)
    mean = classifier.net_.module_.scaler.mean.numpy()
    np.testing.assert_allclose(mean, X[watch.train_].mean(axis=0), rtol=1e-5)


def test_one_sample_cannot_be_split():
    with pytest.raises(ValueError, match="sets some samples aside and needs at least 2, got 1"):
        small(early_stopping=True).fit([[0.0]], [[0, 1]])


def test_the_validation_split_has_its_share_of_every_label(grouped_data, validation_splits):
    X, y, _ = grouped_data
    stopped(validation_fraction=0.25).fit(X, y)
    [(_, _, train, valid)] = validation_splits
    assert len(valid) == 30 and len(train) == 90
    assert (np.diff(train) > 0).all() and (np.diff(valid) > 0).all()
    assert np.abs(y[valid].sum(axis=0) - y.sum(axis=0) / 4).max() < 2


def test_the_only_positive_of_a_label_is_trained_on_and_named(grouped_data, validation_splits):
    X, y, _ = grouped_data
    y = np.column_stack([y, np.eye(120, 3, dtype=int)])
    message = (
        r"3 of 7 labels occur in too few samples to be in the 72 validation samples, .*: "
        r"4 \(1 sample\), 5 \(1 sample\), 6 \(1 sample\)\. A larger validation_fraction"
    )
    for seed in range(5):
        with pytest.warns(UserWarning, match=message) as told:
            stopped(validation_fraction=0.6, random_state=seed).fit(X, y)
        assert sum("occur in too few" in str(one.message) for one in told) == 1
    for _, _, train, _ in validation_splits:
        assert {0, 1, 2} <= set(train)


def test_the_warning_of_labels_without_a_validation_sample_is_about_the_call_of_fit(grouped_data):
    X, y, _ = grouped_data
    with pytest.warns(UserWarning, match=r"early stopping .*: 4 \(2 groups\)") as told:
        rare = np.column_stack([y, np.arange(120) < 2])
        stopped(random_state=0).fit(X, rare, groups=np.arange(120))
    assert told[0].filename == __file__


def test_the_validation_split_of_a_1d_target(grouped_data, validation_splits):
    X, _, _ = grouped_data
    y = np.repeat(["cytosol", "nucleus", "vesicles"], [80, 39, 1])
    with pytest.warns(UserWarning, match=r"1 of 3 classes occur .*: vesicles \(1 sample\)\."):
        stopped(validation_fraction=0.2).fit(X, y)
    [(_, _, _, valid)] = validation_splits
    assert sorted(y[valid]) == ["cytosol"] * 16 + ["nucleus"] * 8


@pytest.mark.filterwarnings("ignore:.* occur in too few")
@pytest.mark.parametrize("fraction", [0.01, 0.99])
@pytest.mark.parametrize("grouped", [False, True])
def test_each_side_of_the_validation_split_has_a_sample(fraction, grouped, validation_splits):
    X = np.arange(6.0).reshape(-1, 1)
    y = np.array([0, 1, 0, 1, 0, 1])
    groups = [0, 0, 0, 0, 0, 1] if grouped else None
    stopped(validation_fraction=fraction).fit(X, y, groups=groups)
    [(_, _, train, valid)] = validation_splits
    assert len(train) and len(valid) and len(train) + len(valid) == 6


def test_samples_of_weight_zero_are_on_neither_side(grouped_data, validation_splits):
    X, y, groups = grouped_data
    weight = np.ones(120)
    weight[::5] = 0
    stopped().fit(X, y, sample_weight=weight, groups=groups)
    [(_, _, train, valid)] = validation_splits
    assert sorted([*train, *valid]) == np.flatnonzero(weight).tolist()
    assert not set(groups[train]) & set(groups[valid])


@pytest.mark.parametrize("kind", ["classifier", "Pipeline", "HPAPipeline"])
def test_groups_routed_through_cross_validation_reach_the_validation_split(
    grouped_data, kind, validation_splits
):
    X, y, groups = grouped_data
    with config_context(enable_metadata_routing=True):
        classifier = stopped(validation_fraction=0.3).set_fit_request(groups=True)
        estimator = {
            "classifier": classifier,
            "Pipeline": make_pipeline(StandardScaler(), classifier),
            "HPAPipeline": HPAPipeline(images="passthrough", classifier=classifier),
        }[kind]
        scores = cross_validate(
            estimator,
            X,
            y,
            cv=MultiLabelStratifiedGroupKFold(3),
            params={"groups": groups},
            scoring="f1_micro",
            return_indices=True,
            error_score="raise",
        )
    assert len(validation_splits) == 3
    for (_, routed, train, valid), rows in zip(
        validation_splits, scores["indices"]["train"], strict=True
    ):
        np.testing.assert_array_equal(routed, groups[rows])
        assert not set(routed[train]) & set(routed[valid])
        assert sorted([*train, *valid]) == list(range(len(rows)))


@pytest.mark.parametrize(
    "case", samples_unlike_training({"X_valid": np.ones((1, 1)), "y_valid": np.ones((1, 1))})
)
def test_samples_unlike_those_of_fit_are_refused_before_training(data, held_out, case):
    X, y, message = samples_unlike_training(held_out)[case]
    watch = Collect()
    classifier = recorded([EpochScores(X_valid=X, y_valid=y), watch])
    with pytest.raises(ValueError, match=message):
        classifier.fit(*data)
    assert watch.epochs_ == []


def test_floats_are_refused_where_training_is_on_pixels(data, held_out):
    X, y = data
    with pytest.raises(ValueError, match="X_valid holds floats, but .* hold uint8 pixels"):
        recorded([EpochScores(**held_out)]).fit(X.astype(np.uint8), y)


def test_labels_in_another_order_than_in_fit_are_refused():
    X = np.eye(4, dtype=np.float32)
    y = pd.DataFrame(np.eye(4, dtype=int)[:, :2], columns=["Nucleoli", "Cytosol"])
    scores = EpochScores(X_valid=X, y_valid=y[["Cytosol", "Nucleoli"]])
    with pytest.raises(
        ValueError,
        match="y_valid must have the labels of fit.* label 0 is 'Cytosol', expected 'Nucleoli'$",
    ):
        recorded([scores]).fit(X, y)


@pytest.mark.parametrize("dtype", [np.float32, np.uint8])
def test_columns_in_another_order_than_in_fit_are_refused_before_training(data, dtype):
    names = [f"feature_{k}" for k in range(10)]
    X = pd.DataFrame(data[0].astype(dtype), columns=names)
    watch = Collect()
    scores = EpochScores(X_valid=X[[*names[:8], *names[:7:-1]]], y_valid=data[1])
    message = (
        "^X_valid must have the columns of fit, in their order, but column 8 is 'feature_9', "
        "expected 'feature_8'$"
    )
    with pytest.raises(ValueError, match=message):
        recorded([scores, watch]).fit(X, data[1])
    assert watch.epochs_ == []
    classifier = recorded([]).fit(X, data[1]).set_params(callbacks=[scores])
    with pytest.raises(ValueError, match=message):
        classifier.partial_fit(X, data[1])


@pytest.mark.parametrize("named", ["train", "valid"])
def test_names_on_one_side_alone_are_taken_by_position(data, named):
    X, y = data
    frames = pd.DataFrame(X, columns=list("abcdefghij")), pd.DataFrame(y, columns=NAMES)
    train, valid = (frames, (X, y)) if named == "train" else ((X, y), frames)
    scores = EpochScores("label_accuracy", X_valid=valid[0], y_valid=valid[1])
    classifier = recorded([scores]).fit(*train)
    expected = label_accuracy_score(y, classifier._network.logits(np.float32(X), "cpu") >= 0)
    assert classifier.history_["valid_label_accuracy"].iloc[-1] == expected
