"""A skorch net with a fast epoch loop."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from traceback import walk_tb
from typing import Any

import numpy as np
import skorch
import torch
from skorch.callbacks import Callback
from torch import nn
from torch.utils.data import DataLoader

from .._torch.precision import bfloat16_products, tf32_products
from ._batches import ArrayDataset, Feed, whole_batch
from ._modules import Network

#: Callback methods that listen to batches.
WATCHING = ("on_batch_begin", "on_batch_end", "on_grad_computed")
#: Methods of the net that only skorch's loop calls.
STEPS = (
    *WATCHING,
    "get_train_step_accumulator",
    "notify",
    "train_step",
    "train_step_single",
    "validation_step",
)
#: Optimisers that use the given gradients once; other optimisers may compute them again.
STEPPING = (torch.optim.Adam, torch.optim.AdamW, torch.optim.RMSprop, torch.optim.SGD)


class FastNet(skorch.NeuralNet):
    """A skorch net with a fast epoch loop, used when no callback listens to batches.

    The batches, their order and the steps are the same as in skorch. Per-batch allocation,
    notification and history are skipped. Each epoch records only its mean loss. If a callback
    listens to batches, or with another kind of data loader or optimiser, the loop of skorch runs.

    Parameters
    ----------
    *args, **kwargs
        Parameters of `skorch.NeuralNet`.
    precision : {"float32", "tf32", "bfloat16"}
        Precision of matrix products in training steps. Weights, gradients and evaluation mode are
        float32.
    """

    def __init__(self, *args: Any, precision: str = "float32", **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.precision = precision
        self.interrupted_ = False

    def run_single_epoch(
        self, iterator: Any, training: bool, prefix: str, step_fn: Any, **fit_params: Any
    ) -> None:
        """Train or validate for one epoch, and record the loss; called by skorch."""
        if iterator is None:
            return
        with tf32_products() if training and self.precision == "tf32" else nullcontext():
            if fit_params or not (_is_plain(iterator) and self._is_unwatched()):
                super().run_single_epoch(iterator, training, prefix, step_fn, **fit_params)
            else:
                self._run_fast(iterator, training, prefix)

    def _run_fast(self, iterator: Any, training: bool, prefix: str) -> None:
        self._set_training(training)
        run = self._train if training else self._validate
        losses, sizes = run(
            self._feed(iterator.dataset).batches(_order(iterator), iterator.batch_size)
        )
        loss = np.average(torch.stack(losses).cpu().double().numpy(), weights=sizes)
        self.history.new_batch()
        self.history.record_batch(f"{prefix}_loss", float(loss))
        self.history.record_batch(f"{prefix}_batch_size", sum(sizes))
        self.history.record(f"{prefix}_batch_count", len(sizes))

    def fit_loop(self, *args: Any, **kwargs: Any) -> skorch.NeuralNet:
        """Train, then free the memory of the batches; called by skorch.

        Callbacks end a training by a `KeyboardInterrupt`, and so does Ctrl-C. `interrupted_` tells
        whether it was Ctrl-C, which comes at any line and not only from a method of a callback.
        """
        self.interrupted_ = False
        try:
            return super().fit_loop(*args, **kwargs)
        except KeyboardInterrupt as error:
            *_, (frame, _) = walk_tb(error.__traceback__)
            self.interrupted_ = not frame.f_code.co_name.startswith("on_")
            raise
        finally:
            self.__dict__.pop("_feeds", None)

    def infer(self, x: Any, **fit_params: Any) -> Any:
        """Return the outputs of the module; called by skorch."""
        if self.precision != "bfloat16" or not self.module_.training:
            return super().infer(x, **fit_params)
        with bfloat16_products(self.device):
            return super().infer(x, **fit_params).float()

    def get_loss(self, y_pred: Any, y_true: Any, *args: Any, **kwargs: Any) -> torch.Tensor:
        """Return the loss of a batch; called by skorch.

        Raises
        ------
        ValueError
            If the criterion does not return one number as a tensor.
        """
        loss = super().get_loss(y_pred, y_true, *args, **kwargs)
        if not isinstance(loss, torch.Tensor) or loss.numel() != 1:
            tensor = isinstance(loss, torch.Tensor)
            what = f"a tensor of shape {tuple(loss.shape)}" if tensor else type(loss).__name__
            criterion = type(self.criterion_).__name__
            raise ValueError(
                f"the criterion {criterion} returned {what} for a batch; expected a tensor "
                "with one number, such as the mean over samples and labels"
            )
        return loss

    def _train(self, batches: Any) -> tuple[list[torch.Tensor], list[int]]:
        module, optimizer = self.module_, self.optimizer_
        losses, sizes = [], []
        with _overwriting_gradient(module) as overwritten:
            fresh = [each for each in module.parameters() if each is not overwritten]
            for X, target in batches:
                for parameter in fresh:
                    parameter.grad = None
                loss = self.get_loss(self.infer(X), target, X=X, training=True)
                loss.backward()
                optimizer.step()
                losses.append(loss.detach())
                sizes.append(len(X))
        return losses, sizes

    def _validate(self, batches: Any) -> tuple[list[torch.Tensor], list[int]]:
        losses, sizes = [], []
        with torch.no_grad():
            for X, target in batches:
                losses.append(self.get_loss(self.infer(X), target, X=X, training=False))
                sizes.append(len(X))
        return losses, sizes

    def _feed(self, data: ArrayDataset) -> Feed:
        """Return the feed of a data set, which is kept until the training ends."""
        feeds: list[Feed] = self.__dict__.setdefault("_feeds", [])
        for feed in feeds:
            if feed.data is data:
                return feed
        same = next((feed for feed in feeds if feed.data.X is data.X), None)
        feeds.append(Feed(data, self.device, same))
        return feeds[-1]

    def _is_unwatched(self) -> bool:
        """Return whether no callback listens to batches, and each step uses one gradient."""
        return (
            type(self.optimizer_) in STEPPING
            and not (isinstance(self.criterion_, nn.Module) and _has_parameters(self.criterion_))
            and not any(_replaces(self, skorch.NeuralNet, name) for name in STEPS)
            and not any(
                _replaces(callback, Callback, name)
                for _, callback in self.callbacks_
                for name in WATCHING
            )
        )


def _has_parameters(module: nn.Module) -> bool:
    return any(True for _ in module.parameters())


def _replaces(instance: object, base: type, name: str) -> bool:
    """Return whether a subclass, or the instance itself, replaces a method of `base`."""
    method = getattr(instance, name)
    return getattr(method, "__func__", method) is not getattr(base, name)


def _overwriting_gradient(module: nn.Module) -> AbstractContextManager[torch.Tensor | None]:
    layer = module.pixel_layer if isinstance(module, Network) else None
    return nullcontext() if layer is None else layer.overwriting_gradient()


def _is_plain(iterator: Any) -> bool:
    return (
        type(iterator) is DataLoader
        and isinstance(iterator.dataset, ArrayDataset)
        and iterator.collate_fn is whole_batch
        and iterator.num_workers == 0
        and not iterator.drop_last
        and iterator.batch_size is not None
    )


def _order(iterator: DataLoader) -> torch.Tensor:
    """Return the sample order of the loader, and draw as many random numbers as the loader."""
    torch.empty((), dtype=torch.int64).random_(generator=iterator.generator)
    return torch.tensor(list(iterator.sampler), dtype=torch.int64)
