"""Prediction in blocks of rows of one shape."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from ._batches import as_tensor
from ._modules import Network, uncompiled, weights_of
from ._pixel_linear import padding_rows

VALUES_AT_ONCE = 2**24
#: Largest number of rows in a block.
ROWS_AT_ONCE = 480


def forward_in_blocks(
    module: nn.Module, device: str, X: np.ndarray, block_size: int | None = None
) -> np.ndarray:
    """Return the outputs of `module` in evaluation mode for each row of `X`.

    Every block has the same number of rows, and the last block is padded. The kernel of a matrix
    product depends on its shape. Without padding, the last bits of a row would depend on the number
    of rows. They may depend on it if the caller sets `block_size`.

    Parameters
    ----------
    module : nn.Module
        Network to evaluate.
    device : str
        Torch device of the network.
    X : ndarray of shape (n_samples, n_features)
        Samples.
    block_size : int, optional
        Rows per block; chosen from the width of `X` by default.

    Returns
    -------
    outputs : ndarray of shape (n_samples, n_outputs), float32
        Outputs of the network, on the CPU.
    """
    module.eval()
    module = uncompiled(module)
    kind = torch.device(device).type
    takes_uint8 = (
        isinstance(module, Network)
        and module.pixel_layer is not None
        and X.dtype == np.uint8
        and kind == "cpu"
    )
    if block_size is None:
        fitting = ROWS_AT_ONCE if takes_uint8 else VALUES_AT_ONCE // X.shape[1]
        block_size = int(np.clip(fitting, 8, ROWS_AT_ONCE))
    outputs, samples = [], as_tensor(X)
    padded = torch.empty((0, 0))
    with torch.inference_mode(), torch.autocast(kind, enabled=False), padding_rows(block_size):
        for start in range(0, len(X), block_size):
            rows = block = samples[start : start + block_size]
            if not takes_uint8:
                if not len(padded):
                    shape = block_size, X.shape[1]
                    padded = torch.zeros(shape, dtype=torch.float32, device=device)
                padded[: len(rows)] = rows.to(device)
                block = padded
            output = module(block)
            outputs.append(output[: len(rows)].to("cpu", torch.float32).numpy())
    return np.concatenate(outputs)


def check_module(module: nn.Module, device: str, X: np.ndarray, n_outputs: int) -> None:
    """Refuse, before training, a module with a wrong output shape or an invalid state."""
    try:
        logits = forward_in_blocks(module, device, X)
    except RuntimeError as error:
        dtype = torch.get_default_dtype()
        if dtype == torch.float32:
            raise
        raise ValueError(
            f"module does not take float32 input ({error}): torch's default dtype is {dtype}, and "
            "module was built with it. Call torch.set_default_dtype(torch.float32) before fit"
        ) from error
    if logits.shape != (len(X), n_outputs):
        raise ValueError(
            f"module returns logits of shape {('n_samples', *logits.shape[1:])}, expected "
            f"{('n_samples', n_outputs)}"
        )
    weights_of(module)
