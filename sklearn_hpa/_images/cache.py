"""Disk cache of results: one file per image, keyed by everything the result depends on."""

from __future__ import annotations

import json
import os
import re
import tempfile
import time
import warnings
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from hashlib import blake2b
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._common.files import replacing
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
#: Names of the files that the cache wrote; other files in the folder are left alone.
_OWN_FILE = re.compile(r"[0-9a-f]{2}/[0-9a-f]{38}\.npy")
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
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise type(error)(
            f"cache={str(folder)!r} cannot be written to ({error.strerror or error}). Set cache to"
            f" another folder, or to None; where it is None, {FOLDER_VARIABLE} names this one"
        ) from error


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
    atomically and contain a checksum; a damaged file is treated as missing. When the folder
    exceeds its limit, the least recently used files are deleted. To empty the cache, delete the
    folder.

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
    >>> cache.get(key) is None
    True
    >>> cache.put(key, image.mean(keepdims=True))
    >>> cache.get(key)
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
        return self._path(key).exists()

    def get(self, key: str) -> NDArray[Any] | None:
        """Return the array stored under `key`, or None if it is missing or damaged."""
        path = self._path(key)
        try:
            with open(path, "rb") as file:
                content = file.read()
                last_use = os.fstat(file.fileno()).st_mtime
        except OSError:
            return None
        if time.time() - last_use > RENEWED_AFTER:
            with suppress(OSError):
                os.utime(path)
        array, digest = content[:-_DIGEST_BYTES], content[-_DIGEST_BYTES:]
        if _digest(array) != digest:
            return None
        start = 10 + int.from_bytes(array[8:10], "little")
        shape, dtype = _read_header(array[:start])
        return np.frombuffer(bytearray(array[start:]), dtype).reshape(shape)

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
        path = self._path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as temporary:
            # numpy.load also reads this file, because it ignores the bytes after the array.
            temporary.write_bytes(content + _digest(content))
        room = _room.get(self.folder, 0) - len(content)
        _room[self.folder] = room if room >= 0 else self._make_room()

    def _make_room(self) -> int:
        """Reduce the folder below its limit; return the bytes to add before the next check."""
        found = []
        for path in self.folder.glob("??/*.npy"):
            if not _OWN_FILE.fullmatch(path.relative_to(self.folder).as_posix()):
                continue
            with suppress(OSError):  # another process deleted the file
                state = path.stat()
                found.append((state.st_mtime, state.st_size, path))
        total = sum(size for _, size, _ in found)
        if total > self.limit:
            for _, size, path in sorted(found):
                with suppress(OSError):
                    path.unlink()
                total -= size
                if total <= KEPT_SHARE * self.limit:
                    break
        return max(self.limit - total, 0) // 4

    def _path(self, key: str) -> Path:
        return self.folder / key[:2] / f"{key[2:]}.npy"


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


@lru_cache(maxsize=64)
def _read_header(header: bytes) -> tuple[tuple[int, ...], np.dtype[Any]]:
    stream = BytesIO(header)
    np.lib.format.read_magic(stream)
    shape, _, dtype = np.lib.format.read_array_header_1_0(stream)
    return shape, dtype


def _array_identity(image: NDArray[Any]) -> tuple[str, list[int], str]:
    values = blake2b(np.ascontiguousarray(image).data, digest_size=20).hexdigest()
    return image.dtype.str, list(image.shape), values


def _digest(content: bytes) -> bytes:
    return blake2b(content, digest_size=_DIGEST_BYTES).digest()
