"""Torch's devices: what is found, and what is refused where it is missing."""

import pickle

import numpy as np
import pytest
import torch

from tests.neural_network.networks import small


def test_cuda_without_cuda_is_refused(data, monkeypatch):
    X, y = data
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    with pytest.raises(ValueError, match="device='cuda' is not available: this machine has 0"):
        small(device="cuda").fit(X, y)


def test_a_model_that_asks_for_cuda_predicts_where_there_is_none(data, monkeypatch):
    X, y = data
    classifier = small().fit(X, y)
    expected = classifier.predict_proba(X)
    twin = pickle.loads(pickle.dumps(classifier.set_params(device="cuda")))
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    with pytest.warns(UserWarning, match="device='cuda' is not available here: predicting on the"):
        np.testing.assert_allclose(twin.predict_proba(X), expected, atol=1e-6)
