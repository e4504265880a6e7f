"""Selection of torch devices."""

from __future__ import annotations

import re
import warnings

import torch


def find_device(device: str) -> str:
    """Return the name of an available device; "auto" is CUDA if available, else the CPU."""
    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    name = re.fullmatch(r"cpu|mps|cuda(?::(\d+))?", device)
    if name is None:
        raise ValueError(
            f"device={device!r} is not a device; expected 'auto', 'cpu', 'cuda', 'cuda:<number>' "
            "or 'mps'"
        )
    if device.startswith("cuda") and int(name[1] or 0) >= torch.cuda.device_count():
        raise ValueError(
            f"device={device!r} is not available: this machine has {torch.cuda.device_count()} "
            "usable CUDA devices. Use device='auto' to train on whichever device is there"
        )
    if device == "mps" and not torch.backends.mps.is_available():
        raise ValueError(f"device={device!r} is not available on this machine; use device='auto'")
    return device


def available_device(device: str) -> str:
    """Return the device of a saved model if it is available, else warn and return the CPU."""
    try:
        return find_device(device)
    except ValueError:
        warnings.warn(
            f"device={device!r} is not available here: predicting on the CPU",
            UserWarning,
            stacklevel=4,
        )
        return "cpu"
