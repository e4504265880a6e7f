"""Epochs in one plain loop: batches in reused memory, and no record that nobody asked for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import numpy as np
import skorch
import torch
from skorch.callbacks import Callback
from torch.utils.data import DataLoader

from ._batches import Feed
from ._modules import ArrayDataset, Network, whole_batch

PRECISIONS = ("float32", "tf32", "bfloat16")
WATCHING = ("on_batch_begin", "on_batch_end", "on_grad_computed")
#: Optimisers that take a step from the gradients as they are; others may want to compute them anew.
STEPPING = (torch.optim.Adam, torch.optim.AdamW, torch.optim.RMSprop, torch.optim.SGD)


class LeanNet(skorch.NeuralNet):
    """A skorch net that runs an epoch in one plain loop where nothing looks at single batches.

    The batches, their order and the steps are skorch's. What is left out is what is done for each
    batch beside: gathering and converting it into fresh memory, notifying callbacks that do not
    listen, recording its loss. An epoch has one record, of its mean loss. Where a callback does
    listen to batches, or a data loader or an optimiser of another kind is used, the loop is that of
    skorch.

    Parameters
    ----------
    *args, **kwargs
        Those of `skorch.NeuralNet`.
    precision : {"float32", "tf32", "bfloat16"}
        Of the products of matrices in training steps. Weights, their gradients and whatever is
        done in evaluation mode are float32.
    """

    def __init__(self, *args: Any, precision: str = "float32", **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.precision = precision

    def run_single_epoch(
        self, iterator: Any, training: bool, prefix: str, step_fn: Any, **fit_params: Any
    ) -> None:
        """Train or validate for one epoch, and record its loss; called by skorch."""
        if iterator is None:
            return
        with _tf32() if training and self.precision == "tf32" else nullcontext():
            if fit_params or not (_is_plain(iterator) and self._is_unwatched()):
                super().run_single_epoch(iterator, training, prefix, step_fn, **fit_params)
            else:
                self._run_lean(iterator, training, prefix)

    def _run_lean(self, iterator: DataLoader, training: bool, prefix: str) -> None:
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
        """Train, and let go of the memory that the batches were in; called by skorch."""
        try:
            return super().fit_loop(*args, **kwargs)
        finally:
            vars(self).pop("_feeds", None)

    def infer(self, x: Any, **fit_params: Any) -> Any:
        """The module's outputs; called by skorch."""
        if self.precision != "bfloat16" or not self.module_.training:
            return super().infer(x, **fit_params)
        with torch.autocast(torch.device(self.device).type, torch.bfloat16):
            return super().infer(x, **fit_params).float()

    def _train(self, batches: Any) -> tuple[list[torch.Tensor], list[int]]:
        module, optimizer = self.module_, self.optimizer_
        in_place = module.overwriting_gradient() if isinstance(module, Network) else nullcontext()
        losses, sizes = [], []
        with in_place as overwritten:
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
        """Where the batches of a data set come from, for as long as training lasts."""
        feeds: list[Feed] = vars(self).setdefault("_feeds", [])
        for feed in feeds:
            if feed.data is data:
                return feed
        same = next((feed for feed in feeds if feed.data.X is data.X), None)
        feeds.append(Feed(data, self.device, same))
        return feeds[-1]

    def _is_unwatched(self) -> bool:
        """Whether no callback looks at batches and a step is no more than it seems."""
        return (
            type(self.optimizer_) in STEPPING
            and not any(True for _ in self.criterion_.parameters())
            and not any(
                getattr(type(callback), name) is not getattr(Callback, name)
                for _, callback in self.callbacks_
                for name in WATCHING
            )
        )


@contextmanager
def _tf32() -> Iterator[None]:
    """Inside, CUDA rounds the factors of float32 products to 10 bits after the point."""
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("high")
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before)


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
    """The order in which the loader would take the samples, and as many random numbers drawn."""
    torch.empty((), dtype=torch.int64).random_(generator=iterator.generator)
    return torch.tensor(list(iterator.sampler), dtype=torch.int64)
