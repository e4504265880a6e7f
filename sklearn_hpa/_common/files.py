"""Atomic writing of files: a temporary file is written and then renamed."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .leftovers import remove_leftovers, temporary_name
from .naming import errors_named


def make_writable(folder: Path) -> None:
    """Create a folder if needed, and raise an `OSError` if no file can be written in it.

    The permission of a folder does not show a full or a read-only disk, so a file is written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder):
        pass


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path in the same folder, which replaces `path` if the block succeeds.

    If the block fails or is interrupted, the temporary file is deleted and `path` is unchanged. If
    the process is killed, the temporary file stays until another process replaces a file of the
    folder. Errors of the file system name `path`. Links are followed and permissions are kept. If
    `path` is not a regular file (a pipe, /dev/stdout), it is written to directly.
    """
    if path.exists() and not path.is_file():
        with errors_named(path):
            yield path
        return
    path = path.resolve()
    remove_leftovers(path.parent)
    temporary = path.with_name(temporary_name(path.suffix))
    try:
        with errors_named(path):
            yield temporary
            with open(temporary, "rb") as written:
                os.fsync(written.fileno())
            if path.exists():
                shutil.copymode(path, temporary)
            os.replace(temporary, path)
    except OSError as error:
        if error.filename in (temporary, os.fspath(temporary)):
            error.filename = os.fspath(path)
        raise
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def replacing_entry(path: Path) -> Iterator[Path]:
    """Yield a temporary path as `replacing` does, for a file that can be computed again.

    No link is followed: a link, a pipe or a device at `path` is itself replaced. The file is not
    forced to the disk, so it may be empty or incomplete after a power cut. The folder is not
    searched for leftovers.
    """
    temporary = path.with_name(temporary_name(path.suffix))
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
