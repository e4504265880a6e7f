"""The network: input scaling, the multi-layer perceptron, and its state as arrays."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from sklearn.utils import gen_batches
from torch import nn

from .._common.estimators import public_in
from ._pixel_linear import Linear, PixelLinear

ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "relu": nn.ReLU,
    "leaky_relu": nn.LeakyReLU,
    "elu": nn.ELU,
    "gelu": nn.GELU,
    "silu": nn.SiLU,
    "tanh": nn.Tanh,
    "logistic": nn.Sigmoid,
    "identity": nn.Identity,
}
#: Number of feature values converted to float64 at a time.
VALUES_AT_ONCE = 2**24


@public_in("sklearn_hpa.neural_network")
class MLP(nn.Sequential):
    """Multi-layer perceptron with optional dropout that returns logits.

    Weights are initialised as in [1]_ and biases are zero, as in the Keras layers of the paper.

    Parameters
    ----------
    n_features, n_outputs : int
        Widths of the input and of the output.
    hidden_layer_sizes : sequence of int, default=(32, 64, 128, 256)
        Width of each hidden layer. An empty sequence gives a linear model.
    activation : str, default="relu"
        One of "relu", "leaky_relu", "elu", "gelu", "silu", "tanh", "logistic" and "identity".
    dropout : float in [0, 1), default=0.0
        Fraction of each hidden layer's outputs set to zero in training.
    takes_pixels : bool, default=False
        Whether the input is 8-bit pixels, which the first layer divides by 255.

    References
    ----------
    .. [1] X. Glorot and Y. Bengio, "Understanding the difficulty of training deep feedforward
       neural networks", AISTATS 2010.

    Examples
    --------
    >>> from sklearn_hpa.neural_network import MLP
    >>> sum(p.numel() for p in MLP(512 * 512 * 3, 28).parameters())
    25216508
    """

    def __init__(
        self,
        n_features: int,
        n_outputs: int,
        hidden_layer_sizes: Sequence[int] = (32, 64, 128, 256),
        activation: str = "relu",
        dropout: float = 0.0,
        *,
        takes_pixels: bool = False,
    ):
        layers: list[nn.Module] = []
        dense: type[Linear] = PixelLinear if takes_pixels else Linear
        for width in hidden_layer_sizes:
            layers += [_initialised(dense, n_features, width), ACTIVATIONS[activation]()]
            if dropout:
                layers.append(nn.Dropout(dropout))
            n_features, dense = width, Linear
        layers.append(_initialised(dense, n_features, n_outputs))
        super().__init__(*layers)


def _initialised(kind: type[Linear], n_features: int, n_outputs: int) -> Linear:
    layer = nn.utils.skip_init(kind, n_features, n_outputs, dtype=torch.float32)
    nn.init.xavier_uniform_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer


class PixelScaler(nn.Module):
    """Scale 8-bit pixels to float32 in [0, 1]."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.to(torch.float32, copy=True).mul_(PixelLinear.factor)


class FeatureScaler(nn.Module):
    """Scale features to zero mean and unit variance, with statistics stored among the weights."""

    mean: torch.Tensor
    scale: torch.Tensor

    def __init__(self, mean: np.ndarray, scale: np.ndarray):
        super().__init__()
        self.register_buffer("mean", torch.tensor(mean, dtype=torch.float32))
        self.register_buffer("scale", torch.tensor(scale, dtype=torch.float32))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return (x.to(torch.float32) - self.mean) / self.scale


class Network(nn.Sequential):
    """The trained network: an optional scaler, and a body that turns scaled samples into logits.

    An `MLP` on pixels scales its input itself and has no scaler.

    Parameters
    ----------
    scaler : nn.Module or None
        Module that scales the samples.
    body : nn.Module
        Module that returns logits.
    """

    def __init__(self, scaler: nn.Module | None, body: nn.Module):
        super().__init__()
        if scaler is not None:
            self.add_module("scaler", scaler)
        self.add_module("body", body)

    @property
    def pixel_layer(self) -> PixelLinear | None:
        """The first layer, if it takes 8-bit pixels; otherwise None."""
        body = self.get_submodule("body")
        first = body[0] if isinstance(body, MLP) else None
        return first if isinstance(first, PixelLinear) else None


def build_network(
    *,
    n_features: int,
    n_outputs: int,
    scaler: tuple[np.ndarray, np.ndarray] | None,
    hidden_layer_sizes: Sequence[int],
    activation: str,
    dropout: float,
    module: Callable[[int, int], nn.Module] | None,
) -> Network:
    """Build the network that is trained.

    Parameters
    ----------
    n_features, n_outputs : int
        Widths of the input and of the output.
    scaler : pair of ndarray of shape (n_features,), or None
        Mean and standard deviation of float features; None for 8-bit pixels.
    hidden_layer_sizes, activation, dropout
        Parameters of the `MLP`.
    module : callable or None
        Callable that replaces `MLP`; called with (n_features, n_outputs).
    """
    takes_pixels = scaler is None
    if module is not None:
        body = module(n_features, n_outputs)
        return Network(PixelScaler() if scaler is None else FeatureScaler(*scaler), body)
    body = MLP(
        n_features, n_outputs, hidden_layer_sizes, activation, dropout, takes_pixels=takes_pixels
    )
    return Network(None if scaler is None else FeatureScaler(*scaler), body)


def fit_scaler(X: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """Return mean and standard deviation of float features; None for 8-bit pixels."""
    if X.dtype == np.uint8:
        return None
    blocks = list(gen_batches(len(rows), max(1, VALUES_AT_ONCE // X.shape[1])))
    total = sum(X[rows[block]].sum(axis=0, dtype=np.float64) for block in blocks)
    mean = total / len(rows)
    squares = sum(np.square(X[rows[block]] - mean).sum(axis=0) for block in blocks)
    scale = np.sqrt(squares / len(rows))
    scale[scale <= 10 * np.finfo(np.float32).eps * np.abs(mean)] = 1.0
    return mean, scale


def uncompiled(module: nn.Module) -> nn.Module:
    """Return the module inside a ``torch.compile`` wrapper, or the module itself."""
    inner = getattr(module, "_orig_mod", module)
    assert isinstance(inner, nn.Module)
    return inner


def weights_of(module: nn.Module) -> dict[str, np.ndarray]:
    """Return a copy of the state of a module as NumPy arrays."""
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
    """Load a state returned by `weights_of` into a module."""
    uncompiled(module).load_state_dict(
        {name: torch.tensor(array) for name, array in weights.items()}
    )
