"""Settings of torch that other code may have left, and that would change results."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import torch

from .precision import float32_products


@contextmanager
def usual_settings(device: str) -> Iterator[None]:
    """Compute in the block with the settings of a fresh process.

    In the block, gradients are on, inference mode and autocast are off, new tensors are on the CPU,
    and matrix products are float32. The number of threads and the default dtype are unchanged.

    Parameters
    ----------
    device : str
        Torch device of the network.
    """
    with ExitStack() as stack:
        stack.enter_context(torch.inference_mode(False))
        stack.enter_context(torch.enable_grad())
        for kind in sorted({"cpu", torch.device(device).type}):
            if torch.is_autocast_enabled(kind):
                # Rounded weights are cached until the outermost block ends, after many steps here.
                stack.enter_context(torch.autocast(kind, enabled=False, cache_enabled=False))
        if torch.empty(0).device.type != "cpu":
            stack.enter_context(torch.device("cpu"))
        stack.enter_context(float32_products())
        yield
