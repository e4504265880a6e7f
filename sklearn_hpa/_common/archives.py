"""Zip archives of arrays, whose size in memory is known and bounded before they are unpacked."""

from __future__ import annotations

import io
import math
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any, BinaryIO

import numpy as np

#: Bytes that an archive may unpack to, in addition to its own size. Compressed arrays need them.
UNPACKED_ALLOWANCE = 2**27
#: Most bytes of the table of contents of an archive; an entry takes about 80.
MAX_CONTENTS = 2**22
#: Most bytes of one item of an array, such as its longest string.
MAX_ITEM = 2**20
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


class _ContentsReader(io.BufferedReader):
    """A file of which at most `MAX_CONTENTS` bytes are read at once, until it is `opened`."""

    opened = False

    def read(self, size: int | None = -1, /) -> bytes:
        if self.opened:
            return super().read(size)
        bounded = size is not None and 0 <= size <= MAX_CONTENTS
        content = super().read(size if bounded else MAX_CONTENTS + 1)
        if len(content) > MAX_CONTENTS:
            raise ValueError("its table of contents is too long")
        return content


@contextmanager
def bounded_archive(file: BinaryIO, n_bytes: int) -> Iterator[zipfile.ZipFile]:
    """Open a zip archive that unpacks to little more than its own size.

    Parameters
    ----------
    file : binary file
        The archive; it stays open.
    n_bytes : int
        Size of the archive.

    Raises
    ------
    ValueError
        If the members unpack to more than `n_bytes` and `UNPACKED_ALLOWANCE`, share bytes of the
        archive, have the same name, or are compressed in another way than by deflate.
    zipfile.BadZipFile
        If this is no zip archive.
    """
    reader = _ContentsReader(file)  # type: ignore[arg-type]
    try:
        with zipfile.ZipFile(reader) as archive:
            reader.opened = True
            _check_members(archive, n_bytes)
            yield archive
    finally:
        reader.detach()


def _check_members(archive: zipfile.ZipFile, n_bytes: int) -> None:
    members = archive.infolist()
    if len({member.filename for member in members}) < len(members):
        raise ValueError("two of its members have the same name")
    if any(member.compress_type not in _METHODS for member in members):
        raise ValueError("it is compressed in another way than by deflate")
    if sum(member.compress_size for member in members) > n_bytes:
        raise ValueError("its members share bytes")
    check_unpacked(sum(member.file_size for member in members), n_bytes)


def check_unpacked(unpacked: int, n_bytes: int) -> None:
    """Refuse an archive of `n_bytes` that would take far more memory than that."""
    if unpacked > n_bytes + UNPACKED_ALLOWANCE:
        raise ValueError(
            f"its {n_bytes} bytes unpack to {unpacked}; at most {UNPACKED_ALLOWANCE // 2**20} MiB "
            "more than the file itself are accepted"
        )


def check_npy(file: IO[bytes], n_bytes: int, name: str) -> None:
    """Refuse an ``.npy`` file that holds Python objects, or not just the array that it declares.

    Parameters
    ----------
    file : binary file
        The file, of which the header is read.
    n_bytes : int
        Size of the file.
    name : str
        Its name, for messages.
    """
    try:
        shape, dtype = _read_header(file)
    except Exception as error:
        raise ValueError(f"{name} is no array of the npy format ({error})") from error
    if dtype.hasobject:
        raise ValueError(f"{name} holds Python objects")
    if dtype.itemsize > MAX_ITEM or any(side < 0 for side in shape):
        raise ValueError(f"{name} has shape {shape} and items of {dtype.itemsize} bytes")
    expected = math.prod(shape) * dtype.itemsize
    present = n_bytes - file.tell()
    if expected != present:
        raise ValueError(
            f"{name} declares an array of shape {shape} and {expected} bytes, but has {present}"
        )


def check_npz(content: bytes, name: str) -> int:
    """Check the arrays in an ``.npz`` file, and return the bytes that it unpacks to.

    Raises
    ------
    ValueError
        If `bounded_archive` or `check_npy` refuses it.
    """
    with bounded_archive(io.BytesIO(content), len(content)) as archive:
        for member in archive.infolist():
            with archive.open(member) as file:
                check_npy(file, member.file_size, f"{member.filename} in {name}")
        return sum(member.file_size for member in archive.infolist())


def _read_header(file: IO[bytes]) -> tuple[tuple[int, ...], np.dtype[Any]]:
    version = np.lib.format.read_magic(file)
    if version == (1, 0):
        shape, _, dtype = np.lib.format.read_array_header_1_0(file)
    elif version == (2, 0):
        shape, _, dtype = np.lib.format.read_array_header_2_0(file)
    else:
        raise ValueError(f"version {version}; expected 1.0 or 2.0")
    return shape, dtype
