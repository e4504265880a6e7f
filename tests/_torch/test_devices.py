"""Tests of the selection of torch devices."""

import pickle

import numpy as np
import pytest
import torch

from sklearn_hpa._torch.devices import available_device, find_device
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


@pytest.mark.parametrize(("there", "found"), [(True, "cuda"), (False, "cpu")])
def test_auto_is_cuda_where_there_is_one(monkeypatch, there, found):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: there)
    assert find_device("auto") == found


@pytest.mark.parametrize("device", ["gpu", "cuda:", "cuda:x", "cpu:0", ""])
def test_names_of_no_device_are_refused(device):
    with pytest.raises(ValueError, match="is not a device; expected 'auto'"):
        find_device(device)


def test_a_device_with_too_high_a_number_is_refused(monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert find_device("cuda:1") == "cuda:1"
    with pytest.raises(ValueError, match="device='cuda:2' is not available: this machine has 2"):
        find_device("cuda:2")


def test_a_device_that_is_missing_is_the_cpu_with_a_warning(monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    with pytest.warns(UserWarning, match="predicting on the CPU"):
        assert available_device("cuda") == "cpu"
