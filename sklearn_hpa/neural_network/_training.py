"""Training of a skorch net."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from numbers import Real
from typing import Any

import numpy as np
import skorch
import torch
from skorch.callbacks import Callback, EarlyStopping
from skorch.helper import predefined_split

from .._common.caller import warn_caller
from .._common.progress import Step, tell_step
from .._labels.label_sets import LabelSets
from .._torch.seeds import torch_seed
from ..exceptions import TrainingInterruptedWarning
from ._batches import ArrayDataset, whole_batch
from ._epoch import FastNet
from ._losses import criterion_params
from ._modules import build_network, load_weights, weights_of
from ._options import OPTIMIZERS, Options

FUSED = {"adam", "adamw", "sgd"}
#: Training has converged if its loss falls by less than this fraction in a tenth of the epochs,
#: or is below this fraction of the loss of the first epoch.
STILL_FALLING, LEARNED = 0.01, 0.1
SKORCH_COLUMNS = {"epoch", "dur", "train_batch_count", "valid_batch_count"}


class _StopOnDivergence(Callback):
    def on_epoch_end(self, net: skorch.NeuralNet, **kwargs: Any) -> None:
        loss = net.history[-1, "train_loss"]
        if not np.isfinite(loss):
            raise ValueError(
                f"training diverged: the loss of epoch {net.history[-1, 'epoch']} is {loss}. "
                f"Lower lr (it is {net.lr}) or look for extreme values in X"
            )


class _TellEpochs(Callback):
    """Tells the progress over the epochs."""

    def on_train_begin(self, net: skorch.NeuralNet, **kwargs: Any) -> None:
        self._tell(net)

    def on_epoch_end(self, net: skorch.NeuralNet, **kwargs: Any) -> None:
        self._tell(net)

    def _tell(self, net: skorch.NeuralNet) -> None:
        tell_step(Step("training", "epoch", len(net.history), max(net.max_epochs, 1)))


def build_net(
    architecture: Mapping[str, Any],
    options: Options,
    *,
    multilabel: bool,
    class_weight: np.ndarray | None,
    label_sets: LabelSets | None,
    device: str,
    weights: Mapping[str, np.ndarray] | None,
    seed: int,
    valid: ArrayDataset | None,
) -> skorch.NeuralNet:
    """Return an initialised skorch net, with the given weights or with new ones.

    Parameters
    ----------
    architecture : mapping
        Arguments of `build_network`.
    options : Options
        Options of the training. Options of the architecture are ignored.
    multilabel : bool
        Whether to use sigmoid outputs and the `loss` of the options, or softmax and cross-entropy.
    class_weight : ndarray of shape (n_labels,) or (n_classes,), or None
        Weight of each label's positives, or of each class.
    label_sets : LabelSets or None
        Label sets of the training samples, for the loss "label_sets".
    device : str
        An available torch device.
    weights : mapping of str to ndarray, or None
        State of the network, as returned by `weights_of`. None initialises new weights.
    seed : int
        Random seed of new weights.
    valid : ArrayDataset or None
        Validation samples. If given, training stops early.
    """
    callbacks = [*options.callbacks, _StopOnDivergence(), _TellEpochs()]
    if valid is not None:
        callbacks.append(EarlyStopping(patience=options.n_iter_no_change, load_best=True))
    params = {
        "module": build_network,
        **{f"module__{name}": value for name, value in architecture.items()},
        **criterion_params(options.loss, options.loss_params, multilabel, class_weight, label_sets),
        "predict_nonlinearity": torch.sigmoid if multilabel else "auto",
        "lr": options.lr,
        "batch_size": options.batch_size,
        "max_epochs": options.max_epochs,
        "precision": options.precision,
        "dataset": ArrayDataset,
        "iterator_train__shuffle": True,
        "iterator_train__collate_fn": whole_batch,
        "iterator_train__generator": torch.Generator(),
        "iterator_valid__collate_fn": whole_batch,
        "iterator_valid__generator": torch.Generator(),
        "train_split": None if valid is None else predefined_split(valid),
        "callbacks": callbacks,
        "verbose": options.verbose,
        "device": device,
    }
    net_params = options.net_params
    if "optimizer" not in net_params:
        params["optimizer"] = OPTIMIZERS[options.optimizer]
        params["optimizer__weight_decay"] = options.weight_decay
        if options.optimizer in FUSED:
            params["optimizer__fused"] = True
    with torch_seed(seed, device):
        net = FastNet(**params | net_params).initialize()
    if label_sets is not None:
        net.set_params(predict_nonlinearity=net.criterion_.probabilities)
    if weights is not None:
        load_weights(net.module_, weights)
    return net


def train_net(
    net: skorch.NeuralNet, train: ArrayDataset, epochs: int, seed: int
) -> tuple[list[dict[str, float]], dict[str, np.ndarray], int | None]:
    """Train for some epochs, and return the history and the weights.

    The net keeps no data, no gradients and no validation split.

    Returns
    -------
    epochs : list of dict
        Values recorded by skorch for each complete epoch.
    weights : dict of str to ndarray
        State of the trained network.
    best_epoch : int or None
        Epoch of this call, counted from 1, whose weights early stopping restored.

    Raises
    ------
    KeyboardInterrupt
        If no epoch was complete.
    ValueError
        If the loss or the weights are not finite.
    """
    earlier = len(net.history)
    net.get_params_for("iterator_train")["generator"].manual_seed(seed)
    with torch_seed(seed, net.device):
        net.partial_fit(train, epochs=epochs)
    best_epoch = _restored_epoch(net)
    net.train_split = None
    net.module_.zero_grad(set_to_none=True)
    for _, callback in net.callbacks_:
        if isinstance(callback, EarlyStopping):
            callback.best_model_weights_ = None

    epochs_run = net.history[earlier:]
    complete = [epoch for epoch in epochs_run if "train_loss" in epoch]
    if not complete:
        raise KeyboardInterrupt("training was interrupted in its first epoch")
    weights = weights_of(net.module_)
    if not all(np.isfinite(array).all() for array in weights.values()):
        raise ValueError(f"training diverged: weights are not finite. Lower lr (it is {net.lr})")
    in_epoch = len(complete) < len(epochs_run)
    if in_epoch or (net.interrupted_ and len(complete) < epochs):
        warn_caller(
            f"training was interrupted {'in' if in_epoch else 'after'} epoch {len(net.history)}; "
            "the weights reached so far are kept",
            TrainingInterruptedWarning,
        )
    best_epoch = None if best_epoch is None else best_epoch - earlier
    return rows_of(complete), weights, best_epoch


def rows_of(epochs: Sequence[Mapping[str, Any]]) -> list[dict[str, float]]:
    """Return the rows of ``history_`` for epochs of a skorch history."""
    return [_epoch_row(epoch) for epoch in epochs if "train_loss" in epoch]


def describe_unfinished(epochs: Sequence[Mapping[str, float]], max_epochs: int) -> str | None:
    """Return a sentence that says that training ended before it converged, or None.

    The mean training loss of the last tenth of the epochs is compared with the mean of as many
    epochs before. Training that ran for all `max_epochs` has converged if the loss fell by at most
    `STILL_FALLING` of itself, or if it is below `LEARNED` of the loss of the first epoch.

    Parameters
    ----------
    epochs : sequence of dict
        Values of each epoch of one training, as returned by `train_net`.
    max_epochs : int
        Maximum number of epochs of this training.
    """
    losses = np.array([epoch["train_loss"] for epoch in epochs])
    if len(losses) < max(max_epochs, 2):
        return None
    n_last = max(1, len(losses) // 10)
    before, last = losses[-2 * n_last : -n_last].mean(), losses[-n_last:].mean()
    fall = before - last
    if fall <= STILL_FALLING * abs(before) or 0 <= last < LEARNED * losses[0]:
        return None
    epochs_each = "epoch" if n_last == 1 else f"{n_last} epochs"
    return (
        f"training ended at max_epochs={max_epochs} before it converged: the training loss fell "
        f"from {before:.4g} to {last:.4g}, by {fall / abs(before):.1%}, from the {epochs_each} "
        f"before to the last {epochs_each}. Raise max_epochs"
    )


def _restored_epoch(net: skorch.NeuralNet) -> int | None:
    """Return the epoch of the net's history whose weights early stopping kept in the module."""
    last = net.history[-1]["epoch"]
    best = [
        callback.best_epoch_
        for _, callback in net.callbacks_
        if isinstance(callback, EarlyStopping) and callback.best_model_weights_ is not None
    ]
    restored = [epoch for epoch in best if epoch != last]
    return restored[-1] if restored else last if best else None


def _epoch_row(epoch: Mapping[str, Any]) -> dict[str, float]:
    row = {
        "train_loss": epoch["train_loss"],
        "valid_loss": epoch.get("valid_loss", np.nan),
        "duration": epoch["dur"],
    }
    for name, value in epoch.items():
        if isinstance(value, Real) and not isinstance(value, bool) and name not in SKORCH_COLUMNS:
            row.setdefault(name, float(value))
    return row
