"""Number of threads of torch, chosen by the size of the network."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

import torch
from torch import nn
from torch.nn.parameter import is_lazy

#: A network with at most this number of inputs and of weights runs on one thread on a CPU. These
#: are pixels of 64x64x3, and all features with hidden layers of up to about 1,500 units.
MOST_INPUTS, MOST_WEIGHTS = 64 * 64 * 3, 2**22

_entering = threading.Lock()
_forked = False


def _after_fork() -> None:
    """Note that this process is a copy without the threads that torch had started."""
    global _entering, _forked
    _entering, _forked = threading.Lock(), True


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def is_small(module: nn.Module, n_features: int) -> bool:
    """Return whether a network runs on one thread, whatever number torch has."""
    n_weights = sum(each.numel() for each in module.parameters() if not is_lazy(each))
    return n_features <= MOST_INPUTS and n_weights <= MOST_WEIGHTS


def fitting_threads(module: nn.Module, n_features: int, device: str) -> AbstractContextManager:
    """Use, in the block, a number of threads that depends on the size of the network alone.

    The order of the additions in a matrix product depends on the number of threads, and so do its
    last bits. joblib's worker processes give torch another number than the main process has. A
    small network on a CPU uses one thread everywhere. A larger network uses torch's own number,
    except in a forked process: the threads of the parent do not exist there, and work that is
    divided between them would never end.

    Parameters
    ----------
    module : nn.Module
        Network that is trained or evaluated.
    n_features : int
        Width of its input.
    device : str
        Torch device of the network.
    """
    if not device.startswith("cpu"):
        return nullcontext()
    return one_thread() if _forked or is_small(module, n_features) else nullcontext()


@contextmanager
def one_thread() -> Iterator[None]:
    """Let torch use one thread in the block, in this Python thread alone.

    ``torch.set_num_threads`` sets the number of the calling thread, and the number with which other
    threads begin to use torch. Another thread therefore sets the second number back at once.
    Otherwise a thread that begins during a long training would keep one thread for ever.
    """
    with _entering:
        before = torch.get_num_threads()
        if before > 1:
            torch.set_num_threads(1)
            other = threading.Thread(target=torch.set_num_threads, args=(before,))
            other.start()
            other.join()
    try:
        yield
    finally:
        if before > 1:
            torch.set_num_threads(before)
