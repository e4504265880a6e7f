"""What another user can plant in a cache folder, under the name of an entry."""

from __future__ import annotations

import io
import math
import os
import pickle
import socket
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import numpy as np


@dataclass(frozen=True)
class Target:
    """The entry that is attacked, and a folder outside the cache that must not change.

    Attributes
    ----------
    cache, outside : Path
    key : str
        Key of the entry.
    shape, dtype
        Shape and data type of the array that is expected there.
    """

    cache: Path
    outside: Path
    key: str
    shape: tuple[int, ...]
    dtype: np.dtype

    @property
    def subfolder(self) -> Path:
        return self.cache / self.key[:2]

    @property
    def path(self) -> Path:
        return self.subfolder / f"{self.key[2:]}.npy"

    @property
    def n_bytes(self) -> int:
        return math.prod(self.shape) * self.dtype.itemsize

    def write(self, content: bytes) -> None:
        self.path.write_bytes(content)


def sealed(content: bytes) -> bytes:
    """Return content with the checksum of a cache entry."""
    return content + blake2b(content, digest_size=16).digest()


def npy(array: np.ndarray, **options) -> bytes:
    """Return an array as the content of an ``.npy`` file."""
    stream = io.BytesIO()
    np.lib.format.write_array(stream, array, version=(1, 0), **options)
    return stream.getvalue()


def with_header(header: str, data: bytes, version: bytes = b"\x01\x00") -> bytes:
    """Return the content of an ``.npy`` file with any header."""
    text = header.encode("latin-1") + b"\n"
    size = len(text).to_bytes(2 if version[0] == 1 else 4, "little")
    return b"\x93NUMPY" + version + size + text + data


def entry(target: Target, value: float = 1) -> bytes:
    """Return a correct entry whose values are all `value`."""
    return sealed(npy(np.full(target.shape, value, target.dtype)))


def _header(target: Target, **changes: object) -> str:
    fields = {"descr": target.dtype.str, "fortran_order": False, "shape": target.shape} | changes
    return str(fields)


def _file_outside(target: Target, content: bytes = b"precious") -> Path:
    path = target.outside / "precious.txt"
    path.write_bytes(content)
    os.utime(path, (1000, 1000))
    return path


def _sealed_header(target: Target, header: str, version: bytes = b"\x01\x00") -> None:
    target.write(sealed(with_header(header, bytes(target.n_bytes), version)))


def _sparse(target: Target, n_bytes: int) -> None:
    with open(target.path, "wb") as file:
        file.write(entry(target))
        file.truncate(n_bytes)


def _socket(target: Target) -> None:
    # The path of a socket is limited to about 100 bytes.
    before = Path.cwd()
    os.chdir(target.subfolder)
    try:
        with socket.socket(socket.AF_UNIX) as end:
            end.bind(target.path.name)
    finally:
        os.chdir(before)


def _subfolder_link(target: Target) -> None:
    (target.outside / target.path.name).write_bytes(entry(target))
    os.utime(target.outside / target.path.name, (1000, 1000))
    target.subfolder.rmdir()
    target.subfolder.symlink_to(target.outside)


def _subfolder_dangling(target: Target) -> None:
    target.subfolder.rmdir()
    target.subfolder.symlink_to(target.outside / "nowhere")


def _subfolder_file(target: Target) -> None:
    target.subfolder.rmdir()
    target.subfolder.write_bytes(b"")


def _pickled(target: Target) -> None:
    class Bomb:
        def __reduce__(self) -> tuple:
            return os.mkdir, (str(target.outside / "pwned"),)

    header = _header(target, descr="|O")
    target.write(sealed(with_header(header, pickle.dumps(Bomb()).ljust(target.n_bytes))))


#: Each kind of planted thing, by its name. Each leaves the entry unreadable: a miss.
KINDS: dict[str, Callable[[Target], object]] = {
    "a link to a correct entry outside": lambda t: t.path.symlink_to(_file_outside(t, entry(t))),
    "a link to a file outside": lambda t: t.path.symlink_to(_file_outside(t)),
    "a link to a file that does not exist": lambda t: t.path.symlink_to(t.outside / "new"),
    "a link to itself": lambda t: t.path.symlink_to(t.path),
    "a link to a folder outside": lambda t: t.path.symlink_to(t.outside),
    "a link to an endless device": lambda t: t.path.symlink_to("/dev/zero"),
    "a second name of a file outside": lambda t: os.link(_file_outside(t), t.path),
    "a pipe without a writer": lambda t: os.mkfifo(t.path),
    "a socket": _socket,
    "an empty folder": lambda t: t.path.mkdir(),
    "a folder with content": lambda t: (t.path / "in").mkdir(parents=True),
    "a subfolder that is a link": _subfolder_link,
    "a subfolder that is a link to nothing": _subfolder_dangling,
    "a subfolder that is a file": _subfolder_file,
    "an empty file": lambda t: t.write(b""),
    "half an entry": lambda t: t.write(entry(t)[: len(entry(t)) // 2]),
    "an entry and more": lambda t: t.write(entry(t) + b"more"),
    "an entry with another bit": lambda t: t.write(entry(t)[:-1] + bytes([entry(t)[-1] ^ 1])),
    "a file of a terabyte": lambda t: _sparse(t, 2**40),
    "only a checksum": lambda t: t.write(sealed(b"")),
    "another shape": lambda t: t.write(sealed(npy(np.ones((*t.shape, 2), t.dtype)))),
    "another shape of as many bytes": lambda t: t.write(
        sealed(npy(np.ones((1, *t.shape), t.dtype)))
    ),
    "another type of as many bytes": lambda t: t.write(
        sealed(npy(np.ones(t.shape, f"V{t.dtype.itemsize}")))
    ),
    "swapped bytes": lambda t: _sealed_header(t, _header(t, descr=">c8")),
    "the order of Fortran": lambda t: _sealed_header(t, _header(t, fortran_order=True)),
    "pickled objects": _pickled,
    "a huge shape in the header": lambda t: _sealed_header(t, _header(t, shape=(2**60,))),
    "a negative shape": lambda t: _sealed_header(t, _header(t, shape=(-1,))),
    "a shape with endless digits": lambda t: _sealed_header(
        t, _header(t)[:-3] + "9" * 3000 + ",)}"
    ),
    "a header of 60,000 bytes": lambda t: _sealed_header(t, _header(t) + " " * 60_000),
    "a header of parentheses": lambda t: _sealed_header(t, "(" * 4000),
    "a header of code": lambda t: _sealed_header(t, "__import__('os').abort()"),
    "a header that is no text": lambda t: _sealed_header(t, "\x00\xff" * 40),
    "a header of another version": lambda t: _sealed_header(t, _header(t), b"\x02\x00"),
    "an archive": lambda t: t.write(sealed(b"PK\x05\x06" + bytes(18)).ljust(t.n_bytes + 100)),
}


def plant(kind: str, target: Target) -> None:
    """Put one of `KINDS` under the name of an entry, in a cache that is otherwise empty."""
    target.subfolder.mkdir(parents=True, exist_ok=True)
    KINDS[kind](target)


def listing(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    """Return size, time of change and content of everything in a folder, to compare it later."""
    found = {}
    for path in sorted(folder.rglob("*")):
        state = os.lstat(path)
        content = path.read_bytes() if path.is_file() else b""
        found[str(path.relative_to(folder))] = state.st_size, state.st_mtime_ns, content
    return found
