"""Allocation of a matrix in memory, or in a temporary file if memory is short."""

from __future__ import annotations

import os
import tempfile
import weakref
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import DTypeLike

#: Fraction of the free memory above which "auto" uses a file.
SHARE_OF_MEMORY = 0.5
_MEMINFO = Path("/proc/meminfo")
_CGROUP = Path("/sys/fs/cgroup")


def empty_matrix(
    shape: tuple[int, ...], dtype: DTypeLike, memmap: bool | Literal["auto"]
) -> np.ndarray:
    """Allocate an array in memory or in a temporary file.

    Parameters
    ----------
    shape : tuple of int
    dtype : dtype
    memmap : bool or "auto"
        Whether the array is a memory map of a temporary file. "auto" decides by the free memory, if
        that is known.

    Returns
    -------
    ndarray or memmap
        The array. The file of a memmap is deleted with the last array that uses it, or when Python
        exits.

    Raises
    ------
    OSError
        If the file cannot be that large.
    """
    n_bytes = int(np.prod(shape, dtype=np.int64)) * np.dtype(dtype).itemsize
    if memmap == "auto":
        free = free_memory()
        memmap = free is not None and n_bytes > SHARE_OF_MEMORY * free
    if not memmap or not n_bytes:
        return np.empty(shape, dtype)
    descriptor, path = tempfile.mkstemp(prefix="sklearn_hpa_", suffix=".matrix")
    try:
        with open(descriptor, "r+b") as file:
            _reserve(file.fileno(), n_bytes)
            matrix = np.memmap(path, dtype, "r+", shape=shape)
    except OSError as error:
        os.unlink(path)
        raise OSError(
            error.errno,
            f"{n_bytes / 2**30:.1f} GiB for a matrix of shape {shape} do not fit into "
            f"{Path(path).parent} ({error.strerror}). Set the environment variable TMPDIR to a "
            "folder with more room, or read smaller images",
        ) from error
    weakref.finalize(matrix._mmap, _delete, path)  # type: ignore[attr-defined]
    return matrix


def free_memory() -> int | None:
    """Return the free memory in bytes, within the limits of the system, or None if unknown."""
    try:
        lines = dict(line.split(":") for line in _MEMINFO.read_text().splitlines())
        free = int(lines["MemAvailable"].split()[0]) * 1024
    except (OSError, KeyError, ValueError):
        return None
    try:
        limit, used = (
            int((_CGROUP / name).read_text()) for name in ("memory.max", "memory.current")
        )
    except (OSError, ValueError):  # no limit is set
        return free
    return min(free, max(limit - used, 0))


def _reserve(descriptor: int, n_bytes: int) -> None:
    """Allocate the disk space now, so that a full disk raises an error instead of a crash later."""
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(descriptor, 0, n_bytes)
    else:
        os.truncate(descriptor, n_bytes)


def _delete(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        pass
