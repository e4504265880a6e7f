"""Paths of the files in a folder and its sub-folders."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path


def walk(folder: Path, recursive: bool) -> Iterator[str]:
    """Yield the paths of files relative to a folder, with ``/`` between folders.

    Hidden files and folders and broken links are skipped. A folder to which several links lead is
    searched once.

    Parameters
    ----------
    folder : Path
    recursive : bool
        Whether sub-folders are searched.

    Raises
    ------
    OSError
        If a folder cannot be read.
    """
    pending = [(folder, "")]
    seen: set[tuple[int, int]] = set()
    while pending:
        parent, prefix = pending.pop()
        if recursive:
            status = os.stat(parent)
            identity = (status.st_dev, status.st_ino)
            if identity in seen and status.st_ino:
                continue
            seen.add(identity)
        with os.scandir(parent) as entries:
            ordered = sorted(entries, key=lambda entry: entry.name)
        folders = []
        for entry in ordered:
            if entry.name.startswith("."):
                continue
            if _is(entry.is_file):
                yield prefix + entry.name
            elif recursive and _is(entry.is_dir):
                folders.append((Path(entry.path), f"{prefix}{entry.name}/"))
        pending += reversed(folders)


def _is(check: Callable[[], bool]) -> bool:
    try:
        return check()
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENOENT, errno.ENOTDIR):  # a link that leads nowhere
            return False
        raise
