"""Precision of matrix products in training."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

import torch

PRECISIONS = ("float32", "tf32", "bfloat16")


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
