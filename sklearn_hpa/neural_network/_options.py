"""Training options: the parameters of the classifier, with "auto" resolved."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import Any, Literal, Self

import numpy as np
import skorch
import torch
from skorch.callbacks import Callback
from torch import nn

from .._torch.seeds import torch_seed
from ._losses import check_loss, criterion_params

#: Values of "auto": the values of the paper for 8-bit pixels, and tuned values for features.
AUTO: dict[str, dict[str, Any]] = {
    "pixels": {
        "hidden_layer_sizes": (32, 64, 128, 256),
        "dropout": 0.0,
        "optimizer": "adam",
        "lr": 1e-3,
        "weight_decay": 0.0,
        "max_epochs": 250,
    },
    "features": {
        "hidden_layer_sizes": (256, 256),
        "dropout": 0.5,
        "optimizer": "adamw",
        "lr": 3e-4,
        "weight_decay": 0.1,
        "max_epochs": 60,
    },
}
#: Weight decay for features if the optimiser adds it to the gradient, which increases its effect.
COUPLED_DECAY = 1e-4
#: Number of training samples from which "auto" stops early on pixels; it never does on features.
EARLY_STOPPING_FROM = 200

OPTIMIZERS: dict[str, type[torch.optim.Optimizer]] = {
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
    "rmsprop": torch.optim.RMSprop,
    "sgd": torch.optim.SGD,
}
#: Parameters of `skorch.NeuralNet` that the classifier sets from its own parameters.
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


@dataclass(frozen=True)
class Options:
    """Parameters of `MultiLabelMLPClassifier` for one training, with "auto" resolved.

    The `device` may still be "auto" and is resolved when it is used.
    """

    hidden_layer_sizes: tuple[int, ...]
    activation: str
    dropout: float
    loss: str
    loss_params: dict[str, Any]
    class_weight: Mapping[Hashable, float] | Literal["balanced"] | None
    optimizer: str
    lr: float
    weight_decay: float
    batch_size: int
    max_epochs: int
    early_stopping: bool
    validation_fraction: float
    n_iter_no_change: int
    module: Callable[[int, int], nn.Module] | None
    device: str
    precision: str
    callbacks: tuple[Any, ...]
    net_params: dict[str, Any]
    verbose: int

    @classmethod
    def resolve(cls, params: Mapping[str, Any], takes_pixels: bool, n_samples: int = 0) -> Self:
        """Return the options with each "auto" replaced by its value.

        Parameters
        ----------
        params : mapping
            Parameters of `MultiLabelMLPClassifier`, as returned by `get_params`.
        takes_pixels : bool
            Whether the input is uint8 pixels.
        n_samples : int, default=0
            Number of training samples.
        """
        given = {name: params[name] for name in cls.__dataclass_fields__}
        for name, value in AUTO["pixels" if takes_pixels else "features"].items():
            if isinstance(given[name], str) and given[name] == "auto":
                given[name] = value
        coupled = not takes_pixels and given["optimizer"] != "adamw"
        if params["weight_decay"] == "auto" and coupled:
            given["weight_decay"] = COUPLED_DECAY
        if given["loss"] == "auto":
            own_criterion = any(name.startswith("criterion") for name in given["net_params"] or ())
            labels_apart = takes_pixels or own_criterion or given["class_weight"] is not None
            given["loss"] = "bce" if labels_apart else "label_sets"
        if given["early_stopping"] == "auto":
            given["early_stopping"] = takes_pixels and n_samples >= EARLY_STOPPING_FROM
        given["hidden_layer_sizes"] = tuple(int(width) for width in given["hidden_layer_sizes"])
        given["loss_params"] = dict(given["loss_params"] or {})
        given["net_params"] = dict(given["net_params"] or {})
        given["callbacks"] = tuple(given["callbacks"] or ())
        given["batch_size"] = int(given["batch_size"])
        return cls(**given)

    def architecture(
        self, n_features: int, n_outputs: int, scaler: tuple[np.ndarray, np.ndarray] | None
    ) -> dict[str, Any]:
        """Return the arguments of `build_network`, as plain data that is saved with the weights.

        Parameters
        ----------
        n_features, n_outputs : int
            Widths of the input and of the output.
        scaler : pair of ndarray of shape (n_features,), or None
            Mean and standard deviation of float features; None for 8-bit pixels.
        """
        return {
            "n_features": n_features,
            "n_outputs": n_outputs,
            "scaler": scaler,
            "hidden_layer_sizes": self.hidden_layer_sizes,
            "activation": self.activation,
            "dropout": self.dropout,
            "module": self.module,
        }


def check_hidden_layer_sizes(sizes: Sequence[int] | str) -> None:
    """Refuse widths that are not positive integers."""
    if isinstance(sizes, str):
        return
    for width in sizes:
        if not isinstance(width, Integral) or isinstance(width, bool) or width < 1:
            raise ValueError(
                f"hidden_layer_sizes must hold positive integers, got {tuple(sizes)!r}"
            )


def check_options(params: Mapping[str, Any], multilabel: bool) -> None:
    """Refuse an unsuitable loss, and callbacks or parameters that skorch would refuse.

    Parameters
    ----------
    params : mapping
        Parameters of `MultiLabelMLPClassifier`. `net_params` is tested on a tiny net.
    multilabel : bool
        Whether the target is a 0/1 matrix.
    """
    check_loss(
        params["loss"],
        params["loss_params"] or {},
        params["class_weight"],
        params["net_params"] or {},
        multilabel,
    )
    for each in params["callbacks"] or ():
        callback = each[1] if isinstance(each, tuple) and len(each) == 2 else each
        if not isinstance(callback, Callback) and not (
            isinstance(callback, type) and issubclass(callback, Callback)
        ):
            raise ValueError(f"callbacks holds {each!r}, expected skorch callbacks")
    net_params = params["net_params"]
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
        **criterion_params(params["loss"], params["loss_params"] or {}, multilabel),
        "verbose": 0,
    }
    try:
        with torch_seed(0, "cpu"):
            skorch.NeuralNet(**tiny | net_params).initialize()
    except (AttributeError, TypeError, ValueError) as error:
        raise ValueError(f"net_params is not what skorch.NeuralNet takes: {error}") from error
