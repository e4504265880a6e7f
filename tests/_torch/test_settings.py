"""Tests that settings of torch, left by other code, change no result."""

from contextlib import contextmanager

import numpy as np
import pytest
import torch
from skorch.callbacks import Callback
from torch import nn

from sklearn_hpa import MultiLabelMLPClassifier
from sklearn_hpa._torch.settings import usual_settings


@contextmanager
def changed(setter, value, usual):
    setter(value)
    try:
        yield
    finally:
        setter(usual)


LEFT = {
    "gradients off": lambda: changed(torch.set_grad_enabled, False, True),
    "no_grad": torch.no_grad,
    "inference mode": torch.inference_mode,
    "autocast": lambda: torch.autocast("cpu", torch.bfloat16),
    "default dtype": lambda: changed(torch.set_default_dtype, torch.float64, torch.float32),
    "default device": lambda: changed(torch.set_default_device, "meta", None),
    "block of a device": lambda: torch.device("meta"),
    "rounded products": lambda: changed(torch.set_float32_matmul_precision, "medium", "highest"),
    "deterministic": lambda: changed(torch.use_deterministic_algorithms, True, False),
    "random seed": lambda: changed(torch.manual_seed, 1, 2),
}


@pytest.fixture(scope="module")
def samples():
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (60, 48 * 48), dtype=np.uint8)
    features = rng.normal(size=(60, 300)).astype(np.float32)
    return {"pixels": pixels, "features": features}, (rng.random((60, 4)) < 0.4).astype(int)


class Listens(Callback):
    def on_batch_end(self, net, **kwargs):
        pass


def network(**params):
    return MultiLabelMLPClassifier(**({"max_epochs": 3, "random_state": 0} | params))


def results(kind, samples, **params):
    """Return the probabilities of a fit, of two portions, and of a copy of the fit."""
    X, y = samples[0][kind], samples[1]
    classifier = network(**params).fit(X, y)
    portions = network(**params).partial_fit(X[:30], y[:30])
    portions.partial_fit(X[30:], y[30:])
    return np.stack([each.predict_proba(X) for each in (classifier, portions)])


VARIANTS = {
    "pixels": ("pixels", {}),
    "early stopping": ("features", {"early_stopping": True, "validation_fraction": 0.3}),
    "bfloat16": ("pixels", {"precision": "bfloat16", "dropout": 0.2}),
    "skorch's loop": ("features", {"callbacks": [Listens()], "loss": "asymmetric"}),
}


@pytest.fixture(scope="module")
def expected(samples):
    return {name: results(kind, samples, **params) for name, (kind, params) in VARIANTS.items()}


@pytest.mark.parametrize("left", LEFT)
@pytest.mark.parametrize("variant", VARIANTS)
def test_settings_that_other_code_left_change_no_bit(samples, expected, left, variant):
    kind, params = VARIANTS[variant]
    with LEFT[left]():
        found = results(kind, samples, **params)
    np.testing.assert_array_equal(found, expected[variant])


def test_a_network_rebuilt_in_inference_mode_can_be_trained_on(samples):
    X, y = samples[0]["features"], samples[1]
    twin = network().fit(X, y)
    state = twin.__getstate__()
    with torch.inference_mode():
        again = network()
        again.__setstate__(state)
        assert again.net_.initialized_
    again.partial_fit(X, y)
    assert again.n_iter_ == 4


def test_the_settings_of_other_code_are_restored(samples):
    torch.set_float32_matmul_precision("medium")
    try:
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16), torch.device("meta"):
            results("features", samples)
            assert not torch.is_grad_enabled()
            assert torch.is_autocast_enabled("cpu")
            assert torch.empty(0).device.type == "meta"
        assert torch.get_float32_matmul_precision() == "medium"
    finally:
        torch.set_float32_matmul_precision("highest")


def test_gradients_are_on_inside_and_tensors_are_on_the_cpu():
    with torch.inference_mode(), torch.device("meta"), usual_settings("cpu"):
        assert torch.is_grad_enabled() and not torch.is_inference_mode_enabled()
        assert torch.empty(0).device.type == "cpu"


def test_a_module_built_in_another_dtype_is_refused_with_the_setting(samples):
    torch.set_default_dtype(torch.float64)
    try:
        with pytest.raises(ValueError, match=r"torch's default dtype is torch\.float64.*float32\)"):
            network(module=nn.Linear).fit(samples[0]["features"], samples[1])
    finally:
        torch.set_default_dtype(torch.float32)


def test_a_module_that_casts_its_input_trains_under_another_default_dtype(samples):
    class Double(nn.Linear):
        def forward(self, x):
            return super().forward(x.double())

    torch.set_default_dtype(torch.float64)
    try:
        classifier = network(module=Double, loss="bce").fit(samples[0]["features"], samples[1])
    finally:
        torch.set_default_dtype(torch.float32)
    assert classifier.n_iter_ == 3
