"""What a classifier has learned, as plain data, and the live net that can be rebuilt from it."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import skorch
from torch import nn

from .devices import available_device, find_device, torch_seed
from .nets import ArrayDataset, build_network
from .training import (
    build_net,
    check_logits,
    forward_in_blocks,
    load_weights,
    train_net,
    weights_of,
)

#: Options under which `continue_training` keeps the optimiser's own state.
LIVE_OPTIONS = (
    "batch_size",
    "callbacks",
    "device",
    "lr",
    "net_params",
    "optimizer",
    "verbose",
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
    """

    def __init__(self, architecture: dict[str, Any], multilabel: bool, seed: int):
        self.architecture = architecture
        self.multilabel = multilabel
        self.seed = seed
        self.weights: dict[str, np.ndarray] | None = None
        self.epochs: list[dict[str, float]] = []

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
                    f"{architecture[name]!r}: a network that goes on cannot change its shape"
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

        It holds while the options of `continue_training` stay the same, in one process. The live
        net moves from `earlier`, which rebuilds its own when it is needed.
        """
        options_now = {name: options[name] for name in LIVE_OPTIONS}
        net = None
        if getattr(earlier, "_live_options", None) == options_now:
            net = vars(earlier).pop("_live_net", None)
        if net is None:
            net = self._build(options, find_device(options["device"]), valid=None)
        self._run(net, train, epochs=1)
        self._live_options = options_now

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
            device=device,
            weights=self.weights,
            seed=self._seed_now(),
            valid=valid,
        )

    def _run(self, net: skorch.NeuralNet, train: ArrayDataset, epochs: int) -> None:
        if self.architecture["module"] is not None:
            check_logits(net, train.X[:1], self.architecture["n_outputs"])
        self.epochs = self.epochs + train_net(net, train, epochs, self._seed_now())
        self.weights = weights_of(net.module_)
        self._live_net = net
