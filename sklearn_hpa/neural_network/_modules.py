"""The torch side: the network of the paper, the scaling in front of it, the batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.utils.data import Dataset

#: Rows of this many float32 values start alike in memory.
ALIGNMENT = 8
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


class MLP(nn.Sequential):
    """Dense layers with an activation, and dropout where asked for; the output is logits.

    Weights are drawn as in [1]_ and biases are zero, as in the Keras layers of the paper.

    Parameters
    ----------
    n_features, n_outputs : int
        Widths of the input and of the output.
    hidden_layer_sizes : sequence of int, default=(32, 64, 128, 256)
        Width of each hidden layer; empty for a linear model.
    activation : str, default="relu"
        A key of `ACTIVATIONS`.
    dropout : float in [0, 1), default=0.0
        Share of each hidden layer's outputs that is zeroed in training.

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
    ):
        layers: list[nn.Module] = []
        for width in hidden_layer_sizes:
            layers += [_linear(n_features, width), ACTIVATIONS[activation]()]
            if dropout:
                layers.append(nn.Dropout(dropout))
            n_features = width
        layers.append(_linear(n_features, n_outputs))
        super().__init__(*layers)


class Linear(nn.Linear):
    """A dense layer that, in evaluation mode, gives a row the same result wherever it stands.

    Kernels of matrix products may add up a row in another order where the next row starts at
    another alignment. So rows are filled up with zeros to a length that keeps it.
    """

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.training or not lacking(self.in_features):
            return super().forward(x)
        return nn.functional.linear(aligned(x), aligned(self.weight), self.bias)


def lacking(width: int) -> int:
    """How many values a row of this width lacks to a multiple of 8."""
    return -width % ALIGNMENT


def aligned(matrix: torch.Tensor) -> torch.Tensor:
    """A matrix whose rows are filled up with zeros where they lack something."""
    missing = lacking(matrix.shape[1])
    return nn.functional.pad(matrix, (0, missing)) if missing else matrix


def _linear(n_features: int, n_outputs: int) -> Linear:
    layer = nn.utils.skip_init(Linear, n_features, n_outputs, dtype=torch.float32)
    nn.init.xavier_uniform_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer


class PixelScaler(nn.Module):
    """8-bit pixels to float32 in [0, 1]."""

    factor = 1 / 255

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.to(torch.float32, copy=True).mul_(self.factor)


class FeatureScaler(nn.Module):
    """Features to zero mean and unit variance, by statistics that travel with the weights."""

    def __init__(self, mean: np.ndarray, scale: np.ndarray):
        super().__init__()
        self.register_buffer("mean", torch.tensor(mean, dtype=torch.float32))
        self.register_buffer("scale", torch.tensor(scale, dtype=torch.float32))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return (x.to(torch.float32) - self.mean) / self.scale


class ScaledLinear(torch.autograd.Function):
    """``scale * x @ weight.T + bias``, without a scaled copy of `x`.

    The gradient of the weight goes straight into `kept`, where that is given, and none is handed
    on. For wide inputs either saves as much time as the product takes. Under autocast the products
    are those of its type, which holds 8-bit pixels exactly.
    """

    @staticmethod
    def forward(
        ctx: Any,
        x: torch.Tensor,
        weight: torch.Tensor,
        bias: torch.Tensor,
        scale: float,
        kept: torch.Tensor | None,
    ) -> torch.Tensor:
        device = x.device.type
        if torch.is_autocast_enabled(device):
            dtype = torch.get_autocast_dtype(device)
            x, weight, bias = x.to(dtype), weight.to(dtype), bias.to(dtype)
        ctx.save_for_backward(x, weight)
        ctx.scale, ctx.kept = scale, kept
        return torch.addmm(bias, x, weight.t(), alpha=scale)

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        x, weight = ctx.saved_tensors
        scaled = gradient * ctx.scale
        of_x = scaled @ weight if ctx.needs_input_grad[0] else None
        of_weight = None
        if ctx.needs_input_grad[1]:
            if ctx.kept is None:
                of_weight = scaled.t() @ x
            elif ctx.kept.dtype == x.dtype:
                torch.mm(scaled.t(), x, out=ctx.kept)
            else:
                ctx.kept.copy_(scaled.t() @ x)
        of_bias = gradient.sum(0) if ctx.needs_input_grad[2] else None
        return of_x, of_weight, of_bias, None, None


