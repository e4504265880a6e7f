"""Allocation of a matrix in memory, or in a temporary file if memory is short."""

from __future__ import annotations

import os
import tempfile
import weakref
from contextlib import suppress
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import DTypeLike

from .._common.leftovers import remove_leftovers, temporary_name

#: Fraction of the free memory above which "auto" uses a file.
SHARE_OF_MEMORY = 0.5
_MEMINFO = Path("/proc/meminfo")
_CGROUP = Path("/sys/fs/cgroup")
_BINARY = getattr(os, "O_BINARY", 0)


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
        The array. Where the system allows it, the file of a memmap has no name in any folder, so
        that it disappears with the process, however the process ends. Workers of joblib map the
        same file. Elsewhere the file is deleted with the last array that uses it, or when Python
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
    folder = Path(tempfile.gettempdir())
    remove_leftovers(folder)
    path = folder / temporary_name(".matrix")
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | _BINARY, 0o600)
    without_name = _path_without_name(descriptor)
    if without_name is not None:
        os.unlink(path)
    try:
        with open(descriptor, "r+b", closefd=False) as file:
            _reserve(descriptor, n_bytes)
            matrix = np.memmap(file, dtype, "r+", shape=shape)
    except OSError as error:
        _release(descriptor, path)
        raise OSError(
            error.errno,
            f"{n_bytes / 2**30:.1f} GiB for a matrix of shape {shape} do not fit into "
            f"{folder} ({error.strerror}). Set the environment variable TMPDIR to a "
            "folder with more room, or read smaller images",
        ) from error
    # joblib passes this path to its workers.
    matrix.filename = str(path) if without_name is None else without_name
    if without_name is None:
        os.close(descriptor)  # an open file cannot be deleted on Windows
        descriptor = -1
    weakref.finalize(matrix._mmap, _release, descriptor, path)  # type: ignore[attr-defined]
    return matrix


def _path_without_name(descriptor: int) -> str | None:
    """Return a path by which other processes find an open file that no folder names any more.

    Linux has such paths; None stands for any other system.
    """
    path = f"/proc/{os.getpid()}/fd/{descriptor}"
    try:
        known = os.path.samestat(os.stat(path), os.fstat(descriptor))
    except OSError:
        return None
    return path if known else None


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


def _release(descriptor: int, path: Path) -> None:
    """Close the file of a matrix, and delete its name if it still has one."""
    with suppress(OSError):
        os.close(descriptor)
    with suppress(OSError):
        os.unlink(path)
