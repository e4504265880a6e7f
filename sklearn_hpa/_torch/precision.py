"""Precision of matrix products in training."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

import torch

PRECISIONS = ("float32", "tf32", "bfloat16")


@contextmanager
def tf32_products() -> Iterator[None]:
    """Inside the block, CUDA rounds the factors of float32 products to 10 bits of mantissa."""
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("high")
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before)


def bfloat16_products(device: str) -> AbstractContextManager[None]:
    """Inside the block, the factors of products are bfloat16 on this device."""
    return torch.autocast(torch.device(device).type, torch.bfloat16)
