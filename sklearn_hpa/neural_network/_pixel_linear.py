"""Dense layers: one whose rows do not depend on each other, and one that takes 8-bit pixels."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

#: Rows of a multiple of this many float32 values start at the same alignment in memory.
ALIGNMENT = 8
#: Blocks of a product with pixels on a CPU, in rows and columns: a block stays in the cache.
PIXEL_ROWS, PIXEL_COLUMNS = 96, 2**14


class Linear(nn.Linear):
    """A dense layer whose result for a row, in evaluation mode, does not depend on other rows.

    Kernels of matrix products may add up a row in another order if the row starts at another
    alignment. So rows are padded with zeros to a multiple of `ALIGNMENT` values.
    """

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.training or not lacking(self.in_features):
            return super().forward(x)
        return nn.functional.linear(aligned(x), aligned(self.weight), self.bias)


class PixelLinear(Linear):
    """A dense layer on 8-bit pixels, which are divided by 255 within the product.

    In training no scaled copy of the pixels is made. In evaluation mode on a CPU, uint8 pixels are
    converted and multiplied block by block.
    """

    factor = 1 / 255
    _overwrites_gradient = False

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.training:
            kept = self.weight.grad if self._overwrites_gradient else None
            x = x.to(torch.float32)
            return ScaledLinear.apply(x, self.weight, self.bias, self.factor, kept)
        if x.dtype == torch.uint8 and x.device.type == "cpu" and not torch.is_grad_enabled():
            return self._multiply_in_blocks(x)
        return super().forward(x.to(torch.float32, copy=True).mul_(self.factor))

    @contextmanager
    def overwriting_gradient(self) -> Iterator[torch.Tensor | None]:
        """Inside the block, each backward pass overwrites the gradient of the weight in place.

        The gradient must not be set to None between steps, and nothing is accumulated in it. Gives
        the weight, or None if it is frozen. For wide inputs fresh memory for the gradient in each
        step costs a fifth of the step.
        """
        if not self.weight.requires_grad:
            yield None
            return
        if self.weight.grad is None:
            self.weight.grad = torch.zeros_like(self.weight)
        self._overwrites_gradient = True
        try:
            yield self.weight
        finally:
            self._overwrites_gradient = False

    def _multiply_in_blocks(self, pixels: torch.Tensor) -> torch.Tensor:
        """The product, a range of columns at a time: its weights stay in the cache for all rows."""
        n_rows, n_columns = pixels.shape
        n_blocks = -(-n_rows // PIXEL_ROWS)
        width = self.out_features + lacking(self.out_features)
        hidden = torch.zeros(n_blocks * PIXEL_ROWS, width)
        if self.bias is not None:
            hidden[:, : self.out_features] = self.bias
        n_at_once = min(PIXEL_COLUMNS, n_columns)
        floats = torch.zeros(PIXEL_ROWS, n_at_once + lacking(n_at_once))
        for left in range(0, n_columns, PIXEL_COLUMNS):
            columns = slice(left, left + PIXEL_COLUMNS)
            weight = aligned(self.weight[:, columns])
            if width > self.out_features:
                weight = nn.functional.pad(weight, (0, 0, 0, width - self.out_features))
            weight = weight.t()
            block = floats[:, : len(weight)].zero_()
            for start in range(0, n_rows, PIXEL_ROWS):
                rows = pixels[start : start + PIXEL_ROWS, columns]
                block[: len(rows), : rows.shape[1]] = rows
                hidden[start : start + PIXEL_ROWS].addmm_(block, weight, alpha=self.factor)
        return hidden[:n_rows, : self.out_features]


class ScaledLinear(torch.autograd.Function):
    """``scale * x @ weight.T + bias``, without a scaled copy of `x`.

    If `kept` is given, the gradient of the weight is written to it and none is returned. Under
    autocast the products are computed in its dtype, which holds 8-bit pixels exactly.
    """

    @staticmethod
    def forward(
        ctx: Any,
        x: torch.Tensor,
        weight: torch.Tensor,
        bias: torch.Tensor,
        scale: float,
        kept: torch.Tensor | None,
    ) -> torch.Tensor:
        device = x.device.type
        if torch.is_autocast_enabled(device):
            dtype = torch.get_autocast_dtype(device)
            x, weight, bias = x.to(dtype), weight.to(dtype), bias.to(dtype)
        ctx.save_for_backward(x, weight)
        ctx.scale, ctx.kept = scale, kept
        return torch.addmm(bias, x, weight.t(), alpha=scale)

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        x, weight = ctx.saved_tensors
        scaled = gradient * ctx.scale
        of_x = scaled @ weight if ctx.needs_input_grad[0] else None
        of_weight = None
        if ctx.needs_input_grad[1]:
            if ctx.kept is None:
                of_weight = scaled.t() @ x
            elif ctx.kept.dtype == x.dtype:
                torch.mm(scaled.t(), x, out=ctx.kept)
            else:
                ctx.kept.copy_(scaled.t() @ x)
        of_bias = gradient.sum(0) if ctx.needs_input_grad[2] else None
        return of_x, of_weight, of_bias, None, None


def lacking(width: int) -> int:
    """How many values a row of this width lacks to a multiple of `ALIGNMENT`."""
    return -width % ALIGNMENT


def aligned(matrix: torch.Tensor) -> torch.Tensor:
    """A matrix whose rows are padded with zeros to a multiple of `ALIGNMENT` values."""
    missing = lacking(matrix.shape[1])
    return nn.functional.pad(matrix, (0, missing)) if missing else matrix
