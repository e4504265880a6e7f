"""The skorch side: split and scale, build a net, train it, take its weights out."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd
import skorch
import torch
from sklearn.model_selection import GroupShuffleSplit, ShuffleSplit
from sklearn.utils import gen_batches
from sklearn.utils.validation import check_consistent_length, column_or_1d
from skorch.callbacks import Callback, EarlyStopping
from skorch.helper import predefined_split
from torch import nn

from .devices import torch_seed
from .exceptions import TrainingInterruptedWarning
from .nets import (
    ArrayDataset,
    MulticlassCrossEntropyLoss,
    MultiLabelBCELoss,
    build_network,
    whole_batch,
)

OPTIMIZERS = {
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
    "rmsprop": torch.optim.RMSprop,
    "sgd": torch.optim.SGD,
}
FUSED = {"adam", "adamw", "sgd"}
OWN_NET_PARAMS = {
    "batch_size",
    "callbacks",
    "device",
    "iterator_train__generator",
    "lr",
    "max_epochs",
    "module",
    "predict_nonlinearity",
    "train_split",
    "verbose",
    "warm_start",
}
VALUES_AT_ONCE = 2**24
SKORCH_COLUMNS = {"epoch", "dur", "train_batch_count", "valid_batch_count"}


def check_groups(groups: Any, n_samples: int) -> np.ndarray | None:
    """The group of each sample as a 1-d array, or None."""
    if groups is None:
        return None
    groups = column_or_1d(groups)
    check_consistent_length(np.empty(n_samples), groups)
    if pd.isna(groups).any():
        raise ValueError("groups holds missing values: every sample needs a group")
    return groups


def split_rows(
    rows: np.ndarray, fraction: float | None, groups: np.ndarray | None, seed: int
) -> tuple[np.ndarray, np.ndarray | None]:
    """Rows to train on and, with a fraction, rows to validate on; no group is in both."""
    if fraction is None:
        return rows, None
    units, noun = (len(rows), "samples")
    if groups is not None:
        groups = groups[rows]
        units, noun = (len(np.unique(groups)), "groups")
    if units < 2:
        raise ValueError(f"early stopping sets some {noun} aside and needs at least 2, got {units}")
    splitter = ShuffleSplit if groups is None else GroupShuffleSplit
    split = splitter(1, test_size=fraction, random_state=seed)
    train, valid = next(split.split(rows, groups=groups))
    return rows[np.sort(train)], rows[np.sort(valid)]


def fit_scaler(X: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """Mean and standard deviation of float features; None for pixels, which are divided by 255."""
    if X.dtype == np.uint8:
        return None
    blocks = list(gen_batches(len(rows), max(1, VALUES_AT_ONCE // X.shape[1])))
    total = sum(X[rows[block]].sum(axis=0, dtype=np.float64) for block in blocks)
    mean = total / len(rows)
    squares = sum(np.square(X[rows[block]] - mean).sum(axis=0) for block in blocks)
    scale = np.sqrt(squares / len(rows))
    scale[scale <= 10 * np.finfo(np.float32).eps * np.abs(mean)] = 1.0
    return mean, scale


class _StopOnDivergence(Callback):
    def on_epoch_end(self, net: skorch.NeuralNet, **kwargs: Any) -> None:
        loss = net.history[-1, "train_loss"]
        if not np.isfinite(loss):
            raise ValueError(
                f"training diverged: the loss of epoch {net.history[-1, 'epoch']} is {loss}. "
                f"Lower lr (it is {net.lr}) or look for extreme values in X"
            )


def check_options(callbacks: Sequence | None, net_params: Mapping[str, Any] | None) -> None:
    """Refuse callbacks and parameters that skorch would refuse, by trying them on a tiny net."""
    for each in callbacks or ():
        callback = each[1] if isinstance(each, tuple) and len(each) == 2 else each
        if not isinstance(callback, Callback) and not (
            isinstance(callback, type) and issubclass(callback, Callback)
        ):
            raise ValueError(f"callbacks holds {each!r}, expected skorch callbacks")
    if not net_params:
        return
    taken = OWN_NET_PARAMS.intersection(net_params)
    if taken:
        raise ValueError(
            f"net_params holds {sorted(taken)}, which the classifier sets itself, from its own "
            "parameters"
        )
    tiny = {
        "module": nn.Linear,
        "module__in_features": 1,
        "module__out_features": 1,
        "criterion": MultiLabelBCELoss,
        "verbose": 0,
    }
    try:
        with torch_seed(0, "cpu"):
            skorch.NeuralNet(**tiny | net_params).initialize()
    except (AttributeError, TypeError, ValueError) as error:
        raise ValueError(f"net_params is not what skorch.NeuralNet takes: {error}") from error


def build_net(
    architecture: Mapping[str, Any],
    options: Mapping[str, Any],
    *,
    multilabel: bool,
    device: str,
    weights: Mapping[str, np.ndarray] | None,
    seed: int,
    valid: ArrayDataset | None,
) -> skorch.NeuralNet:
    """An initialised skorch net, with these weights or with fresh ones.

    Parameters
    ----------
    architecture : mapping
        Arguments of `build_network`.
    options : mapping
        Parameters of `MultiLabelMLPClassifier`; those in `architecture` are not looked at.
    multilabel : bool
        Sigmoid outputs and binary cross-entropy, or softmax and cross-entropy.
    device : str
        A torch device that is there.
    weights : mapping of str to ndarray, or None
        State of the network, as `weights_of` gives it.
    seed : int
        Draws the fresh weights.
    valid : ArrayDataset or None
        Validation data: with it training stops early.
    """
    callbacks = [*(options["callbacks"] or ()), _StopOnDivergence()]
    if valid is not None:
        callbacks.append(EarlyStopping(patience=options["n_iter_no_change"], load_best=True))
    params = {
        "module": build_network,
        **{f"module__{name}": value for name, value in architecture.items()},
        "criterion": MultiLabelBCELoss if multilabel else MulticlassCrossEntropyLoss,
        "predict_nonlinearity": torch.sigmoid if multilabel else "auto",
        "lr": options["lr"],
        "batch_size": int(options["batch_size"]),
        "max_epochs": options["max_epochs"],
        "dataset": ArrayDataset,
        "iterator_train__shuffle": True,
        "iterator_train__collate_fn": whole_batch,
        "iterator_train__generator": torch.Generator(),
        "iterator_valid__collate_fn": whole_batch,
        "iterator_valid__generator": torch.Generator(),
        "train_split": None if valid is None else predefined_split(valid),
        "callbacks": callbacks,
        "verbose": options["verbose"],
        "device": device,
    }
    net_params = options["net_params"] or {}
    if "optimizer" not in net_params:
        auto = 0.0 if architecture["scaler"] is None else 1e-4
        decay = options["weight_decay"]
        params["optimizer"] = OPTIMIZERS[options["optimizer"]]
        params["optimizer__weight_decay"] = auto if decay == "auto" else decay
        if options["optimizer"] in FUSED:
            params["optimizer__fused"] = True
    with torch_seed(seed, device):
        net = skorch.NeuralNet(**params | net_params).initialize()
    if weights is not None:
        load_weights(net.module_, weights)
    return net


def train_net(
    net: skorch.NeuralNet, train: ArrayDataset, epochs: int, seed: int
) -> tuple[list[dict[str, float]], dict[str, np.ndarray], int | None]:
    """Train for some epochs. The net keeps neither data nor gradients, nor a validation split.

    Returns
    -------
    epochs : list of dict
        What skorch recorded of each complete epoch.
    weights : dict of str to ndarray
    best_epoch : int or None
        Which of these epochs, from 1 on, early stopping took the weights from.

    Raises
    ------
    KeyboardInterrupt
        Where not even one epoch was complete.
    ValueError
        Where the loss or the weights are not finite.
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
    if len(complete) < len(epochs_run):
        warnings.warn(
            f"training was interrupted in epoch {len(net.history)}; the weights reached so far "
            "are kept",
            TrainingInterruptedWarning,
            stacklevel=5,
        )
    best_epoch = None if best_epoch is None else best_epoch - earlier
    return [_epoch_row(epoch) for epoch in complete], weights, best_epoch


