"""What a network is built from: the parameters that shape it, checked and with "auto" resolved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from numbers import Integral
from typing import Any

import numpy as np

#: What "auto" stands for: the paper's values for 8-bit pixels, and what does well for features.
AUTO = {
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
#: For features, with an optimiser that adds the decay to the gradient, where it weighs far more.
COUPLED_DECAY = 1e-4
#: Training samples from which on "auto" stops early on pixels; on features it does not.
EARLY_STOPPING_FROM = 200


def resolve_auto(
    options: Mapping[str, Any], takes_pixels: bool, n_samples: int = 0
) -> dict[str, Any]:
    """The parameters of `MultiLabelMLPClassifier` with a value in place of each "auto".

    The device's "auto" stays: it is looked up where it is used.
    """
    resolved = dict(options)
    for name, value in AUTO["pixels" if takes_pixels else "features"].items():
        if isinstance(options[name], str) and options[name] == "auto":
            resolved[name] = value
    if options["weight_decay"] == "auto" and not takes_pixels and resolved["optimizer"] != "adamw":
        resolved["weight_decay"] = COUPLED_DECAY
    if options["loss"] == "auto":
        own_criterion = any(name.startswith("criterion") for name in options["net_params"] or ())
        labels_apart = takes_pixels or own_criterion or options["class_weight"] is not None
        resolved["loss"] = "bce" if labels_apart else "label_sets"
    if options["early_stopping"] == "auto":
        resolved["early_stopping"] = takes_pixels and n_samples >= EARLY_STOPPING_FROM
    return resolved


def check_hidden_layer_sizes(sizes: Sequence[int] | str) -> None:
    """Refuse widths that are no positive integers."""
    if isinstance(sizes, str):
        return
    for width in sizes:
        if not isinstance(width, Integral) or isinstance(width, bool) or width < 1:
            raise ValueError(
                f"hidden_layer_sizes must hold positive integers, got {tuple(sizes)!r}"
            )


def read_architecture(
    options: Mapping[str, Any],
    n_features: int,
    n_outputs: int,
    scaler: tuple[np.ndarray, np.ndarray] | None,
) -> dict[str, Any]:
    """Arguments of `build_network`, from the parameters of `MultiLabelMLPClassifier`.

    Parameters
    ----------
    options : mapping
        Parameters of `MultiLabelMLPClassifier`, with "auto" resolved.
    n_features, n_outputs : int
        Widths of the input and of the output.
    scaler : pair of ndarray of shape (n_features,), or None
        Mean and standard deviation of float features; None for 8-bit pixels.
    """
    return {
        "n_features": n_features,
        "n_outputs": n_outputs,
        "scaler": scaler,
        "hidden_layer_sizes": tuple(int(width) for width in options["hidden_layer_sizes"]),
        "activation": options["activation"],
        "dropout": options["dropout"],
        "module": options["module"],
    }
