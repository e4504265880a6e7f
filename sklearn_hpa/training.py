"""The skorch side: split and scale, build a net, train it, take its weights out."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from functools import partial
from numbers import Real
from typing import Any

import numpy as np
import skorch
import torch
from sklearn.model_selection import GroupShuffleSplit, ShuffleSplit
from skorch.callbacks import Callback, EarlyStopping
from skorch.helper import predefined_split
from torch import nn

from .devices import torch_seed
from .nets import (
    MLP,
    ArrayDataset,
    FeatureScaler,
    MulticlassCrossEntropyLoss,
    MultiLabelBCELoss,
    PixelScaler,
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
AUTO_FOR_PIXELS = {"dropout": 0.0, "weight_decay": 0.0}
AUTO_FOR_FEATURES = {"dropout": 0.25, "weight_decay": 1e-4}
SKORCH_COLUMNS = {"epoch", "dur", "train_batch_count", "valid_batch_count"}


def split_rows(
    n_samples: int, fraction: float | None, groups: np.ndarray | None, seed: int
) -> tuple[np.ndarray, np.ndarray | None]:
    """Rows to train on and, with a fraction, rows to validate on; no group is in both."""
    if fraction is None:
        return np.arange(n_samples), None
    splitter = ShuffleSplit if groups is None else GroupShuffleSplit
    split = splitter(1, test_size=fraction, random_state=seed)
    train, valid = next(split.split(np.zeros(n_samples), groups=groups))
    return np.sort(train), np.sort(valid)


def fit_scaler(X: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """Mean and standard deviation of float features; None for pixels, which are divided by 255."""
    if X.dtype == np.uint8:
        return None
    mean = X[rows].mean(axis=0, dtype=np.float64)
    scale = X[rows].std(axis=0, dtype=np.float64)
    scale[scale == 0] = 1.0
    return mean, scale


class _StopOnDivergence(Callback):
    def on_epoch_end(self, net: skorch.NeuralNet, **kwargs: Any) -> None:
        loss = net.history[-1, "train_loss"]
        if not np.isfinite(loss):
            raise ValueError(
                f"training diverged: the loss of epoch {net.history[-1, 'epoch']} is {loss}. "
                f"Lower lr (it is {net.lr}) or look for extreme values in X"
            )


def build_net(
    options: Mapping[str, Any],
    *,
    n_features: int,
    n_outputs: int,
    multilabel: bool,
    scaler: tuple[np.ndarray, np.ndarray] | None,
    device: str,
    weights: Mapping[str, np.ndarray] | None = None,
    seed: int = 0,
    valid: ArrayDataset | None = None,
) -> skorch.NeuralNet:
    """An initialised skorch net, with these weights or with fresh ones.

    Parameters
    ----------
    options : mapping
        Parameters of `MultiLabelMLPClassifier`.
    n_features, n_outputs : int
        Widths of the input and of the output.
    multilabel : bool
        Sigmoid outputs and binary cross-entropy, or softmax and cross-entropy.
    scaler : pair of ndarray of shape (n_features,), or None
        Mean and standard deviation of float features; None for pixels.
    device : str
        A torch device that is there.
    weights : mapping of str to ndarray, optional
        State of the module, as `weights_of` gives it.
    seed : int, default=0
        Draws the fresh weights.
    valid : ArrayDataset, optional
        Validation data: with it training stops early.
    """
    auto = AUTO_FOR_PIXELS if scaler is None else AUTO_FOR_FEATURES
    options = {k: auto[k] if k in auto and v == "auto" else v for k, v in options.items()}
    if options["module"] is not None:
        body = partial(options["module"], n_features, n_outputs)
    else:
        body = partial(
            MLP,
            n_features,
            n_outputs,
            options["hidden_layer_sizes"],
            options["activation"],
            options["dropout"],
        )
    callbacks = [*(options["callbacks"] or ()), _StopOnDivergence()]
    if valid is not None:
        callbacks.append(EarlyStopping(patience=options["n_iter_no_change"], load_best=True))
    params = {
        "module": build_network,
        "module__scaler": PixelScaler if scaler is None else partial(FeatureScaler, *scaler),
        "module__body": body,
        "criterion": MultiLabelBCELoss if multilabel else MulticlassCrossEntropyLoss,
        "predict_nonlinearity": torch.sigmoid if multilabel else "auto",
        "lr": options["lr"],
        "batch_size": options["batch_size"],
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
        params["optimizer"] = OPTIMIZERS[options["optimizer"]]
        params["optimizer__weight_decay"] = options["weight_decay"]
        if options["optimizer"] in FUSED:
            params["optimizer__fused"] = True
    with torch_seed(seed, device):
        net = skorch.NeuralNet(**params | net_params).initialize()
    if weights is not None:
        net.module_.load_state_dict({k: torch.tensor(v) for k, v in weights.items()})
    return net


def train_net(
    net: skorch.NeuralNet, train: ArrayDataset, epochs: int, seed: int
) -> list[dict[str, float]]:
    """Train for some epochs and return what skorch recorded of each complete one.

    Raises
    ------
    KeyboardInterrupt
        Where not even one epoch was complete.
    """
    earlier = len(net.history)
    net.get_params_for("iterator_train")["generator"].manual_seed(seed)
    with torch_seed(seed, net.device):
        net.partial_fit(train, epochs=epochs)
    epochs_run = net.history[earlier:]
    complete = [epoch for epoch in epochs_run if "train_loss" in epoch]
    if not complete:
        raise KeyboardInterrupt("training was interrupted in its first epoch")
    if len(complete) < len(epochs_run):
        warnings.warn(
            f"training was interrupted in epoch {len(net.history)}; the weights reached so far "
            "are kept",
            UserWarning,
            stacklevel=4,
        )
    return [_epoch_row(epoch) for epoch in complete]


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


def weights_of(net: skorch.NeuralNet) -> dict[str, np.ndarray]:
    """The state of the net's module as NumPy arrays, which share its memory on the CPU."""
    state = net.module_.state_dict()
    return {name: tensor.detach().cpu().numpy() for name, tensor in state.items()}


def forward_in_blocks(
    module: nn.Module, X: np.ndarray, device: str, block_size: int = 64
) -> np.ndarray:
    """Outputs of `module` in evaluation mode for each row of `X`, in NumPy.

    Every block has the same number of rows, the last one padded with zeros: the kernels that a
    matrix product picks depend on its shape, so a row's result would otherwise depend, in its
    last bits, on how many rows came with it.
    """
    module.eval()
    outputs = []
    block = np.zeros((block_size, X.shape[1]), dtype=X.dtype)
    with torch.inference_mode():
        for start in range(0, len(X), block_size):
            rows = X[start : start + block_size]
            block[: len(rows)] = rows
            output = module(torch.from_numpy(block).to(device))
            outputs.append(output[: len(rows)].to("cpu", torch.float32).numpy())
    return np.concatenate(outputs)
