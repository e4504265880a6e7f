"""Output of the commands: escapes for characters that the console lacks, and named errors."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout, suppress
from datetime import datetime
from pathlib import Path
from typing import TextIO, TypeGuard

from .._common.naming import errors_named, printable


def tell(text: object) -> None:
    """Write a line to standard output.

    Control characters, and characters that the encoding of the console lacks, are escaped. A
    program without a console has no standard output; nothing is then written.

    Raises
    ------
    OSError
        If the output cannot be written, for example because the disk is full.
    """
    write(sys.stdout, printable(text, keep="\n") + "\n")
    log(text)


def complain(text: object, *, logged: bool = True) -> None:
    """Write a line to standard error in the same way; if this fails, nothing is written."""
    with suppress(OSError):
        write(sys.stderr, printable(text, keep="\n") + "\n")
    if logged:
        log(text)


#: Log files that are open.
_logs: list[TextIO] = []


@contextmanager
def logged_to(path: Path | None) -> Iterator[None]:
    """Add all output of the block to a file, each line with the time; None is no file.

    Raises
    ------
    OSError
        If the file cannot be opened.
    """
    if path is None:
        yield
        return
    with open(path, "a", encoding="utf-8", errors="backslashreplace") as file:
        _logs.append(file)
        try:
            yield
        finally:
            _logs.remove(file)


def log(text: object) -> None:
    """Write a text to the log files, with escapes; a full disk does not stop the command."""
    if not _logs:
        return
    now = datetime.now().isoformat(" ", "seconds")
    lines = printable(text, keep="\n").split("\n")
    for file in _logs:
        with suppress(OSError):
            file.writelines(f"{now}  {line}\n" for line in lines)
            file.flush()


def write(stream: TextIO | None, text: str) -> None:
    """Write a text as it is, except for characters that the encoding of the stream lacks."""
    if not _is_open(stream):
        return
    encoding = getattr(stream, "encoding", None) or "utf-8"
    with _named(stream):
        stream.write(text.encode(encoding, "backslashreplace").decode(encoding))


def flush() -> None:
    """Write the buffered rest of standard output."""
    if not _is_open(sys.stdout):
        return
    with _named(sys.stdout):
        sys.stdout.flush()


def discard(stream: TextIO) -> None:
    """Discard the output that Python still flushes at exit, after an error of the stream."""
    with suppress(OSError), open(os.devnull, "wb") as nothing:
        os.dup2(nothing.fileno(), stream.fileno())


def is_terminal(stream: TextIO | None) -> bool:
    return _is_open(stream) and stream.isatty()


@contextmanager
def streams_for_others() -> Iterator[None]:
    """Give other libraries, which need standard output and standard error, streams if missing."""
    with ExitStack() as stack:
        for stream, redirect in ((sys.stdout, redirect_stdout), (sys.stderr, redirect_stderr)):
            if not _is_open(stream):
                nothing = stack.enter_context(open(os.devnull, "w", encoding="utf-8"))
                stack.enter_context(redirect(nothing))
        yield


def _is_open(stream: TextIO | None) -> TypeGuard[TextIO]:
    return stream is not None and not stream.closed


@contextmanager
def _named(stream: TextIO) -> Iterator[None]:
    try:
        with errors_named("standard output" if stream is sys.stdout else "standard error"):
            yield
    except OSError:
        discard(stream)
        raise
