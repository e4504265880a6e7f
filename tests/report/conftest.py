"""A small comparison of two models, with labels and Ids that are hostile to HTML."""

import numpy as np
import pandas as pd
import pytest

from sklearn_hpa.report import Comparison, Predictions

LABELS = ["Nucleoli", "<script>alert(1)</script>", 'a "quoted" & label', "absent"]


def predictions(name, truth, seed):
    rng = np.random.default_rng(seed)
    proba = np.clip(0.7 * truth + rng.uniform(0, 0.6, truth.shape), 0.01, 0.99)
    losses = np.exp(-np.arange(12) / 4) + 0.1
    return Predictions(name, f"<b>{name}</b>", (proba >= 0.5).astype(int), proba, losses)


def make_comparison(n_train=18, n_test=12, seed=0):
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 2, (n_train + n_test, 4))
    truth[:, 3] = 0
    truth[:4, :3] = 1
    ids = [f'id{number}"><img src=x onerror=alert(1)>' for number in range(n_train + n_test)]
    y = pd.DataFrame(truth, index=pd.Index(ids, name="Id"), columns=LABELS)
    y_train, y_test = y[:n_train], y[n_train:]
    models = [predictions(name, y_test.to_numpy(), k) for k, name in enumerate(("first", "other"))]
    return Comparison(y_train, y_test, models)


@pytest.fixture
def comparison():
    return make_comparison()


@pytest.fixture
def images():
    """Images of 18 + 12 fields of view in four stains."""
    return np.random.default_rng(1).integers(0, 200, (30, 24, 24, 4), dtype=np.uint8)