def _restored_epoch(net: skorch.NeuralNet) -> int | None:
    """The epoch of the net's history whose weights skorch's early stopping left in the module."""
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


def weights_of(module: nn.Module) -> dict[str, np.ndarray]:
    """A copy of the state of a module as NumPy arrays."""
    weights = {}
    for name, tensor in module.state_dict().items():
        if not isinstance(tensor, torch.Tensor):
            raise TypeError(
                f"the module's state holds {name!r}, a {type(tensor).__name__}; expected tensors"
            )
        if tensor.dtype == torch.bfloat16:
            tensor = tensor.float()
        weights[name] = np.array(tensor.detach().cpu().numpy(), copy=True)
    return weights


def load_weights(module: nn.Module, weights: Mapping[str, np.ndarray]) -> None:
    """Give a module the state that `weights_of` took."""
    module.load_state_dict({name: torch.tensor(array) for name, array in weights.items()})


def forward_in_blocks(
    module: nn.Module, device: str, X: np.ndarray, block_size: int | None = None
) -> np.ndarray:
    """Outputs of `module` in evaluation mode for each row of `X`, in NumPy.

    Every block has the same number of rows, the last one padded with zeros: the kernels that a
    matrix product picks depend on its shape, so a row's result would otherwise depend, in its
    last bits, on how many rows came with it. A `block_size` of one's own gives that up.
    """
    module.eval()
    outputs = []
    if block_size is None:
        block_size = int(np.clip(VALUES_AT_ONCE // X.shape[1], 8, 256))
    block = np.zeros((block_size, X.shape[1]), dtype=X.dtype)
    with torch.inference_mode():
        for start in range(0, len(X), block_size):
            rows = X[start : start + block_size]
            block[: len(rows)] = rows
            output = module(torch.from_numpy(block).to(device))
            outputs.append(output[: len(rows)].to("cpu", torch.float32).numpy())
    return np.concatenate(outputs)


def check_module(net: skorch.NeuralNet, X: np.ndarray, n_outputs: int) -> None:
    """Refuse, before training, a module whose outputs or whose state are of the wrong kind."""
    logits = forward_in_blocks(net.module_, net.device, X)
    if logits.shape != (len(X), n_outputs):
        raise ValueError(
            f"module returns logits of shape {('n_samples', *logits.shape[1:])}, expected "
            f"{('n_samples', n_outputs)}"
        )
    weights_of(net.module_)
