"""Tests of the checks of architectures and weights."""

import itertools

import numpy as np
import pytest
import torch

from sklearn_hpa.neural_network._architecture import (
    check_architecture,
    check_weights,
    weight_shapes,
)
from sklearn_hpa.neural_network._modules import build_network, weights_of

ARCHITECTURE = {
    "n_features": 4,
    "n_outputs": 2,
    "scaler": (np.zeros(4), np.ones(4)),
    "hidden_layer_sizes": (3, 5),
    "activation": "relu",
    "dropout": 0.5,
    "module": None,
}


@pytest.mark.parametrize(
    ("widths", "dropout", "scaler"),
    list(itertools.product([(), (3,), (3, 5, 7)], [0, 0.5], [None, (np.zeros(4), np.ones(4))])),
)
def test_names_and_shapes_of_weights_are_those_of_the_network(widths, dropout, scaler):
    changes = {"hidden_layer_sizes": widths, "dropout": dropout, "scaler": scaler}
    architecture = ARCHITECTURE | changes
    weights = weights_of(build_network(**architecture))
    assert weight_shapes(architecture) == {name: each.shape for name, each in weights.items()}
    check_architecture(architecture)
    check_weights(architecture, weights)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("n_features", 0, "n_features holds 0, expected a positive integer"),
        ("n_features", True, "n_features holds True"),
        ("n_outputs", 2.0, "n_outputs holds 2.0"),
        ("hidden_layer_sizes", (3, -5), "hidden_layer_sizes holds -5"),
        ("hidden_layer_sizes", "auto", "hidden_layer_sizes must be a tuple"),
        ("activation", "softmax", "no activation 'softmax'"),
        ("dropout", 1.0, "dropout is 1.0, expected a number in"),
        ("dropout", float("nan"), "dropout is nan"),
        ("module", "os.system", "module cannot be called"),
        ("scaler", (np.zeros(3), np.ones(4)), "the scaler's mean has shape"),
        ("scaler", (np.zeros(4), np.zeros(4)), "the scaler's scale must be positive"),
        ("more", 1, "architecture must be a dict of activation, dropout"),
    ],
)
def test_what_cannot_be_built_is_refused(name, value, message):
    with pytest.raises(ValueError, match=message):
        check_architecture(ARCHITECTURE | {name: value})


def test_a_width_of_a_billion_is_compared_and_not_built():
    weights = weights_of(build_network(**ARCHITECTURE))
    with pytest.raises(ValueError, match=r"shape \(3, 4\), expected \(1000000000, 4\)"):
        check_weights(ARCHITECTURE | {"hidden_layer_sizes": (10**9, 5)}, weights)


def test_a_scale_of_zero_among_the_weights_is_refused():
    weights = weights_of(build_network(**ARCHITECTURE))
    weights["scaler.scale"][0] = 0
    with pytest.raises(ValueError, match="weight 'scaler.scale' must be positive"):
        check_weights(ARCHITECTURE, weights)


def test_of_another_module_only_the_values_are_checked():
    architecture = ARCHITECTURE | {"module": torch.nn.Linear}
    check_weights(architecture, {"any": np.ones(7), "more": np.array(5)})
    with pytest.raises(ValueError, match="weight 'any' holds values that are not finite"):
        check_weights(architecture, {"any": np.array([np.nan])})
