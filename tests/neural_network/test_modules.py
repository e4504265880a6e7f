"""Tests of the torch modules: input scaling, the paper's network, custom modules."""

import pickle

import numpy as np
import pytest
import torch
from skorch.callbacks import Callback

from sklearn_hpa import MultiLabelMLPClassifier
from sklearn_hpa.neural_network._modules import MLP, FeatureScaler, PixelScaler

from .networks import N_FEATURES, small, two_layers


class Centred(MLP):
    """An `MLP` with a custom forward pass."""

    n_calls = 0

    def forward(self, x):
        Centred.n_calls += 1
        return super().forward(x - x.mean(1, keepdim=True))


def test_pixels_are_divided_by_255_inside_the_network():
    X = np.array([[0, 51], [255, 102]], dtype=np.uint8)
    layer = small().fit(X, [[0, 1], [1, 0]]).net_.module_.pixel_layer
    expected = X / 255 @ layer.weight.detach().numpy().T + layer.bias.detach().numpy()
    for samples in (torch.from_numpy(X), torch.from_numpy(X).float()):
        with torch.no_grad():
            np.testing.assert_allclose(layer(samples), expected, atol=1e-5)


def test_pixels_of_a_module_of_one_s_own_are_divided_by_255_before_it():
    X = np.array([[0, 51], [255, 102]], dtype=np.uint8)
    classifier = small(module=torch.nn.Linear).fit(X, [[0, 1], [1, 0]])
    scaler = classifier.net_.module_.scaler
    assert isinstance(scaler, PixelScaler)
    np.testing.assert_allclose(scaler(torch.from_numpy(X)), X / 255, rtol=1e-6)


def test_features_are_standardised_from_the_training_rows(data):
    X, y = data
    scaler = small().fit(X, y).net_.module_.scaler
    assert isinstance(scaler, FeatureScaler)
    scaled = scaler(torch.tensor(X)).numpy()
    np.testing.assert_allclose(scaled.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(scaled.std(axis=0), 1, rtol=1e-4)


def test_the_scale_of_features_does_not_matter(data):
    X, y = data
    expected = small().fit(X, y).predict_proba(X)
    scaled = X * 1000 + 5
    np.testing.assert_allclose(small().fit(scaled, y).predict_proba(scaled), expected, atol=1e-3)


def test_a_constant_feature_is_harmless(data):
    X, y = data
    X = np.column_stack([X, np.full(len(X), 7.0)])
    assert np.isfinite(small().fit(X, y).predict_proba(X)).all()


def test_the_default_network_is_the_paper_s():
    X = np.random.default_rng(0).integers(0, 256, (8, 48), dtype=np.uint8)
    y = np.random.default_rng(1).integers(0, 2, (8, 28))
    y[:2] = [[0], [1]]
    body = MultiLabelMLPClassifier(max_epochs=1).fit(X, y).net_.module_.body
    layers = [tuple(m.weight.shape) for m in body if isinstance(m, torch.nn.Linear)]
    assert layers == [(32, 48), (64, 32), (128, 64), (256, 128), (28, 256)]
    assert sum(isinstance(m, torch.nn.ReLU) for m in body) == 4


def test_no_hidden_layer_is_a_linear_model(data):
    X, y = data
    assert len(small(hidden_layer_sizes=()).fit(X, y).net_.module_.body) == 1


def test_a_module_is_called_with_the_widths_and_gets_scaled_float32(data):
    X, y = data
    seen = {}

    class Linear(torch.nn.Linear):
        def forward(self, x):
            seen["dtype"], seen["largest"] = x.dtype, x.abs().max().item()
            return super().forward(x)

    classifier = small(module=Linear).fit((X * 10).astype(np.uint8), y)
    assert (classifier.net_.module_.body.in_features, len(classifier.classes_)) == (10, 3)
    assert seen["dtype"] == torch.float32 and seen["largest"] <= 1


class HalfPrecision(torch.nn.Linear):
    def __init__(self, n_features, n_outputs):
        super().__init__(n_features, n_outputs, dtype=torch.bfloat16)

    def forward(self, x):
        return super().forward(x.to(torch.bfloat16)).float()


def test_a_bfloat16_module_is_kept_as_float32_and_rebuilt(data):
    X, y = data
    classifier = small(module=HalfPrecision).fit(X, y)
    twin = pickle.loads(pickle.dumps(classifier))
    np.testing.assert_array_equal(twin.predict_proba(X), classifier.predict_proba(X))


def test_a_child_of_the_mlp_keeps_its_own_forward_pass(pixels):
    two_layers(module=Centred, max_epochs=1).fit(*pixels)
    assert Centred.n_calls >= 3


@pytest.mark.parametrize("where", ["", "body", "body.0", "body.2"])
def test_hooks_are_called_in_training_and_after(pixels, where):
    X, y = pixels
    calls = []

    class Hook(Callback):
        def on_train_begin(self, net, **kwargs):
            module = net.module_.get_submodule(where)
            module.register_forward_hook(lambda *args: calls.append(args[0].training))

    expected = two_layers().fit(X, y).predict_proba(X)
    classifier = two_layers(callbacks=[Hook()]).fit(X, y)
    assert calls == [True] * 3 * 4
    np.testing.assert_allclose(classifier.predict_proba(X), expected, atol=1e-5)
    assert False in calls


def test_a_trained_module_goes_through_torch_s_own_tools(pixels):
    module = two_layers().fit(*pixels).net_.module_.eval()
    x = torch.tensor(pixels[0][:2], dtype=torch.float32)
    assert torch.func.jacrev(module)(x).shape == (2, 3, 2, N_FEATURES)
    exported = torch.export.export(module, (x,)).module()
    torch.testing.assert_close(exported(x), module(x))
    torch.testing.assert_close(module(x[0]), module(x)[0])
