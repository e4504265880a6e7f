"""Temporary seeding of torch's random generators."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import torch

_generator_lock = threading.RLock()


def _after_fork() -> None:
    """Replace the lock: another thread may have held it, and does not exist in the new process."""
    global _generator_lock
    _generator_lock = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


@contextmanager
def torch_seed(seed: int, device: str) -> Iterator[None]:
    """Seed torch's random generators inside the block and restore their state afterwards.

    The generators are global to the process, so a lock makes fits in several threads take turns.
    """
    cuda = [torch.device(device)] if device.startswith("cuda") else []
    with _generator_lock, torch.random.fork_rng(devices=cuda):
        torch.default_generator.manual_seed(seed)
        for each in cuda:
            with torch.cuda.device(each):
                torch.cuda.manual_seed(seed)
        yield
