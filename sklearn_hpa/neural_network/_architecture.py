"""Checks of the architecture and the weights of a network, before anything is allocated."""

from __future__ import annotations

from collections.abc import Mapping
from inspect import signature
from numbers import Integral, Real
from typing import Any

import numpy as np

from .._common.fitted import check_numbers
from .._common.messages import first_dozen, shortened
from ._modules import ACTIVATIONS, build_network

#: The arguments of `build_network`.
ARGUMENTS = frozenset(signature(build_network).parameters)


def check_architecture(architecture: Any) -> None:
    """Refuse arguments that `build_network` does not accept.

    Raises
    ------
    ValueError
        If an argument is missing, unknown, or of the wrong type or range.
    """
    if not isinstance(architecture, dict) or set(architecture) != ARGUMENTS:
        raise ValueError(f"architecture must be a dict of {', '.join(sorted(ARGUMENTS))}")
    widths = architecture["hidden_layer_sizes"]
    if not isinstance(widths, tuple | list):
        raise ValueError("hidden_layer_sizes must be a tuple")
    for name in ("n_features", "n_outputs"):
        _check_width(architecture[name], name)
    for width in widths:
        _check_width(width, "hidden_layer_sizes")
    if architecture["activation"] not in ACTIVATIONS:
        raise ValueError(f"no activation {shortened(repr(architecture['activation']))}")
    dropout = architecture["dropout"]
    if not isinstance(dropout, Real) or not 0 <= float(dropout) < 1:
        raise ValueError(f"dropout is {shortened(repr(dropout))}, expected a number in [0, 1)")
    module = architecture["module"]
    if module is not None and not callable(module):
        raise ValueError("module cannot be called")
    if architecture["scaler"] is not None:
        mean, scale = architecture["scaler"]
        for name, values in (("mean", mean), ("scale", scale)):
            check_numbers(values, f"the scaler's {name}", (architecture["n_features"],))
        if not (scale > 0).all():
            raise ValueError("the scaler's scale must be positive")


def check_weights(architecture: Mapping[str, Any], weights: Any) -> None:
    """Refuse weights of other names or shapes than the architecture has, or that are not finite.

    Raises
    ------
    ValueError
        If a name, a shape or a value is wrong. Of a module that replaces the `MLP`, only the values
        are checked.
    """
    if not isinstance(weights, dict):
        raise ValueError("weights must be a dict of arrays")
    if architecture["module"] is not None:
        for name, array in weights.items():
            check_numbers(array, f"weight {shortened(name)!r}", np.shape(array), "biufc")
        return
    expected = weight_shapes(architecture)
    if weights.keys() != expected.keys():
        differing = sorted(map(str, weights.keys() ^ expected.keys()))
        raise ValueError(
            "weights of another architecture: only one of the two has "
            f"{shortened(first_dozen(differing))}"
        )
    for name, shape in expected.items():
        check_numbers(weights[name], f"weight {name!r}", shape)
    if "scaler.scale" in weights and not (weights["scaler.scale"] > 0).all():
        raise ValueError("weight 'scaler.scale' must be positive")


def weight_shapes(architecture: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
    """Return the name and the shape of each weight of a network with an `MLP`.

    The network is not built, because a single number of the architecture can ask for any amount of
    memory.
    """
    n_features, widths = architecture["n_features"], architecture["hidden_layer_sizes"]
    shapes: dict[str, tuple[int, ...]] = {}
    if architecture["scaler"] is not None:
        shapes = {"scaler.mean": (n_features,), "scaler.scale": (n_features,)}
    # A hidden layer is followed by its activation and, if there is dropout, by the dropout.
    step = 3 if architecture["dropout"] else 2
    for number, width in enumerate([*widths, architecture["n_outputs"]]):
        shapes[f"body.{number * step}.weight"] = (int(width), int(n_features))
        shapes[f"body.{number * step}.bias"] = (int(width),)
        n_features = width
    return shapes


def _check_width(width: Any, name: str) -> None:
    if not isinstance(width, Integral) or isinstance(width, bool) or width < 1:
        raise ValueError(f"{name} holds {shortened(repr(width))}, expected a positive integer")
