"""Dense layers with independent rows, one of them for 8-bit pixels."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import torch
from torch import nn

#: Rows with a multiple of this number of float32 values have the same memory alignment.
ALIGNMENT = 8
#: Rows and columns of a block in a product with pixels on a CPU. One block fits in the cache.
PIXEL_ROWS, PIXEL_COLUMNS = 96, 2**14
_least_rows: ContextVar[int] = ContextVar("least_rows", default=0)


@contextmanager
def padding_rows(n_rows: int) -> Iterator[None]:
    """Let each `PixelLinear` in the block return at least `n_rows` rows for uint8 pixels on a CPU.

    The layers after it then see one shape, and no pixels have to be padded.
    """
    token = _least_rows.set(n_rows)
    try:
        yield
    finally:
        _least_rows.reset(token)


class Linear(nn.Linear):
    """A dense layer whose result for a row, in evaluation mode, does not depend on other rows.

    Kernels of matrix products may sum a row in another order if its memory alignment differs. Rows
    are therefore padded with zeros to a multiple of `ALIGNMENT` values.
    """

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.training or not lacking(self.in_features):
            return super().forward(x)
        return nn.functional.linear(aligned(x), aligned(self.weight), self.bias)


class PixelLinear(Linear):
    """A dense layer on 8-bit pixels that divides them by 255 within the product.

    Training makes no scaled copy of the pixels. Evaluation mode on a CPU converts and multiplies
    uint8 pixels block by block.
    """

    factor = 1 / 255
    _overwrites_gradient = False

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.training:
            kept = self.weight.grad if self._overwrites_gradient else None
            x = x.to(self.weight.dtype)
            return ScaledLinear.apply(x, self.weight, self.bias, self.factor, kept)
        if x.dtype == torch.uint8 and x.device.type == "cpu" and not torch.is_grad_enabled():
            return self._multiply_in_blocks(x)
        return super().forward(x.to(self.weight.dtype, copy=True).mul_(self.factor))

    @contextmanager
    def overwriting_gradient(self) -> Iterator[torch.Tensor | None]:
        """Let each backward pass in the block overwrite the gradient of the weight in place.

        The gradient must not be set to None between steps, and it does not accumulate. The context
        gives the weight, or None if the weight is frozen. With new memory for the gradient,
        a step on pixels of 512x512x3 takes 1.5 times as long (``python -m benchmarks --only
        training``, the row "fresh gradient").
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
        """Return the product, computed by column blocks whose weights stay in the cache."""
        n_rows, n_columns = pixels.shape
        least = _least_rows.get()
        n_blocks = -(-max(n_rows, least) // PIXEL_ROWS)
        width = self.out_features + lacking(self.out_features)
        dtype = self.weight.dtype
        hidden = torch.zeros(n_blocks * PIXEL_ROWS, width, dtype=dtype)
        if self.bias is not None:
            hidden[:, : self.out_features] = self.bias
        n_at_once = min(PIXEL_COLUMNS, n_columns)
        floats = torch.zeros(PIXEL_ROWS, n_at_once + lacking(n_at_once), dtype=dtype)
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
        return hidden[: max(n_rows, least), : self.out_features]


class ScaledLinear(torch.autograd.Function):
    """Compute ``scale * x @ weight.T + bias`` without a scaled copy of `x`.

    If `kept` is given, the gradient of the weight is written to it and is not returned. Under
    autocast, the products use its dtype, which represents 8-bit pixels exactly.
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
    """Return the number of values that a row lacks to a multiple of `ALIGNMENT`."""
    return -width % ALIGNMENT


def aligned(matrix: torch.Tensor) -> torch.Tensor:
    """Return a matrix with rows zero-padded to a multiple of `ALIGNMENT` values."""
    missing = lacking(matrix.shape[1])
    return nn.functional.pad(matrix, (0, missing)) if missing else matrix
