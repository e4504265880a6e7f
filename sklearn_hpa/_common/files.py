"""Atomic writing of files: a temporary file is written and then renamed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from .naming import errors_named


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path in the same folder, which replaces `path` if the block succeeds.

    If the block fails or is interrupted, the temporary file is deleted and `path` is unchanged.
    Errors of the file system name `path`.
    Links are followed and permissions are kept. If `path` is not a regular file (a pipe,
    /dev/stdout), it is written to directly.
    """
    if path.exists() and not path.is_file():
        with errors_named(path):
            yield path
        return
    path = path.resolve()
    temporary = path.with_name(f".{uuid4().hex}{path.suffix}")
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
