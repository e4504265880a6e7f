"""Results kept on disk: one small file for each image, found by what the result depends on."""

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

#: Environment variables: the folder that is used where `cache` is None, and the most that a folder
#: may hold, such as "500M" or "20G".
FOLDER_VARIABLE, LIMIT_VARIABLE = "SKLEARN_HPA_CACHE", "SKLEARN_HPA_CACHE_LIMIT"
DEFAULT_LIMIT = "20G"
#: How much of the limit is left in a folder that had grown beyond it.
KEPT_SHARE = 0.8
#: Seconds after which the time of the last use, which a file's modification time holds, is renewed.
RENEWED_AFTER = 3600
_DIGEST_BYTES = 16
#: What the cache has written, and nothing else that lies in the folder.
_OWN_FILE = re.compile(r"[0-9a-f]{2}/[0-9a-f]{38}\.npy")
#: Bytes that this process may add to a folder before it looks again how much is there.
_room: dict[Path, int] = {}
_UNITS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}


def find_cache(cache: str | os.PathLike[str] | None) -> str | os.PathLike[str] | None:
    """The folder of a cache: as given, or else that of the environment, if there is one."""
    return cache if cache is not None else os.environ.get(FOLDER_VARIABLE) or None


def read_limit() -> int:
    """The most bytes that a folder may hold.

    Raises
    ------
    ValueError
        If the environment variable holds no number of bytes.
    """
    text = os.environ.get(LIMIT_VARIABLE) or DEFAULT_LIMIT
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMGT]?)(?:i?B)?", text.strip(), re.IGNORECASE)
    if found is None:
        raise ValueError(
            f"{LIMIT_VARIABLE}={text!r} is no number of bytes; expected one such as '500M' or '20G'"
        )
    return int(float(found[1]) * _UNITS[found[2].upper()])


def check_writable(folder: str | os.PathLike[str]) -> None:
    """Make the folder of a cache if it does not exist, and refuse one that cannot be written to.

    Raises
    ------
    OSError
        If `folder` is a file, or cannot be made or written to.
    ValueError
        If it is an empty text, or the limit of its size is no number.
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
    """The cache of a parameter `cache`, or of the environment; None where there is neither.

    A folder that cannot be written to, which a fitted model may name on another machine, is an
    error if `required`; else it is read as far as it is there, and a warning says so.
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
    """A folder that keeps one array for each image.

    Any number of processes may use the folder at the same time, and any number of recipes. A file
    is written beside, under a name with a dot, and renamed, so that it is whole or not there; it
    carries a checksum, and where that does not fit, the file counts as not there. Where the folder
    grows beyond its limit, the files that were not used for longest go. To empty the cache, delete
    the folder.

    Parameters
    ----------
    folder : str or path-like
        Made, with its parents, when something is kept; see `check_writable`.
    recipe : mapping of str to plain data
        All that the result depends on beside the image: whose it is, parameters, versions. What
        JSON tells apart is told apart; a tuple and a list are not.
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
        """What stands for the result of an image.

        A file is known by its real path, its size and its time of modification in nanoseconds, an
        array by its values.

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
        """Whether something is kept under `key`, damaged or not."""
        return self._path(key).exists()

    def get(self, key: str) -> NDArray[Any] | None:
        """The array kept under `key`; None where there is none, or a damaged one."""
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
        """Keep an array under `key`, in place of one that is there.

        Where that cannot be done, a warning says so, and nothing is kept from then on.
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
            # NumPy reads this file as it is: it looks at no byte behind the array.
            temporary.write_bytes(content + _digest(content))
        room = _room.get(self.folder, 0) - len(content)
        _room[self.folder] = room if room >= 0 else self._make_room()

    def _make_room(self) -> int:
        """Bring the folder back below its limit; bytes that may be added before looking again."""
        found = []
        for path in self.folder.glob("??/*.npy"):
            if not _OWN_FILE.fullmatch(path.relative_to(self.folder).as_posix()):
                continue
            with suppress(OSError):  # another process was here
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
    """A file of many channels is another image than the same file as that of one channel."""
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
    """Looked up again every second: a link may lead elsewhere by then."""
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
