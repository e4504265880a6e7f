"""From a data set to the batches that a network is given, in memory that is used again."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

from .nets import ArrayDataset

#: A data set up to this size is put in order once an epoch, not batch by batch.
BYTES_AT_ONCE = 2**26
#: Share of a GPU's free memory that a data set may take.
SHARE_OF_GPU = 0.6


class Feed:
    """Gathers batches of a data set, on the device that they are used on.

    On CUDA the data set lives on the device as it is, uint8 where it is pixels, if that fits; else
    each batch is gathered into pinned memory and copied from there.

    Parameters
    ----------
    data : ArrayDataset
    batch_size : int
    device : str
    """

    def __init__(self, data: ArrayDataset, batch_size: int, device: str):
        self.device = torch.device(device)
        self.rows = torch.from_numpy(np.ascontiguousarray(data.rows, dtype=np.int64))
        self.X = as_tensor(data.X)
        if self.device.type == "cuda" and self._fits():
            self.X = self.X.to(self.device)
        self.target = as_tensor(data.target).to(self.device)
        self.weight = None if data.weight is None else as_tensor(data.weight).to(self.device)
        self.whole = self.X.element_size() * self.X.shape[1] * len(self.rows) <= BYTES_AT_ONCE
        shape = (min(batch_size, len(self.rows)), self.X.shape[1])
        streamed = self.X.device != self.device
        self.stored = torch.empty(
            shape,
            dtype=self.X.dtype,
            device=self.X.device,
            pin_memory=streamed and _pins(self.device),
        )
        self.used = torch.empty(shape, dtype=torch.float32, device=self.device)

    def batches(self, order: torch.Tensor, batch_size: int) -> Iterator[tuple[torch.Tensor, Any]]:
        """Float32 samples and their targets, batch by batch.

        The samples of a batch are overwritten by those of the next.

        Parameters
        ----------
        order : tensor of int64, shape (n_rows,)
            Positions among the rows of the data set.
        batch_size : int
        """
        rows = self.rows[order]
        there = rows.to(self.device)
        target = self.target[there]
        weight = None if self.weight is None else self.weight[there]
        rows = rows.to(self.X.device)
        ordered = self.X[rows] if self.whole else None
        for start in range(0, len(rows), batch_size):
            batch = slice(start, start + batch_size)
            if ordered is None:
                stored = self.stored[: len(rows[batch])]
                if stored.is_pinned():
                    torch.cuda.current_stream(self.device).synchronize()
                torch.index_select(self.X, 0, rows[batch], out=stored)
            else:
                stored = ordered[batch]
            X = stored
            if X.dtype != torch.float32 or X.device != self.device:
                X = self.used[: len(stored)].copy_(stored, non_blocking=True)
            yield X, target[batch] if weight is None else (target[batch], weight[batch])

    def _fits(self) -> bool:
        free, _ = torch.cuda.mem_get_info(self.device)
        return self.X.element_size() * self.X.nelement() <= SHARE_OF_GPU * free


def as_tensor(array: np.ndarray) -> torch.Tensor:
    """A tensor in the memory of an array that is only read, such as a memory-mapped one."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*not writable.*", UserWarning)
        return torch.from_numpy(array)


def _pins(device: torch.device) -> bool:
    return device.type == "cuda"
