"""Tests of the "auto" parameters in training."""

import pickle
from dataclasses import asdict

import numpy as np
import pytest
import torch

from sklearn_hpa import MultiLabelMLPClassifier
from sklearn_hpa.neural_network._options import Options

# ---- training recipes ---------------------------------------------------------------------------


def trained_by(classifier):
    """Return the recipe of a fitted net: widths, dropout, optimiser, learning rate and decay."""
    net = classifier.net_
    body = list(net.module_.body)
    (group,) = net.optimizer_.param_groups
    return (
        [m.out_features for m in body if isinstance(m, torch.nn.Linear)][:-1],
        [m.p for m in body if isinstance(m, torch.nn.Dropout)],
        type(net.optimizer_),
        group["lr"],
        group["weight_decay"],
    )


def test_pixels_are_trained_by_the_paper_s_recipe(data):
    X, y = data
    classifier = MultiLabelMLPClassifier(random_state=0).fit(X.astype(np.uint8), y)
    assert trained_by(classifier) == ([32, 64, 128, 256], [], torch.optim.Adam, 1e-3, 0)
    assert classifier.n_iter_ == 250


def test_features_are_trained_by_the_recipe_for_features(data):
    X, y = data
    classifier = MultiLabelMLPClassifier(random_state=0).fit(X, y)
    assert trained_by(classifier) == ([256, 256], [0.5, 0.5], torch.optim.AdamW, 3e-4, 0.1)
    assert classifier.n_iter_ == 60


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_partial_fit_and_a_rebuilt_net_have_the_recipe_of_fit(data, dtype):
    X, y = data[0].astype(dtype), data[1]
    expected = trained_by(MultiLabelMLPClassifier(max_epochs=1, random_state=0).fit(X, y))
    portion = MultiLabelMLPClassifier(random_state=0).partial_fit(X, y)
    assert trained_by(portion) == trained_by(pickle.loads(pickle.dumps(portion))) == expected
    assert portion.n_iter_ == 1


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_what_is_given_is_trained_with_whatever_auto_would_be(data, dtype):
    X, y = data[0].astype(dtype), data[1]
    given = {"dropout": 0.2, "optimizer": "sgd", "lr": 0.02, "weight_decay": 0.03, "max_epochs": 2}
    classifier = MultiLabelMLPClassifier((7,), **given, random_state=0).fit(X, y)
    assert trained_by(classifier) == ([7], [0.2], torch.optim.SGD, 0.02, 0.03)
    assert classifier.n_iter_ == 2


def test_auto_stays_a_parameter_after_fit(data):
    X, y = data
    classifier = MultiLabelMLPClassifier(max_epochs=1, random_state=0).fit(X, y)
    for name in ("hidden_layer_sizes", "dropout", "optimizer", "lr", "weight_decay"):
        assert getattr(classifier, name) == "auto"


# ---- values of "auto" -------------------------------------------------------------------------


def parameters(**params):
    return MultiLabelMLPClassifier(**params).get_params(deep=False)


def resolved(takes_pixels, n_samples=0, **params):
    return Options.resolve(parameters(**params), takes_pixels, n_samples)


@pytest.mark.parametrize(
    ("name", "pixels", "features"),
    [
        ("hidden_layer_sizes", (32, 64, 128, 256), (256, 256)),
        ("dropout", 0, 0.5),
        ("optimizer", "adam", "adamw"),
        ("lr", 1e-3, 3e-4),
        ("weight_decay", 0, 0.1),
        ("max_epochs", 250, 60),
    ],
)
def test_each_auto_has_a_value_for_pixels_and_one_for_features(name, pixels, features):
    assert parameters()[name] == "auto"
    assert getattr(resolved(takes_pixels=True), name) == pixels
    assert getattr(resolved(takes_pixels=False), name) == features


@pytest.mark.parametrize("takes_pixels", [True, False])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("hidden_layer_sizes", (5,)),
        ("hidden_layer_sizes", ()),
        ("dropout", 0.1),
        ("dropout", 0),
        ("optimizer", "rmsprop"),
        ("lr", 0.7),
        ("weight_decay", 0.7),
        ("weight_decay", 0),
        ("max_epochs", 3),
        ("early_stopping", True),
        ("early_stopping", False),
    ],
)
def test_a_given_value_wins_over_auto(takes_pixels, name, value):
    for n_samples in (0, 10_000):
        options = resolved(takes_pixels, n_samples, **{name: value})
        assert getattr(options, name) == value


def test_an_array_of_widths_is_no_auto():
    widths = np.array([8, 4])
    options = resolved(takes_pixels=False, hidden_layer_sizes=widths)
    assert options.hidden_layer_sizes == (8, 4)


@pytest.mark.parametrize(
    ("optimizer", "decay"),
    [("auto", 0.1), ("adamw", 0.1), ("adam", 1e-4), ("rmsprop", 1e-4), ("sgd", 1e-4)],
)
def test_the_decay_of_features_is_small_where_the_optimiser_adds_it_to_the_gradient(
    optimizer, decay
):
    assert resolved(takes_pixels=False, optimizer=optimizer).weight_decay == decay
    assert resolved(takes_pixels=True, optimizer=optimizer).weight_decay == 0


def test_resolving_leaves_the_parameters_and_all_that_is_not_auto_alone():
    options = parameters(batch_size=7, threshold=[0.1, 0.2])
    before = dict(options)
    after = Options.resolve(options, False)
    assert options == before
    autos = {"hidden_layer_sizes", "dropout", "optimizer", "lr", "weight_decay", "max_epochs"}
    after = asdict(after)
    changed = {name for name in after if (after[name] or None) != (before[name] or None)}
    assert changed == autos | {"early_stopping", "loss"}
    assert after["device"] == "auto"


def test_a_network_of_features_that_goes_on_with_whole_numbers_keeps_the_features_recipe():
    rng = np.random.default_rng(0)
    X, y = rng.integers(0, 255, (250, 6)), rng.integers(0, 2, (250, 3))
    classifier = MultiLabelMLPClassifier(max_epochs=1, random_state=0, warm_start=True)
    classifier.fit(X.astype(np.float32), y).fit(X.astype(np.uint8), y)
    assert classifier.best_epoch_ is None
    assert isinstance(classifier.net_.optimizer_, torch.optim.AdamW)
