"""Precision of matrix products in training."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import torch

PRECISIONS = ("float32", "tf32", "bfloat16")

_lock = threading.Lock()
_blocks: list[Callable[[], None]] = []


def _after_fork() -> None:
    global _lock
    _lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


@contextmanager
def float32_products() -> Iterator[None]:
    """Round no factor of a float32 matrix product in the block, whatever is set outside.

    The setting belongs to the process. The first block saves it, and the last block to end restores
    it.
    """
    with _lock:
        _blocks.append(_blocks[0] if _blocks else _use_float32_products())
    try:
        yield
    finally:
        with _lock:
            restore = _blocks.pop()
            if not _blocks:
                restore()


def _use_float32_products() -> Callable[[], None]:
    """Set the precision of products to float32, and return a function that restores it."""
    try:
        before = torch.get_float32_matmul_precision()
    except RuntimeError:  # the precision was set through torch.backends, for each kind of product
        products = torch.backends.cuda.matmul, vars(torch.backends)["mkldnn"].matmul
        each_before = [each.fp32_precision for each in products]
        torch.set_float32_matmul_precision("highest")

        def restore_each() -> None:
            for each, precision in zip(products, each_before, strict=True):
                each.fp32_precision = precision

        return restore_each
    if before == "highest":
        return lambda: None
    torch.set_float32_matmul_precision("highest")
    return lambda: torch.set_float32_matmul_precision(before)


@contextmanager
def tf32_products() -> Iterator[None]:
    """Use TF32 in the block: CUDA rounds factors of float32 products to a 10-bit mantissa."""
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("high")
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before)


def bfloat16_products(device: str) -> AbstractContextManager[None]:
    """Use bfloat16 in the block for the factors of matrix products on this device."""
    return torch.autocast(torch.device(device).type, torch.bfloat16)
