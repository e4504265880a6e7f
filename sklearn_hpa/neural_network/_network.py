"""The trained network as plain data, and the live net rebuilt from it."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from contextlib import ExitStack
from numbers import Integral, Real
from typing import Any

import numpy as np
import pandas as pd
import skorch
from torch import nn

from .._common.caller import warn_caller
from .._common.estimators import public_in
from .._common.fit_tasks import FitTask
from .._common.fitted import check_numbers
from .._labels.label_sets import LabelSets
from .._torch.devices import available_device, find_device
from .._torch.seeds import torch_seed
from .._torch.settings import usual_settings
from .._torch.threads import fitting_threads, one_thread
from ._architecture import check_architecture, check_weights
from ._batches import ArrayDataset
from ._checkpoint import Keeper
from ._epoch_tasks import EpochTasks
from ._inference import check_module, forward_in_blocks
from ._modules import build_network, load_weights, weights_of
from ._options import Options
from ._training import build_net, rows_of, train_net

#: Options that must stay the same for `continue_training` to keep the optimiser state.
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
#: Attributes of a `TrainedNetwork` that are saved.
STATE = {
    "architecture",
    "best_epoch",
    "class_weight",
    "epochs",
    "label_sets",
    "multilabel",
    "seed",
    "weights",
}


class LiveNet:
    """The live skorch net and its weights, shared by the copies of a network.

    The net belongs to the `TrainedNetwork` that holds the same weights object. Any other network
    builds its own net.
    """

    def __init__(self) -> None:
        self._net: skorch.NeuralNet | None = None
        self._weights: object = None
        self._options: dict[str, Any] | None = None

    def holding(self, weights: object) -> skorch.NeuralNet | None:
        """Return the net if it holds these weights; otherwise None."""
        return self._net if weights is not None and self._weights is weights else None

    def resuming(self, weights: object, options: dict[str, Any]) -> skorch.NeuralNet | None:
        """Return the net if it holds these weights and was trained with the same options."""
        return self.holding(weights) if _unchanged(self._options, options) else None

    def train(
        self, net: skorch.NeuralNet, train: ArrayDataset, epochs: int, seed: int
    ) -> tuple[list[dict[str, float]], dict[str, np.ndarray], int | None]:
        """Train a net with `train_net` and keep it; if training fails, no net is kept."""
        self._net = self._weights = self._options = None
        epoch_rows, weights, best = train_net(net, train, epochs, seed)
        self.keep(net, weights)
        return epoch_rows, weights, best

    def keep(
        self, net: skorch.NeuralNet, weights: object, options: dict[str, Any] | None = None
    ) -> None:
        """Keep a net that holds these weights, and the options of its training."""
        self._net, self._weights, self._options = net, weights, options


@public_in("sklearn_hpa.neural_network")
class TrainedNetwork:
    """An architecture, its weights and its training history.

    The state holds numbers, strings, NumPy arrays and, if one is used, the user's module class.
    Pickles leave out the live torch objects, which are rebuilt from the arrays on any available
    device.

    Parameters
    ----------
    architecture : dict
        Arguments of `build_network` for these weights. Later changes of the classifier's parameters
        do not affect them.
    multilabel : bool
        Whether the outputs are independent labels or mutually exclusive classes.
    seed : int
        Random seed. The seed and the number of earlier epochs determine the seed of each `train`.

    Attributes
    ----------
    class_weight : ndarray of shape (n_outputs,) or None
        Weight of each label's positives, or of each class, in the loss.
    label_sets : LabelSets or None
        Label sets of the training samples, if the loss is "label_sets".
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
        self._live = LiveNet()

    def __getstate__(self) -> dict[str, Any]:
        state = {name: value for name, value in vars(self).items() if not name.startswith("_live")}
        return state | {"epochs": _as_table(self.epochs)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        state = {name: value for name, value in state.items() if not name.startswith("_live")}
        vars(self).update(state, epochs=_as_rows(state["epochs"]))
        self._live = LiveNet()

    def _check_fitted(self) -> None:
        """Refuse weights that do not belong to the architecture, or are not finite."""
        if (state := set(self.__getstate__())) != STATE:
            raise ValueError(f"attributes that are missing or unknown: {sorted(state ^ STATE)}")
        check_architecture(self.architecture)
        n_outputs = self.architecture["n_outputs"]
        check_weights(self.architecture, self.weights)
        if not isinstance(self.multilabel, bool | np.bool_):
            raise ValueError(f"multilabel is {self.multilabel!r}; expected a bool")
        if not isinstance(self.seed, Integral) or self.seed < 0:
            raise ValueError(f"seed is {self.seed!r}; expected an integer that is not negative")
        if self.class_weight is not None:
            check_numbers(self.class_weight, "class_weight", (n_outputs,))
        if self.label_sets is not None:
            sets, counts = self.label_sets
            check_numbers(sets, "label_sets.sets", (len(counts), n_outputs))
            check_numbers(counts, "label_sets.counts", (len(sets),))
            if not len(counts) or not (counts > 0).all():
                raise ValueError("label_sets.counts must be positive")
            if not np.isin(sets, (0, 1)).all():
                raise ValueError("label_sets.sets must hold 0 and 1")
        best = self.best_epoch
        if best is not None and (
            not isinstance(best, Integral) or not 1 <= best <= len(self.epochs)
        ):
            raise ValueError(f"best_epoch is {best!r}, of {len(self.epochs)} epochs")

    def copy(self) -> TrainedNetwork:
        """Return a copy that can be trained further and leaves this network unchanged."""
        other = object.__new__(type(self))
        vars(other).update(vars(self))
        vars(other).pop("_live_module", None)
        return other

    @property
    def takes_pixels(self) -> bool:
        return self.architecture["scaler"] is None

    @property
    def history(self) -> pd.DataFrame:
        frame = pd.DataFrame(self.epochs)
        frame.insert(0, "epoch", np.arange(1, len(frame) + 1))
        return frame

    def check_continues(self, architecture: Mapping[str, Any]) -> None:
        """Refuse a changed architecture; the scaler of the first fit is kept."""
        for name, value in self.architecture.items():
            if name != "scaler" and architecture[name] != value:
                raise ValueError(
                    f"{name} has changed since the earlier fit, from {value!r} to "
                    f"{architecture[name]!r}: a network that goes on keeps its architecture"
                )

    def warn_of_scaled_pixels(self, X: np.ndarray) -> None:
        """Warn if `X` in ``predict_proba`` looks like pixels that are already divided by 255."""
        if self.takes_pixels and X.dtype != np.uint8 and 0 < X.max() <= 1:
            warn_caller(
                "X holds floats of at most 1, but the classifier was fitted on uint8 pixels and "
                "divides by 255: pass the pixels as they were in fit"
            )

    def train(
        self,
        train: ArrayDataset,
        valid: ArrayDataset | None,
        options: Options,
        epochs: int,
        keeper: Keeper | None = None,
        task: FitTask | None = None,
    ) -> None:
        """Train for some epochs, from the current weights if there are any.

        Parameters
        ----------
        train : ArrayDataset
            Training samples.
        valid : ArrayDataset or None
            Validation samples. If given, training stops early and keeps the weights of the best
            epoch.
        options : Options
            Options of the training.
        epochs : int
            Maximum number of epochs.
        keeper : Keeper or None
            Keeper of the state of the training, which continues from it if there is one.
        task : FitTask or None
            Task of the fit, whose parts are the epochs.
        """
        self._live = LiveNet()
        net = self._build(options, find_device(options.device), valid)
        with ExitStack() as listening:
            if keeper is not None:
                listening.enter_context(keeper.listening(net))
                epochs = keeper.epochs_left
            if task:
                listening.enter_context(EpochTasks(task, self._fitted_state).listening(net))
            self._run(net, train, epochs)

    def _fitted_state(self, net: skorch.NeuralNet) -> dict[str, Any]:
        """Return the state of a classifier whose training ends with the weights of this epoch."""
        now = self.copy()
        now._live = LiveNet()
        now.weights, now.best_epoch = weights_of(net.module_), None
        now.epochs = self.epochs + rows_of(net.history)
        return {"_network": now}

    def continue_training(self, train: ArrayDataset, options: Options) -> None:
        """Train for one epoch, and keep the optimiser state if it is still valid.

        The state is valid in one process, while the options in `LIVE_OPTIONS` stay the same.
        """
        device = find_device(options.device)
        live_options = {name: copy.copy(getattr(options, name)) for name in LIVE_OPTIONS}
        net = self._live.resuming(self.weights, live_options)
        if net is None:
            net = self._build(options, device)
        elif self.label_sets is not None:
            with usual_settings(device):
                net.criterion_.change(self.label_sets)
        net.set_params(lr=options.lr, verbose=options.verbose)
        self._run(net, train, epochs=1)
        self.best_epoch = None
        self._live.keep(net, self.weights, live_options)

    def net(self, options: Options) -> skorch.NeuralNet:
        """Return the live skorch net."""
        net = self._live.holding(self.weights)
        if net is None:
            net = self._build(options, available_device(options.device))
            self._live.keep(net, self.weights)
        return net

    def logits(self, X: np.ndarray, device: str) -> np.ndarray:
        """Return the outputs for each row of `X`, float32 of shape (n_samples, n_outputs)."""
        net = self._live.holding(self.weights)
        if net is not None:
            return self._forward(net.module_, net.device, X)
        if not hasattr(self, "_live_module"):
            self._live_module = self._rebuild_module(available_device(device))
        return self._forward(*self._live_module, X)

    def _forward(self, module: nn.Module, device: str, X: np.ndarray) -> np.ndarray:
        with usual_settings(device), fitting_threads(module, X.shape[1], device):
            return forward_in_blocks(module, device, X)

    def _rebuild_module(self, device: str) -> tuple[nn.Module, str]:
        assert self.weights is not None
        with usual_settings(device), one_thread():
            with torch_seed(self.seed, device):
                module = build_network(**self.architecture)
            load_weights(module, self.weights)
            return module.to(device), device

    def _seed_now(self) -> int:
        return int(np.random.SeedSequence([self.seed, len(self.epochs)]).generate_state(1)[0])

    def _build(
        self, options: Options, device: str, valid: ArrayDataset | None = None
    ) -> skorch.NeuralNet:
        with usual_settings(device), one_thread():
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
        n_features, n_outputs = self.architecture["n_features"], self.architecture["n_outputs"]
        with usual_settings(net.device):
            if self.architecture["module"] is not None:
                with one_thread():
                    check_module(net.module_, net.device, train.X[:1], n_outputs)
            with fitting_threads(net.module_, n_features, net.device):
                trained = self._live.train(net, train, epochs, self._seed_now())
        rows, self.weights, best = trained
        self.best_epoch = None if best is None else len(self.epochs) + best
        self.epochs = self.epochs + rows


def _as_table(epochs: list[dict[str, float]]) -> dict[str, Any]:
    """Return the rows of the history as one array: a model file describes each of its objects."""
    names = list(dict.fromkeys(name for row in epochs for name in row))
    values = [[row.get(name, np.nan) for name in names] for row in epochs]
    return {"names": names, "values": np.array(values, float).reshape(len(epochs), len(names))}


def _as_rows(table: dict[str, Any]) -> list[dict[str, float]]:
    """Return the rows of a history that `_as_table` has returned."""
    names, values = table["names"], table["values"]
    return [dict(zip(names, row, strict=True)) for row in values.tolist()]


def _unchanged(then: Any, now: Any) -> bool:
    """Return whether options are unchanged: numbers and text by value, others by identity."""
    if isinstance(then, dict) and isinstance(now, dict):
        return then.keys() == now.keys() and all(_unchanged(then[k], now[k]) for k in then)
    if isinstance(then, list | tuple) and isinstance(now, list | tuple):
        return len(then) == len(now) and all(map(_unchanged, then, now))
    return then is now or (
        isinstance(then, str | Real) and isinstance(now, str | Real) and then == now
    )
