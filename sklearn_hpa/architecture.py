"""What a network is built from: the parameters that shape it, checked and with "auto" resolved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from numbers import Integral
from typing import Any

import numpy as np

AUTO_DROPOUT = {"pixels": 0.0, "features": 0.25}


def check_hidden_layer_sizes(sizes: Sequence[int]) -> None:
    """Refuse widths that are no positive integers."""
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
        Parameters of `MultiLabelMLPClassifier`.
    n_features, n_outputs : int
        Widths of the input and of the output.
    scaler : pair of ndarray of shape (n_features,), or None
        Mean and standard deviation of float features; None for 8-bit pixels.
    """
    auto = AUTO_DROPOUT["pixels" if scaler is None else "features"]
    return {
        "n_features": n_features,
        "n_outputs": n_outputs,
        "scaler": scaler,
        "hidden_layer_sizes": tuple(int(width) for width in options["hidden_layer_sizes"]),
        "activation": options["activation"],
        "dropout": auto if options["dropout"] == "auto" else options["dropout"],
        "module": options["module"],
    }
