"""The same network in plain torch, skorch, Keras and scikit-learn.

Each turn returns the seconds of a training step. This is the median over the epochs of a fit
without the first epoch, divided by the number of steps. All networks have the same widths, batches
of 32 and Adam.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from statistics import median
from time import perf_counter

import numpy as np
import skorch
import torch
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier
from torch import nn

from sklearn_hpa import MultiLabelMLPClassifier
from sklearn_hpa.neural_network import PixelLinear

from .contest import Missing, Turn

BATCH = 32
#: Rows of a batch in prediction, the same as in this library, for peers that predict in batches.
ROWS_AT_ONCE = 480


def n_steps(X: np.ndarray) -> int:
    return -(-len(X) // BATCH)


def per_step(X: np.ndarray, epochs: Sequence[float]) -> float:
    return median(epochs[1:]) / n_steps(X)


def dense(n_features: int, widths: Sequence[int], n_labels: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for width in widths:
        layers += [nn.Linear(n_features, width), nn.ReLU()]
        n_features = width
    return nn.Sequential(*layers, nn.Linear(n_features, n_labels))


def ours(X: np.ndarray, y: np.ndarray, widths: Sequence[int], epochs: int) -> Turn:
    """`MultiLabelMLPClassifier` with the same settings: Adam, binary cross-entropy, no dropout."""

    def turn() -> float:
        classifier = our_classifier(widths, epochs + 1).fit(X, y)
        return per_step(X, classifier.history_["duration"].tolist())

    return turn


def fresh_gradient(X: np.ndarray, y: np.ndarray, widths: Sequence[int], epochs: int) -> Turn:
    """Our classifier with new memory for the gradient of the first layer in each step."""
    in_place = PixelLinear.overwriting_gradient
    ours_turn = ours(X, y, widths, epochs)

    def turn() -> float:
        PixelLinear.overwriting_gradient = nullcontext
        try:
            return ours_turn()
        finally:
            PixelLinear.overwriting_gradient = in_place

    return turn


def our_classifier(widths: Sequence[int], epochs: int) -> MultiLabelMLPClassifier:
    return MultiLabelMLPClassifier(
        widths,
        loss="bce",
        optimizer="adam",
        lr=1e-3,
        weight_decay=0.0,
        dropout=0.0,
        batch_size=BATCH,
        max_epochs=epochs,
        early_stopping=False,
        device="cpu",
        random_state=0,
    )


def plain_loop(
    X: np.ndarray, y: np.ndarray, widths: Sequence[int], epochs: int, fused: bool = True
) -> Turn:
    """A torch loop over float32 samples in memory, with fused Adam."""
    samples, truth = torch.from_numpy(as_floats(X)), torch.from_numpy(y.astype(np.float32))

    def turn() -> float:
        torch.manual_seed(0)
        net = dense(X.shape[1], widths, y.shape[1])
        optimizer = torch.optim.Adam(net.parameters(), fused=fused)
        loss_of = nn.BCEWithLogitsLoss()
        seconds = []
        for _ in range(epochs + 1):
            start = perf_counter()
            for rows in torch.randperm(len(samples)).split(BATCH):
                optimizer.zero_grad()
                loss_of(net(samples[rows]), truth[rows]).backward()
                optimizer.step()
            seconds.append(perf_counter() - start)
        return per_step(X, seconds)

    return turn


def plain_skorch(X: np.ndarray, y: np.ndarray, widths: Sequence[int], epochs: int) -> Turn:
    """skorch as in its documentation, on float32 samples."""
    samples, truth = as_floats(X), y.astype(np.float32)

    def turn() -> float:
        net = skorch_net(X.shape[1], widths, y.shape[1], epochs + 1).fit(samples, truth)
        return per_step(X, net.history[:, "dur"])

    return turn


def skorch_net(
    n_features: int, widths: Sequence[int], n_labels: int, epochs: int
) -> skorch.NeuralNet:
    torch.manual_seed(0)
    return skorch.NeuralNet(
        dense(n_features, widths, n_labels),
        nn.BCEWithLogitsLoss,
        optimizer=torch.optim.Adam,
        lr=1e-3,
        batch_size=BATCH,
        max_epochs=epochs,
        train_split=None,
        iterator_train__shuffle=True,
        iterator_valid__batch_size=ROWS_AT_ONCE,
        predict_nonlinearity=torch.sigmoid,
        verbose=0,
    )


def plain_mlp(X: np.ndarray, y: np.ndarray, widths: Sequence[int], epochs: int) -> Turn:
    """scikit-learn's `MLPClassifier`, on float32 samples."""
    samples = as_floats(X)

    def turn() -> float:
        net = mlp_classifier(widths)
        seconds = []
        for _ in range(epochs + 1):
            start = perf_counter()
            net.partial_fit(samples, y, classes=np.arange(y.shape[1]))
            seconds.append(perf_counter() - start)
        return per_step(X, seconds)

    return turn


