"""Epochs of a training as tasks that scikit-learn's callbacks follow."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import skorch
import torch
from skorch.callbacks import Callback, EarlyStopping

from .._common.fit_tasks import FitTask


class EpochTasks(Callback):
    """Report each epoch to scikit-learn's callbacks, and stop if one of them says so.

    Parameters
    ----------
    fit : FitTask
        Task of the whole fit.
    fitted_state : callable
        Called with the net; returns the attributes of a classifier with the net's weights.
    """

    def __init__(self, fit: FitTask, fitted_state: Callable[[skorch.NeuralNet], dict[str, Any]]):
        self.fit = fit
        self.fitted_state = fitted_state
        self._epoch: FitTask | None = None

    @contextmanager
    def listening(self, net: skorch.NeuralNet) -> Iterator[None]:
        """Listen to a net in the block, before early stopping can end an epoch."""
        callbacks = net.callbacks_
        stopping = [isinstance(callback, EarlyStopping) for _, callback in callbacks]
        position = stopping.index(True) if any(stopping) else len(callbacks)
        net.callbacks_ = [*callbacks[:position], ("epoch_tasks", self), *callbacks[position:]]
        try:
            yield
        finally:
            net.callbacks_ = callbacks

    def on_epoch_begin(self, net: skorch.NeuralNet, **kwargs: Any) -> None:
        with _same_random_numbers(net):
            self._epoch = self.fit.part("epoch").begin()

    def on_epoch_end(self, net: skorch.NeuralNet, **kwargs: Any) -> None:
        if self._end_epoch(net):
            raise KeyboardInterrupt  # skorch then ends the training, as for early stopping

    def on_train_end(self, net: skorch.NeuralNet, **kwargs: Any) -> None:
        # An interrupt, or another callback, may have ended the epoch.
        if self._epoch is not None:
            self._end_epoch(net)

    def _end_epoch(self, net: skorch.NeuralNet) -> bool:
        assert self._epoch is not None
        epoch, self._epoch = self._epoch, None
        usable = np.isfinite(net.history[-1].get("train_loss", np.nan))
        with _same_random_numbers(net):
            return epoch.end((lambda: self.fitted_state(net)) if usable else None)


def _same_random_numbers(net: skorch.NeuralNet) -> Any:
    """Restore torch's random generators after the block, which may call any code."""
    devices = [torch.device(net.device)] if str(net.device).startswith("cuda") else []
    return torch.random.fork_rng(devices=devices)
