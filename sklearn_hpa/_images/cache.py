"""Disk cache of results: one file per image, keyed by everything the result depends on."""

from __future__ import annotations

import json
import math
import os
import re
import stat
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import lru_cache
from hashlib import blake2b
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from .._common.files import make_writable, replacing_entry
from .._common.leftovers import remove_leftovers
from .inputs import Source

#: Environment variables: the folder used if `cache` is None, and the maximum size of a folder, such
#: as "500M" or "20G".
FOLDER_VARIABLE, LIMIT_VARIABLE = "SKLEARN_HPA_CACHE", "SKLEARN_HPA_CACHE_LIMIT"
DEFAULT_LIMIT = "20G"
#: Fraction of the limit to which a folder above the limit is reduced.
KEPT_SHARE = 0.8
#: Seconds after which the time of the last use, stored as the modification time, is updated.
RENEWED_AFTER = 3600
_DIGEST_BYTES = 16
#: Names of the subfolders and the files of the cache; anything else in the folder is left alone.
_OWN_FOLDER, _OWN_FILE = re.compile(r"[0-9a-f]{2}"), re.compile(r"[0-9a-f]{38}\.npy")
#: Bytes of an ``.npy`` file before its header, and the most bytes of a header.
_PREFIX_BYTES, _MAX_HEADER_BYTES = 10, 4096
_MAGIC = b"\x93NUMPY\x01\x00"
_HEADER = re.compile(
    rb"\{'descr': '(?P<dtype>[^']*)', 'fortran_order': False, "
    rb"'shape': \((?P<shape>(?:\d+, )*(?:\d+,?)?)\), \} *\n"
)
#: A link is not followed, a pipe without a writer does not block, and no child inherits the file.
_READING_FLAGS = ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY")
_READING = os.O_RDONLY | sum(getattr(os, flag, 0) for flag in _READING_FLAGS)
#: Bytes that this process may add to a folder before it measures the folder again.
_room: dict[Path, int] = {}
_UNITS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}


def find_cache(cache: str | os.PathLike[str] | None) -> str | os.PathLike[str] | None:
    """Return the cache folder: `cache`, else the folder named by the environment, else None."""
    return cache if cache is not None else os.environ.get(FOLDER_VARIABLE) or None


def read_limit() -> int:
    """Return the maximum size of a cache folder in bytes.

    Raises
    ------
    ValueError
        If the environment variable is not a number of bytes.
    """
    text = os.environ.get(LIMIT_VARIABLE) or DEFAULT_LIMIT
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMGT]?)(?:i?B)?", text.strip(), re.IGNORECASE)
    if found is None:
        raise ValueError(
            f"{LIMIT_VARIABLE}={text!r} is no number of bytes; expected one such as '500M' or '20G'"
        )
    return int(float(found[1]) * _UNITS[found[2].upper()])


def check_writable(folder: str | os.PathLike[str]) -> None:
    """Create the cache folder if needed, and refuse a folder that cannot be written to.

    Raises
    ------
    OSError
        If `folder` is a file, or cannot be created or written to.
    ValueError
        If `folder` is an empty string, or the size limit is not a number of bytes.
    """
    folder = _absolute(folder)
    read_limit()
    if folder.exists() and not folder.is_dir():
        raise NotADirectoryError(f"cache={str(folder)!r} is a file; a folder is expected")
    try:
        make_writable(folder)
    except OSError as error:
        raise type(error)(
            f"cache={str(folder)!r} cannot be written to ({error.strerror or error}). Set cache to"
            f" another folder, or to None; where it is None, {FOLDER_VARIABLE} names this one"
        ) from error
    for subfolder in _subfolders(folder):
        remove_leftovers(Path(subfolder))


def open_cache(
    cache: str | os.PathLike[str] | None, recipe: Mapping[str, Any], *, required: bool
) -> ImageCache | None:
    """Open the cache named by the parameter `cache` or by the environment, or return None.

    If the folder cannot be written to, an error is raised if `required`. Otherwise a warning is
    issued and the cache is read-only. This can happen if a fitted model is moved to another
    machine.
    """
    folder = find_cache(cache)
    if folder is None:
        return None
    try:
        check_writable(folder)
    except OSError as error:
        if required:
            raise
        warnings.warn(f"{error}. Nothing is added to it", UserWarning, stacklevel=2)
        return ImageCache(folder, recipe, read_only=True)
    return ImageCache(folder, recipe)


def _absolute(folder: str | os.PathLike[str]) -> Path:
    if not os.fspath(folder):
        raise ValueError("cache='' is no folder: name one, or set cache to None")
    return Path(folder).expanduser().absolute()


