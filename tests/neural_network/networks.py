"""Small classifiers, and callbacks that record their training."""

import copy

import numpy as np
import pandas as pd
from skorch.callbacks import Callback

from sklearn_hpa import MultiLabelMLPClassifier

NAMES = ["Nucleoplasm", "Nucleoli", "Cytosol"]


def small(**params):
    return MultiLabelMLPClassifier(
        **({"hidden_layer_sizes": (16,), "max_epochs": 5, "random_state": 0} | params)
    )


class Watch(Callback):
    """Record the weights of each epoch, and the rows of the two data sets."""

    def __init__(self):
        self.weights_ = []

    def on_epoch_end(self, net, dataset_train, dataset_valid, **kwargs):
        self.weights_.append(copy.deepcopy(net.module_.state_dict()))
        self.train_ = dataset_train.rows
        self.valid_ = None if dataset_valid is None else dataset_valid.rows


class InterruptAt(Callback):
    def __init__(self, batch):
        self.batch = batch

    def on_batch_end(self, net, training, **kwargs):
        self.batch -= 1
        if self.batch == 0:
            raise KeyboardInterrupt


N, N_FEATURES = 90, 48


def two_layers(**params):
    return MultiLabelMLPClassifier(
        **({"hidden_layer_sizes": (16, 8), "max_epochs": 4, "random_state": 0} | params)
    )


class Collect(Callback):
    """Record each training batch and its outputs."""

    def initialize(self):
        self.epochs_ = []
        return self

    def on_epoch_begin(self, net, **kwargs):
        self.epochs_.append({True: [], False: []})

    def on_batch_end(self, net, batch, training, y_pred, **kwargs):
        target = batch[1][0] if isinstance(batch[1], tuple) else batch[1]
        self.epochs_[-1][training].append((target.numpy(), y_pred.detach().numpy()))

    def of(self, epoch, training):
        truth, logits = zip(*self.epochs_[epoch][training], strict=True)
        return np.concatenate(truth), 1 / (1 + np.exp(-np.concatenate(logits).astype(float)))


def samples_unlike_training(held_out):
    """List invalid held-out samples and labels, with the error message of each."""
    X, y = held_out["X_valid"], held_out["y_valid"]
    paths = pd.DataFrame({"red": ["a.png"] * 30})
    return {
        "columns": (X[:, :7], y, "X_valid has 7 columns, but the training samples have 10"),
        "pixels": (X.astype(np.uint8), y, "X_valid holds uint8 pixels, but .* hold floats"),
        "paths": (paths, y, "X_valid is not .*rows of float32 .ImageFlattener turns images"),
        "images": (np.zeros((30, 4, 4, 3)), y, "X_valid is not .*ImageFlattener.*dim 4"),
        "nan": (np.full((30, 10), np.nan), y, "X_valid is not .*contains NaN"),
        "labels": (X, y[:, :2], "y_valid has 2 labels, but the training samples have 3"),
        "1-d": (X, y[:, 0], "y_valid is 1-d, expected a 0/1 matrix of 3 labels"),
        "values": (X, y * 2, "y_valid cannot be read: y is 2 at label ., row ."),
        "length": (X[:20], y, "X_valid has 20 samples, but y_valid has 30"),
    }
