"""Small classifiers, and callbacks that look on while they train."""

import copy

from skorch.callbacks import Callback

from sklearn_hpa import MultiLabelMLPClassifier

NAMES = ["Nucleoplasm", "Nucleoli", "Cytosol"]


def small(**params):
    return MultiLabelMLPClassifier(
        **({"hidden_layer_sizes": (16,), "max_epochs": 5, "random_state": 0} | params)
    )


class Watch(Callback):
    """Keeps each epoch's weights, and the rows of the two data sets."""

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