class ImageCache:
    """A folder that stores one array per image.

    Several processes and recipes may share the folder at the same time. Files are written
    atomically and contain a checksum. Anything else under the name of a file counts as missing: a
    damaged file, an array of another shape or dtype, a link, a folder, a pipe. No link is followed,
    so no file outside the folder is changed. The checksum detects damage; it does not tell who
    wrote a file. When the folder exceeds its limit, the least recently used files are deleted. To
    empty the cache, delete the folder.

    Parameters
    ----------
    folder : str or path-like
        The folder. It is created, with its parents, when the first array is stored.
    recipe : mapping of str to plain data
        Everything that the result depends on, except the image: the class, parameters, versions.
        Compared as JSON, so a tuple equals a list.
    read_only : bool, default=False
        Whether `put` does nothing.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> cache = ImageCache(folder.name, {"of": "mean", "version": 1})
    >>> image = np.full((8, 8), 3.0)
    >>> key = cache.key(image)
    >>> cache.get(key, (1, 1), np.float64) is None
    True
    >>> cache.put(key, image.mean(keepdims=True))
    >>> cache.get(key, (1, 1), np.float64)
    array([[3.]])
    >>> folder.cleanup()
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        recipe: Mapping[str, Any],
        *,
        read_only: bool = False,
    ):
        self.folder = _absolute(folder)
        self.recipe = dict(recipe)
        self.read_only = read_only
        self.limit = read_limit()

    def key(self, image: Source) -> str:
        """Return the key of the result of an image.

        A file is identified by its real path, its size and its modification time in nanoseconds.
        An array is identified by its values.

        Raises
        ------
        FileNotFoundError
            If a file does not exist.
        """
        known_by: Any = (
            _array_identity(image) if isinstance(image, np.ndarray) else _files_identity(image)
        )
        text = json.dumps([self.recipe, known_by], sort_keys=True)
        return blake2b(text.encode(), digest_size=20).hexdigest()

    def __contains__(self, key: str) -> bool:
        """Tell whether a file is stored under `key`, damaged or not."""
        subfolder, path = self._paths(key)
        return _is_folder(subfolder) and _is_file(path)

    def get(self, key: str, shape: tuple[int, ...], dtype: DTypeLike) -> NDArray[Any] | None:
        """Return the array stored under `key`, or None if there is no such array.

        Parameters
        ----------
        key : str
        shape : tuple of int
            Shape of the array. An array of another shape counts as missing.
        dtype : dtype
            Data type of the array. An array of another data type counts as missing.
        """
        dtype = np.dtype(dtype)
        n_bytes = math.prod(shape) * dtype.itemsize
        content = self._read(key, n_bytes)
        if content is None:
            return None
        array, digest = content[:-_DIGEST_BYTES], content[-_DIGEST_BYTES:]
        start = len(array) - n_bytes
        if _digest(array) != digest or _read_header(array[:start]) != (shape, dtype.str):
            return None
        return np.frombuffer(bytearray(array[start:]), dtype).reshape(shape)

    def _read(self, key: str, n_bytes: int) -> bytes | None:
        """Return the content of a file whose size fits an array of `n_bytes`, or None."""
        subfolder, path = self._paths(key)
        if not _is_folder(subfolder):
            return None
        try:
            with open(path, "rb", opener=_open_for_reading) as file:
                state = os.fstat(file.fileno())
                of_header = state.st_size - n_bytes - _DIGEST_BYTES - _PREFIX_BYTES
                if not stat.S_ISREG(state.st_mode) or not 0 < of_header <= _MAX_HEADER_BYTES:
                    return None
                content = file.read(state.st_size)
                # A second name of the file may lie outside the folder, and is not touched.
                if time.time() - state.st_mtime > RENEWED_AFTER and state.st_nlink == 1:
                    _renew(file.fileno(), path)
        except OSError:
            return None
        return content if len(content) == state.st_size else None

    def put(self, key: str, array: NDArray[Any]) -> None:
        """Store an array under `key`, and replace an earlier array.

        If writing fails, a warning is issued and nothing more is stored.
        """
        if self.read_only:
            return
        try:
            self._write(key, array)
        except OSError as error:
            self.read_only = True
            warnings.warn(
                f"the cache in {self.folder} cannot be written to ({error.strerror or error}). "
                "Nothing is added to it from here on",
                UserWarning,
                stacklevel=2,
            )

    def _write(self, key: str, array: NDArray[Any]) -> None:
        stream = BytesIO()
        np.lib.format.write_array(
            stream, np.ascontiguousarray(array), version=(1, 0), allow_pickle=False
        )
        content = stream.getvalue()
        subfolder, path = self._paths(key)
        if not _make_folder(subfolder) or not _is_replaceable(path):
            return
        with replacing_entry(Path(path)) as temporary:
            # numpy.load also reads this file, because it ignores the bytes after the array.
            temporary.write_bytes(content + _digest(content))
        room = _room.get(self.folder, 0) - len(content)
        _room[self.folder] = room if room >= 0 else self._make_room()

    def _make_room(self) -> int:
        """Reduce the folder below its limit; return the bytes to add before the next check."""
        found = []
        for subfolder in _subfolders(self.folder):
            with suppress(OSError), os.scandir(subfolder) as entries:
                for entry in entries:
                    if not _OWN_FILE.fullmatch(entry.name):
                        continue
                    with suppress(OSError):  # another process deleted the file
                        state = entry.stat(follow_symlinks=False)
                        if stat.S_ISREG(state.st_mode):
                            found.append((state.st_mtime, state.st_size, entry.path))
        total = sum(size for _, size, _ in found)
        if total > self.limit:
            for _, size, path in sorted(found):
                with suppress(OSError):
                    os.unlink(path)
                total -= size
                if total <= KEPT_SHARE * self.limit:
                    break
        return max(self.limit - total, 0) // 4

    def _paths(self, key: str) -> tuple[str, str]:
        """Return the subfolder and the file of a key."""
        subfolder = os.path.join(self.folder, key[:2])
        return subfolder, os.path.join(subfolder, f"{key[2:]}.npy")


def _files_identity(files: str | tuple[str, ...]) -> list[Any]:
    """Identify files, and whether they are one multi-channel file or one file per channel."""
    identity: list[Any] = ["planes" if isinstance(files, str) else "channels"]
    for path in (files,) if isinstance(files, str) else files:
        state = os.stat(path)
        identity.append((_real_path(path), state.st_size, state.st_mtime_ns))
    return identity


def _real_path(path: str) -> str:
    if os.path.islink(path):
        return os.path.realpath(path)
    folder, name = os.path.split(os.path.abspath(path))
    return os.path.join(_real_folder(folder, int(time.time())), name)


@lru_cache(maxsize=1024)
def _real_folder(folder: str, second: int) -> str:
    """Resolve links; `second` renews the result every second, because links may change."""
    return os.path.realpath(folder)


def _subfolders(folder: Path) -> Iterator[str]:
    """Yield the subfolders that the cache made; links to folders are left out."""
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if _OWN_FOLDER.fullmatch(entry.name) and entry.is_dir(follow_symlinks=False):
                yield entry.path


def _is_folder(path: str) -> bool:
    """Tell whether a path is a folder, and no link to one."""
    try:
        return stat.S_ISDIR(os.lstat(path).st_mode)
    except OSError:
        return False


def _is_file(path: str) -> bool:
    """Tell whether a path is a regular file, and no link to one."""
    try:
        return stat.S_ISREG(os.lstat(path).st_mode)
    except OSError:
        return False


def _make_folder(path: str) -> bool:
    """Make a subfolder, replacing a link of its name; return False if something else is there."""
    if _is_folder(path):
        return True
    if os.path.islink(path):
        with suppress(FileNotFoundError):
            os.unlink(path)
    with suppress(FileExistsError):
        os.makedirs(path)
    return _is_folder(path)


def _is_replaceable(path: str) -> bool:
    """Return False if a folder with content has the name of a file; remove an empty folder."""
    if not _is_folder(path):
        return True
    try:
        os.rmdir(path)
    except OSError:
        return False
    return True


def _open_for_reading(path: str, flags: int) -> int:
    return os.open(path, _READING)


def _renew(descriptor: int, path: str) -> None:
    """Record a use of a file as its modification time."""
    with suppress(OSError):
        os.utime(descriptor if os.utime in os.supports_fd else path)


@lru_cache(maxsize=64)
def _read_header(header: bytes) -> tuple[tuple[int, ...], str] | None:
    """Return shape and dtype of a C-ordered array from the start of its ``.npy`` file."""
    found = _HEADER.fullmatch(header[_PREFIX_BYTES:])
    length = int.from_bytes(header[8:_PREFIX_BYTES], "little")
    if found is None or header[:8] != _MAGIC or length != len(header) - _PREFIX_BYTES:
        return None
    return tuple(map(int, re.findall(rb"\d+", found["shape"]))), found["dtype"].decode("latin-1")


def _array_identity(image: NDArray[Any]) -> tuple[str, list[int], str]:
    values = blake2b(np.ascontiguousarray(image).data, digest_size=20).hexdigest()
    return image.dtype.str, list(image.shape), values


def _digest(content: bytes) -> bytes:
    return blake2b(content, digest_size=_DIGEST_BYTES).digest()
