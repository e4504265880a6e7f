"""The data set of a network and the feed that gathers its batches."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch.utils.data import Dataset

#: Bytes up to which a data set is reordered once per epoch, and not batch by batch.
BYTES_AT_ONCE = 2**23
#: Fraction of a GPU's free memory that a data set may use.
SHARE_OF_GPU = 0.6


class ArrayDataset(Dataset):
    """Rows of NumPy arrays, gathered one whole batch at a time.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        Samples.
    target : ndarray of shape (n_samples, ...), optional
        Targets; zeros by default, for prediction.
    weight : ndarray of shape (n_samples,), optional
        Sample weights. With weights, a batch is ``(X, (target, weight))``.
    rows : ndarray of int, optional
        Rows of `X` that belong to this data set; all rows by default. `X` itself is never copied.
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
    """Return the whole batch of an `ArrayDataset` unchanged, as the collate function."""
    return batch


class Feed:
    """Gather batches of a data set on the device that uses them.

    On CUDA, a data set that fits is copied to the device once, in its own dtype (uint8 for pixels).
    Otherwise each batch is gathered in pinned memory and copied to the device.

    Parameters
    ----------
    data : ArrayDataset
        Samples to gather.
    device : str
        Torch device of the batches.
    same : Feed, optional
        Feed with the same `X`. The new feed shares its copy of `X`.
    """

    def __init__(self, data: ArrayDataset, device: str, same: Feed | None = None):
        self.data = data
        self.device = torch.device(device)
        self.rows = torch.from_numpy(np.ascontiguousarray(data.rows, dtype=np.int64))
        self.X: torch.Tensor = as_tensor(data.X) if same is None else same.X
        if self.device.type == "cuda" and not self.X.is_cuda and self._fits():
            self.X = self.X.to(self.device)
        self.target = as_tensor(data.target).to(self.device)
        self.weight = None if data.weight is None else as_tensor(data.weight).to(self.device)
        self.gathered = self.floats = torch.empty((0, self.X.shape[1]))

    def batches(self, order: torch.Tensor, batch_size: int) -> Iterator[tuple[torch.Tensor, Any]]:
        """Yield float32 samples and their targets, batch by batch.

        Each batch overwrites the samples of the previous batch.

        Parameters
        ----------
        order : tensor of int64
            Positions in the rows of the data set, in the order of use.
        batch_size : int
            Samples per batch.
        """
        self._make_room(min(batch_size, len(order)))
        rows = self.rows[order]
        on_device = rows.to(self.device)
        target = self.target[on_device]
        weight = None if self.weight is None else self.weight[on_device]
        rows = rows.to(self.X.device)
        n_bytes = self.X.element_size() * self.X.shape[1] * len(rows)
        in_order = self.X[rows] if n_bytes <= BYTES_AT_ONCE else None
        for start in range(0, len(rows), batch_size):
            batch = slice(start, start + batch_size)
            X = self._gather(rows[batch]) if in_order is None else in_order[batch]
            if X.dtype != torch.float32 or X.device != self.device:
                X = self.floats[: len(X)].copy_(X, non_blocking=True)
            yield X, target[batch] if weight is None else (target[batch], weight[batch])

    def _gather(self, rows: torch.Tensor) -> torch.Tensor:
        if self.gathered.is_pinned():  # the copy of the last batch may still be running
            torch.cuda.current_stream(self.device).synchronize()
        return torch.index_select(self.X, 0, rows, out=self.gathered[: len(rows)])

    def _make_room(self, n_rows: int) -> None:
        if len(self.floats) >= n_rows:
            return
        shape = n_rows, self.X.shape[1]
        streamed = self.device.type == "cuda" and not self.X.is_cuda
        self.gathered = torch.empty(
            shape, dtype=self.X.dtype, device=self.X.device, pin_memory=streamed
        )
        self.floats = torch.empty(shape, dtype=torch.float32, device=self.device)

    def _fits(self) -> bool:
        free, _ = torch.cuda.mem_get_info(self.device)
        return self.X.element_size() * self.X.nelement() <= SHARE_OF_GPU * free


def as_tensor(array: np.ndarray) -> torch.Tensor:
    """Return a tensor that shares the memory of a read-only array, such as a memory map."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*not writable.*", UserWarning)
        return torch.from_numpy(array)
