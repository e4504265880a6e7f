"""Names of temporary files that tell their process, and removal of files of dead processes."""

from __future__ import annotations

import os
import platform
import re
import stat
import time
from contextlib import suppress
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from uuid import uuid4

#: Seconds after which a temporary file of another machine, or of an earlier start of this one, is
#: taken for a leftover. Its process cannot be looked up from here.
FOREIGN_AGE = 24 * 3600
#: Longest suffix that is kept, so that the name of the file stays below the limit of 255 bytes.
_LONGEST_SUFFIX = 16
_OWN_NAME = re.compile(
    r"\.sklearn-hpa-(?P<machine>[0-9a-f]{16})-(?P<pid>\d{1,10})-(?P<start>\d{1,20})-[0-9a-f]{32}"
    r"(\.[^.]{1,15})?"
)
_PROC = Path("/proc")
#: Folders that were searched, with the process that searched them.
_searched: set[tuple[int, Path]] = set()


def temporary_name(suffix: str = "") -> str:
    """Return a new file name that holds this machine, this process and the start of the process.

    Parameters
    ----------
    suffix : str, default=""
        End of the name, such as ".csv". A longer suffix than any file format's is left out.
    """
    pid = os.getpid()
    if len(suffix) > _LONGEST_SUFFIX:
        suffix = ""
    return f".sklearn-hpa-{_machine()}-{pid}-{_own_start(pid)}-{uuid4().hex}{suffix}"


def remove_leftovers(folder: Path) -> None:
    """Delete the temporary files that dead processes of this library left in a folder.

    A process searches each folder once. Only regular files whose names have the form of
    `temporary_name` are deleted. The process of a file of this machine is looked up. A file of
    another machine is deleted if it is older than a day. Errors are ignored, because nothing
    depends on the deletion.

    Parameters
    ----------
    folder : Path
        Folder to search, without its subfolders.
    """
    key = os.getpid(), folder
    if key in _searched:
        return
    _searched.add(key)
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            found = _OWN_NAME.fullmatch(entry.name)
            if found is None:
                continue
            with suppress(OSError):
                state = entry.stat(follow_symlinks=False)
                if stat.S_ISREG(state.st_mode) and _is_left(found, state.st_mtime):
                    os.unlink(entry.path)


def _is_left(name: re.Match[str], last_change: float) -> bool:
    if name["machine"] == _machine() and os.name == "posix":
        return not _is_alive(int(name["pid"]), int(name["start"]))
    return time.time() - last_change > FOREIGN_AGE


def _is_alive(pid: int, start: int) -> bool:
    """Tell whether a process of this machine runs, and is not a later one of the same number."""
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:  # a process of another user
        pass
    now = _start_of(pid)
    return now is None or start in (0, now)


def _start_of(pid: int) -> int | None:
    """Return the start of a process in clock ticks, -1 if it has ended, or None if unknown."""
    try:
        fields = (_PROC / str(pid) / "stat").read_text(errors="replace").rpartition(")")[2].split()
        return -1 if fields[0] == "Z" else int(fields[19])
    except (OSError, IndexError, ValueError):
        return None


@lru_cache(maxsize=1)
def _own_start(pid: int) -> int:
    """Return the start of this process, or 0 if unknown; `pid` renews the result after a fork."""
    return _start_of(pid) or 0


@lru_cache(maxsize=1)
def _machine() -> str:
    """Return a name for the machine since it was started, or for a container on it."""
    parts = [platform.node()]
    with suppress(OSError):
        parts.append((_PROC / "sys/kernel/random/boot_id").read_text())
    with suppress(OSError):
        parts.append(os.readlink(_PROC / "self/ns/pid"))
    return blake2b("\n".join(parts).encode(errors="replace"), digest_size=8).hexdigest()
