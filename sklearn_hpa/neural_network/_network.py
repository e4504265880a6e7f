"""What a classifier has learned, as plain data, and the live net that can be rebuilt from it."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Mapping
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd
import skorch
from torch import nn

from .._labels.label_sets import LabelSets
from .._torch.devices import available_device, find_device, torch_seed
from ._modules import ArrayDataset, build_network
from ._training import build_net, check_module, forward_in_blocks, load_weights, train_net

#: Options under which `continue_training` keeps the optimiser's own state.
LIVE_OPTIONS = (
    "batch_size",
    "callbacks",
    "class_weight",
    "device",
    "loss",
    "loss_params",
    "net_params",
    "optimizer",
    "precision",
    "weight_decay",
)


class TrainedNetwork:
    """An architecture, its weights, and the record of their training.

    Its state is plain: numbers, strings and NumPy arrays (and the user's module class, where one
    is used). The live torch objects are left out of every copy and rebuilt from the arrays, on
    whichever device is there.

    Parameters
    ----------
    architecture : dict
        Arguments of `build_network`: what the weights belong to, whatever happens to the
        parameters of the classifier later.
    multilabel : bool
        Whether the outputs are independent labels, or classes that exclude each other.
    seed : int
        Together with the number of epochs before, seeds each call of `train`.

    Attributes
    ----------
    class_weight : ndarray of shape (n_outputs,) or None
        The weight, in the loss, of the positives of each label or of each class.
    label_sets : LabelSets or None
        Those of the training samples, where they are what was learned to predict.
    """

    def __init__(self, architecture: dict[str, Any], multilabel: bool, seed: int):
        self.architecture = architecture
        self.multilabel = multilabel
        self.seed = seed
        self.class_weight: np.ndarray | None = None
        self.label_sets: LabelSets | None = None
        self.weights: dict[str, np.ndarray] | None = None
        self.epochs: list[dict[str, float]] = []
        self.best_epoch: int | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if not name.startswith("_live_")}

    def copy(self) -> TrainedNetwork:
        """A network that can be trained further and leaves this one as it is."""
        return copy.copy(self)

    @property
    def takes_pixels(self) -> bool:
        return self.architecture["scaler"] is None

    @property
    def history(self) -> pd.DataFrame:
        frame = pd.DataFrame(self.epochs)
        frame.insert(0, "epoch", np.arange(1, len(frame) + 1))
        return frame

    def check_continues(self, architecture: Mapping[str, Any]) -> None:
        """Refuse to go on with another architecture; the scaler stays that of the first fit."""
        for name, value in self.architecture.items():
            if name != "scaler" and architecture[name] != value:
                raise ValueError(
                    f"{name} has changed since the earlier fit, from {value!r} to "
                    f"{architecture[name]!r}: a network that goes on keeps its architecture"
                )

    def warn_of_scaled_pixels(self, X: np.ndarray) -> None:
        """Say so where `X`, given to ``predict_proba``, looks like pixels divided already."""
        if self.takes_pixels and X.dtype != np.uint8 and 0 < X.max() <= 1:
            warnings.warn(
                "X holds floats of at most 1, but the classifier was fitted on uint8 pixels and "
                "divides by 255: pass the pixels as they were in fit",
                UserWarning,
                stacklevel=3,
            )

    def train(
        self,
        train: ArrayDataset,
        valid: ArrayDataset | None,
        options: Mapping[str, Any],
        epochs: int,
    ) -> None:
        """Train for some epochs, from the weights so far where there are any.

        Parameters
        ----------
        train : ArrayDataset
        valid : ArrayDataset or None
            With it, training stops early and keeps the best epoch's weights.
        options : mapping
            Parameters of `MultiLabelMLPClassifier`.
        epochs : int
        """
        self._run(self._build(options, find_device(options["device"]), valid), train, epochs)

    def continue_training(
        self, train: ArrayDataset, options: Mapping[str, Any], earlier: TrainedNetwork
    ) -> None:
        """Train for one epoch, with the optimiser's state of `earlier` where that still holds.

        It holds in one process, while the options in `LIVE_OPTIONS` stay the same. The live net
        moves from `earlier`, which rebuilds its own, with a fresh optimiser, when it is needed.
        """
        live_options = {name: copy.copy(options[name]) for name in LIVE_OPTIONS}
        net = None
        if _unchanged(getattr(earlier, "_live_options", None), live_options):
            net = vars(earlier).pop("_live_net", None)
        if net is None:
            net = self._build(options, find_device(options["device"]))
        elif self.label_sets is not None:
            net.criterion_.change(self.label_sets)
        net.set_params(lr=options["lr"], verbose=options["verbose"])
        self._run(net, train, epochs=1)
        self.best_epoch = None
        self._live_options = live_options

    def net(self, options: Mapping[str, Any]) -> skorch.NeuralNet:
        """The live skorch net."""
        if not hasattr(self, "_live_net"):
            self._live_net = self._build(options, available_device(options["device"]))
        return self._live_net

    def logits(self, X: np.ndarray, device: str) -> np.ndarray:
        """Outputs for each row of `X`, float32 of shape (n_samples, n_outputs)."""
        if hasattr(self, "_live_net"):
            return forward_in_blocks(self._live_net.module_, self._live_net.device, X)
        if not hasattr(self, "_live_module"):
            self._live_module = self._rebuild_module(available_device(device))
        return forward_in_blocks(*self._live_module, X)

    def _rebuild_module(self, device: str) -> tuple[nn.Module, str]:
        with torch_seed(self.seed, device):
            module = build_network(**self.architecture)
        load_weights(module, self.weights)
        return module.to(device), device

    def _seed_now(self) -> int:
        return int(np.random.SeedSequence([self.seed, len(self.epochs)]).generate_state(1)[0])

    def _build(
        self, options: Mapping[str, Any], device: str, valid: ArrayDataset | None = None
    ) -> skorch.NeuralNet:
        return build_net(
            self.architecture,
            options,
            multilabel=self.multilabel,
            class_weight=self.class_weight,
            label_sets=self.label_sets,
            device=device,
            weights=self.weights,
            seed=self._seed_now(),
            valid=valid,
        )

    def _run(self, net: skorch.NeuralNet, train: ArrayDataset, epochs: int) -> None:
        if self.architecture["module"] is not None:
            check_module(net, train.X[:1], self.architecture["n_outputs"])
        rows, self.weights, best = train_net(net, train, epochs, self._seed_now())
        self.best_epoch = None if best is None else len(self.epochs) + best
        self.epochs = self.epochs + rows
        self._live_net = net


def _unchanged(then: Any, now: Any) -> bool:
    """Whether options are what they were; whatever is no number or text must be the same object."""
    if isinstance(then, dict) and isinstance(now, dict):
        return then.keys() == now.keys() and all(_unchanged(then[k], now[k]) for k in then)
    if isinstance(then, list | tuple) and isinstance(now, list | tuple):
        return len(then) == len(now) and all(map(_unchanged, then, now))
    return then is now or (
        isinstance(then, str | Real) and isinstance(now, str | Real) and then == now
    )
