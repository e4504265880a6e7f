"""Tests of batches in reused memory."""

import numpy as np
import pytest
import torch

from sklearn_hpa.neural_network._batches import ArrayDataset, Feed

from .networks import N, two_layers


@pytest.mark.parametrize("bytes_at_once", [0, 2**26])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
@pytest.mark.parametrize("weighted", [False, True])
def test_batches_are_the_rows_asked_for(monkeypatch, bytes_at_once, dtype, weighted):
    monkeypatch.setattr("sklearn_hpa.neural_network._batches.BYTES_AT_ONCE", bytes_at_once)
    rng = np.random.default_rng(0)
    X = rng.integers(0, 256, (50, 7)).astype(dtype)
    y, weight = rng.random((50, 2)).astype(np.float32), rng.random(50).astype(np.float32)
    rows = rng.permutation(50)[:33]
    feed = Feed(ArrayDataset(X, y, weight if weighted else None, rows), "cpu")
    for _ in range(2):
        order = rng.permutation(33)
        found = []
        for samples, target in feed.batches(torch.from_numpy(order), 8):
            assert samples.dtype == torch.float32
            found.append((samples.clone(), target))
        assert [len(samples) for samples, _ in found] == [8, 8, 8, 8, 1]
        np.testing.assert_array_equal(torch.cat([each for each, _ in found]), X[rows[order]])
        targets = [each for _, each in found]
        if weighted:
            targets, weights = zip(*targets, strict=True)
            np.testing.assert_array_equal(torch.cat(weights), weight[rows[order]])
        np.testing.assert_array_equal(torch.cat(list(targets)), y[rows[order]])


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("share", [0.0, 0.6])
def test_on_cuda_the_data_is_there_or_streamed(pixels, monkeypatch, share):
    monkeypatch.setattr("sklearn_hpa.neural_network._batches.SHARE_OF_GPU", share)
    monkeypatch.setattr("sklearn_hpa.neural_network._batches.BYTES_AT_ONCE", 0)
    X, y = pixels
    pixels = ArrayDataset(X, y.astype(np.float32))
    feed = Feed(pixels, "cuda")
    assert Feed(ArrayDataset(X, y.astype(np.float32), rows=np.arange(5)), "cuda", feed).X is feed.X
    assert feed.X.is_cuda == (share > 0)
    order = torch.randperm(N)
    found = torch.cat([samples.clone() for samples, _ in feed.batches(order, 8)])
    np.testing.assert_array_equal(found.cpu(), X[order])
    proba = two_layers(device="cpu").fit(X, y).predict_proba(X)
    np.testing.assert_allclose(
        two_layers(device="cuda").fit(X, y).predict_proba(X), proba, atol=0.05
    )