class Network(nn.Sequential):
    """A scaler, and behind it the body that turns scaled samples into logits.

    In training, an `MLP` on pixels has the scaling within its first product; see `ScaledLinear`.
    Otherwise, and where a hook listens to that part, it is a module like any other.

    Parameters
    ----------
    scaler : PixelScaler or FeatureScaler
    body : nn.Module
    """

    _overwritten: nn.Parameter | None = None

    def __init__(self, scaler: nn.Module, body: nn.Module):
        super().__init__()
        self.add_module("scaler", scaler)
        self.add_module("body", body)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not (self.training and self.folds):
            return self.body(self.scaler(x))
        first, *others = self.body
        kept = None if self._overwritten is None else self._overwritten.grad
        x = x.to(torch.float32)
        x = ScaledLinear.apply(x, first.weight, first.bias, self.scaler.factor, kept)
        for layer in others:
            x = layer(x)
        return x

    @contextmanager
    def overwriting_gradient(self) -> Iterator[nn.Parameter | None]:
        """Inside, each backward pass overwrites the gradient of the first layer's weight.

        It stays where it is in memory, is not to be set to None between steps, and nothing is
        added up in it. Gives that weight, or None where there is no such layer or it is frozen.
        """
        weight = self.body[0].weight if self.folds else None
        if weight is None or not weight.requires_grad:
            yield None
            return
        if weight.grad is None:
            weight.grad = torch.zeros_like(weight)
        vars(self)["_overwritten"] = weight
        try:
            yield weight
        finally:
            del vars(self)["_overwritten"]

    @property
    def folds(self) -> bool:
        """Whether the scaling can be had within the first product."""
        return (
            type(self.scaler) is PixelScaler
            and type(self.body) is MLP
            and type(self.body[0]) is Linear
            and not any(map(_has_hooks, (self, self.scaler, self.body, self.body[0])))
        )


def _has_hooks(module: nn.Module) -> bool:
    return bool(
        module._forward_hooks
        or module._forward_pre_hooks
        or module._backward_hooks
        or module._backward_pre_hooks
    )


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
    """The network that is trained: a scaler, and behind it an `MLP` or the user's module.

    Parameters
    ----------
    n_features, n_outputs : int
        Widths of the input and of the output.
    scaler : pair of ndarray of shape (n_features,), or None
        Mean and standard deviation of float features; None for 8-bit pixels.
    hidden_layer_sizes, activation, dropout
        Of the `MLP`.
    module : callable or None
        Called with (n_features, n_outputs) in place of `MLP`.
    """
    if module is None:
        body = MLP(n_features, n_outputs, hidden_layer_sizes, activation, dropout)
    else:
        body = module(n_features, n_outputs)
    return Network(PixelScaler() if scaler is None else FeatureScaler(*scaler), body)


def uncompiled(module: nn.Module) -> nn.Module:
    """The module itself, where it is one that ``torch.compile`` wraps."""
    return getattr(module, "_orig_mod", module)


class ArrayDataset(Dataset):
    """Rows of NumPy arrays, gathered a whole batch at a time.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
    target : ndarray of shape (n_samples, ...), optional
        Zeros by default, for prediction.
    weight : ndarray of shape (n_samples,), optional
        Where given, a batch is ``(X, (target, weight))``.
    rows : ndarray of int, optional
        The rows that belong to this data set; all by default. `X` itself is never copied.
    label_names : ndarray of str, optional
        Names of the columns of `target`, for callbacks.
    feature_names : ndarray of str, optional
        Names of the columns of `X`, for callbacks.
    """

    def __init__(
        self,
        X: np.ndarray,
        target: np.ndarray | None = None,
        weight: np.ndarray | None = None,
        rows: np.ndarray | None = None,
        label_names: np.ndarray | None = None,
        feature_names: np.ndarray | None = None,
    ):
        self.X = X
        self.target = np.zeros(len(X), dtype=np.float32) if target is None else target
        self.weight = weight
        self.rows = np.arange(len(X)) if rows is None else rows
        self.label_names = label_names
        self.feature_names = feature_names

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: Any) -> tuple:
        rows = self.rows[index]
        if self.weight is None:
            return self.X[rows], self.target[rows]
        return self.X[rows], (self.target[rows], self.weight[rows])

    def __getitems__(self, indices: list[int]) -> tuple:
        X, target = self[np.asarray(indices)]
        if isinstance(target, tuple):
            return torch.from_numpy(X), tuple(map(torch.from_numpy, target))
        return torch.from_numpy(X), torch.from_numpy(target)


def whole_batch(batch: Any) -> Any:
    """Collate function for `ArrayDataset`, whose batches come whole."""
    return batch