def mlp_classifier(widths: Sequence[int]) -> MLPClassifier:
    return MLPClassifier(widths, batch_size=BATCH, alpha=0.0, random_state=0)


def plain_keras(X: np.ndarray, y: np.ndarray, widths: Sequence[int], epochs: int) -> Turn:
    """Keras on TensorFlow, on float32 samples."""
    keras = find_keras()
    samples, truth = as_floats(X), y.astype(np.float32)

    class Times(keras.callbacks.Callback):
        def on_train_begin(self, logs: object = None) -> None:
            self.seconds: list[float] = []

        def on_epoch_begin(self, epoch: int, logs: object = None) -> None:
            self.start = perf_counter()

        def on_epoch_end(self, epoch: int, logs: object = None) -> None:
            self.seconds.append(perf_counter() - self.start)

    def turn() -> float:
        times = Times()
        net = keras_net(X.shape[1], widths, y.shape[1])
        net.fit(samples, truth, BATCH, epochs + 1, verbose=0, callbacks=[times])
        return per_step(X, times.seconds)

    return turn


def keras_net(n_features: int, widths: Sequence[int], n_labels: int):
    keras = find_keras()
    net = keras.Sequential(
        [
            keras.Input((n_features,)),
            *(keras.layers.Dense(width, "relu") for width in widths),
            keras.layers.Dense(n_labels, "sigmoid"),
        ]
    )
    net.compile("adam", "binary_crossentropy")
    return net


def find_keras():
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        import keras
    except ImportError as error:
        raise Missing('not installed: pip install "sklearn-hpa[bench]"') from error
    return keras


def lower_bound(X: np.ndarray, y: np.ndarray, widths: Sequence[int], epochs: int) -> Turn:
    """The lower bound of a step: the sum of its large matrix operations, each timed separately.

    The operations are gathering the batch, conversion of uint8 to float, the product of the first
    layer and its gradient, and fused Adam over its weights. They write into allocated memory.
    """
    samples = torch.from_numpy(X)
    weight = nn.Parameter(torch.randn(widths[0], X.shape[1]) * 1e-3)
    weight.grad = torch.randn_like(weight)
    optimizer = torch.optim.Adam([weight], fused=True)
    stored = torch.empty((BATCH, X.shape[1]), dtype=samples.dtype)
    batch = torch.empty((BATCH, X.shape[1]))
    gradient = torch.randn(BATCH, widths[0])

    def works() -> list[Callable[[], object]]:
        rows = torch.randperm(len(X))[:BATCH]
        work: list[Callable[[], object]] = [
            lambda: torch.index_select(samples, 0, rows, out=stored),
            lambda: batch @ weight.detach().t(),
            lambda: torch.mm(gradient.t(), batch, out=weight.grad),
            optimizer.step,
        ]
        if X.dtype == np.uint8:
            work.insert(1, lambda: batch.copy_(stored))
        return work

    def turn() -> float:
        each = [[] for _ in works()]
        for _ in range(max(3, epochs * n_steps(X))):
            for seconds, work in zip(each, works(), strict=True):
                start = perf_counter()
                work()
                seconds.append(perf_counter() - start)
        return sum(map(median, each))

    return turn


def as_floats(X: np.ndarray) -> np.ndarray:
    return X.astype(np.float32) / 255 if X.dtype == np.uint8 else X


warnings.filterwarnings("ignore", category=ConvergenceWarning)
