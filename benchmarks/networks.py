"""Benchmarks of training and prediction at three typical sizes."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

import numpy as np
import torch

from . import peers
from .contest import Row, Turn, timed


class Case(NamedTuple):
    """Samples of one kind and their network."""

    name: str
    n: int
    n_features: int
    n_labels: int
    widths: tuple[int, ...]
    pixels: bool
    epochs: int
    aims: dict[str, str]


PAPER = (32, 64, 128, 256)
#: Number of prediction passes in a turn, because one pass is short.
PASSES = 5
CASES = {
    "full": [
        Case(
            "512x512x3, n = 83",
            83,
            512 * 512 * 3,
            28,
            PAPER,
            True,
            3,
            {"skorch": ">= 2", "Keras": ">= 1.8", "MLPClassifier": ">= 7", "lower bound": "<= 1.3"},
        ),
        Case(
            "64x64x3, n = 1,100",
            1100,
            64 * 64 * 3,
            5,
            PAPER,
            True,
            5,
            {"skorch": ">= 2", "MLPClassifier": ">= 3", "fused loop": "<= 1.1"},
        ),
        Case(
            "200 features, n = 5,000",
            5000,
            200,
            28,
            (256, 256),
            False,
            5,
            {"skorch": ">= 1.6", "MLPClassifier": ">= 1", "fused loop": "<= 1.1"},
        ),
    ],
    "small": [
        Case("16x16x3, n = 100", 100, 16 * 16 * 3, 5, PAPER, True, 2, {"skorch": ">= 2"}),
        Case("20 features, n = 100", 100, 20, 5, (32,), False, 2, {"skorch": ">= 1.6"}),
    ],
}


def draw(case: Case) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    shape = (case.n, case.n_features)
    if case.pixels:
        X = rng.integers(0, 256, shape, dtype=np.uint8)
    else:
        X = rng.standard_normal(shape, dtype=np.float32)
    return X, (rng.random((case.n, case.n_labels)) < 0.2).astype(int)


def training(size: str) -> Iterator[Row]:
    for case in CASES[size]:
        given = (*draw(case), case.widths, case.epochs)
        contenders = {
            "ours": peers.ours,
            "skorch": peers.plain_skorch,
            "Keras": peers.plain_keras,
            "MLPClassifier": peers.plain_mlp,
            "fused loop": peers.plain_loop,
            "lower bound": peers.lower_bound,
        }
        if case.pixels:
            contenders["fresh gradient"] = peers.fresh_gradient
        made = {name: partial(make, *given) for name, make in contenders.items()}
        yield Row(f"train, {case.name}", "step", made, case.aims)


def prediction(size: str) -> Iterator[Row]:
    for case in CASES[size]:
        X, y = draw(case)
        aims = dict.fromkeys(["skorch", "Keras", "MLPClassifier"], ">= 1")
        made = {
            name: partial(make, case, X, y)
            for name, make in {
                "ours": _ours,
                "skorch": _skorch,
                "Keras": _keras,
                "MLPClassifier": _mlp,
            }.items()
        }
        yield Row(f"predict_proba, {case.name}", "pass", made, aims)


def _ours(case: Case, X: np.ndarray, y: np.ndarray) -> Turn:
    model = peers.our_classifier(case.widths, 1).fit(X[:64], y[:64])
    return timed(lambda: model.predict_proba(X), PASSES)


def _skorch(case: Case, X: np.ndarray, y: np.ndarray) -> Turn:
    net = peers.skorch_net(case.n_features, case.widths, case.n_labels, 1).initialize()
    samples = peers.as_floats(X)
    return timed(lambda: net.predict_proba(samples), PASSES)


def _keras(case: Case, X: np.ndarray, y: np.ndarray) -> Turn:
    net = peers.keras_net(case.n_features, case.widths, case.n_labels)
    samples = peers.as_floats(X)
    return timed(lambda: net.predict(samples, peers.ROWS_AT_ONCE, verbose=0), PASSES)


def _mlp(case: Case, X: np.ndarray, y: np.ndarray) -> Turn:
    samples = peers.as_floats(X)
    net = peers.mlp_classifier(case.widths)
    net.partial_fit(samples[:64], y[:64], classes=np.arange(case.n_labels))
    return timed(lambda: net.predict_proba(samples), PASSES)


def n_threads() -> int:
    return torch.get_num_threads()
