"""The skorch side: split and scale, build a net, train it, take its weights out."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from math import ceil
from numbers import Real
from typing import Any

import numpy as np
import skorch
import torch
from sklearn.utils import gen_batches
from skorch.callbacks import Callback, EarlyStopping
from skorch.helper import predefined_split
from torch import nn

from .._labels.label_sets import LabelSets
from .._labels.target import Target
from .._torch.devices import torch_seed
from ..exceptions import TrainingInterruptedWarning
from ..model_selection import count_units, draw_split
from ._batches import as_tensor
from ._epoch import LeanNet
from ._losses import check_loss, criterion_params
from ._modules import (
    ArrayDataset,
    Network,
    aligned,
    build_network,
    lacking,
    uncompiled,
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
    "precision",
    "predict_nonlinearity",
    "train_split",
    "verbose",
    "warm_start",
}
VALUES_AT_ONCE = 2**24
#: Blocks in predicting: of rows, and of rows and columns in a first layer over pixels.
ROWS_AT_ONCE = 480
PIXEL_ROWS, PIXEL_COLUMNS = ROWS_AT_ONCE // 5, 2**14
SKORCH_COLUMNS = {"epoch", "dur", "train_batch_count", "valid_batch_count"}


def split_rows(
    rows: np.ndarray, target: Target, groups: np.ndarray | None, fraction: float | None, seed: int
) -> tuple[np.ndarray, np.ndarray | None]:
    """Rows to train on and, with a fraction, rows to validate on, each with its share of a label.

    No group is in both. A label that a single sample or group has is for training.
    """
    if fraction is None:
        return rows, None
    units = count_units(
        target._replace(values=target.values[rows]), None if groups is None else groups[rows]
    )
    n_units = units.counts.shape[0]
    if n_units < 2:
        raise ValueError(
            f"early stopping sets some {units.noun}s aside and needs at least 2, got {n_units}"
        )
    n_valid = min(ceil(fraction * len(rows)), len(rows) - 1)
    split = draw_split(units, len(rows) - n_valid, n_valid, np.random.RandomState(seed))
    train, valid = map(np.sort, split)
    return rows[train], rows[valid]


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


def check_options(options: Mapping[str, Any], multilabel: bool) -> None:
    """Refuse a loss that does not suit, and callbacks and parameters that skorch would refuse.

    Parameters
    ----------
    options : mapping
        Parameters of `MultiLabelMLPClassifier`; those for skorch are tried on a tiny net.
    multilabel : bool
        Whether the target is a 0/1 matrix.
    """
    check_loss(options, multilabel)
    net_params = options["net_params"]
    for each in options["callbacks"] or ():
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
        **criterion_params(options, multilabel),
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
    class_weight: np.ndarray | None,
    label_sets: LabelSets | None,
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
        Sigmoid outputs and the `loss` of the options, or softmax and cross-entropy.
    class_weight : ndarray of shape (n_labels,) or (n_classes,), or None
        Of the positives of each label, or of each class.
    label_sets : LabelSets or None
        Those of the training samples, where the loss is that of label sets.
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
        **criterion_params(options, multilabel, class_weight, label_sets),
        "predict_nonlinearity": torch.sigmoid if multilabel else "auto",
        "lr": options["lr"],
        "batch_size": int(options["batch_size"]),
        "max_epochs": options["max_epochs"],
        "precision": options["precision"],
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
        net = LeanNet(**params | net_params).initialize()
    if label_sets is not None:
        net.set_params(predict_nonlinearity=net.criterion_.probabilities)
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
    for name, tensor in uncompiled(module).state_dict().items():
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
    uncompiled(module).load_state_dict(
        {name: torch.tensor(array) for name, array in weights.items()}
    )


def forward_in_blocks(
    module: nn.Module, device: str, X: np.ndarray, block_size: int | None = None
) -> np.ndarray:
    """Outputs of `module` in evaluation mode for each row of `X`, in NumPy.

    Every block has the same number of rows, the last one filled up with others: the kernels that a
    matrix product picks depend on its shape, so a row's result would otherwise depend, in its
    last bits, on how many rows came with it. A `block_size` of one's own gives that up.
    """
    module.eval()
    module = uncompiled(module)
    if block_size is None:
        block_size = int(np.clip(VALUES_AT_ONCE // X.shape[1], 8, ROWS_AT_ONCE))
    kind = torch.device(device).type
    with torch.inference_mode(), torch.autocast(kind, enabled=False):
        if isinstance(module, Network) and module.folds and kind == "cpu":
            return _forward_pixels(module, X)
        outputs, samples = [], as_tensor(X)
        block = torch.zeros((block_size, X.shape[1]), dtype=torch.float32, device=device)
        for start in range(0, len(X), block_size):
            rows = samples[start : start + block_size]
            block[: len(rows)] = rows.to(device)
            output = module(block)
            outputs.append(output[: len(rows)].to("cpu", torch.float32).numpy())
    return np.concatenate(outputs)


def _forward_pixels(network: Network, X: np.ndarray) -> np.ndarray:
    """As `forward_in_blocks`, on a CPU: the weights of a wide first layer go by only once.

    They are taken a range of columns at a time, small enough to stay in the cache while block after
    block of rows is turned to floats and multiplied.
    """
    first, *others = network.body
    n_padded = -(-len(X) // ROWS_AT_ONCE) * ROWS_AT_ONCE
    hidden = first.bias.expand(n_padded, -1).clone()
    pixels = as_tensor(X)
    n_columns = min(PIXEL_COLUMNS, X.shape[1])
    floats = torch.zeros(PIXEL_ROWS, n_columns + lacking(n_columns), dtype=torch.float32)
    for left in range(0, X.shape[1], PIXEL_COLUMNS):
        columns = slice(left, left + PIXEL_COLUMNS)
        weight = aligned(first.weight[:, columns]).t()
        block = floats[:, : len(weight)].zero_()
        for start in range(0, len(X), PIXEL_ROWS):
            rows = pixels[start : start + PIXEL_ROWS, columns]
            block[: len(rows), : rows.shape[1]] = rows
            hidden[start : start + PIXEL_ROWS].addmm_(block, weight, alpha=network.scaler.factor)
    outputs = []
    for start in range(0, n_padded, ROWS_AT_ONCE):
        output = hidden[start : start + ROWS_AT_ONCE]
        for layer in others:
            output = layer(output)
        outputs.append(output)
    return torch.cat(outputs)[: len(X)].numpy()


def check_module(net: skorch.NeuralNet, X: np.ndarray, n_outputs: int) -> None:
    """Refuse, before training, a module whose outputs or whose state are of the wrong kind."""
    logits = forward_in_blocks(net.module_, net.device, X)
    if logits.shape != (len(X), n_outputs):
        raise ValueError(
            f"module returns logits of shape {('n_samples', *logits.shape[1:])}, expected "
            f"{('n_samples', n_outputs)}"
        )
    weights_of(net.module_)
