"""Results kept on disk: one small file for each image, found by what the result depends on."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from hashlib import blake2b
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from .atomic import replacing
from .sources import Source

_DIGEST_BYTES = 16


def check_writable(folder: str | os.PathLike[str]) -> None:
    """Make the folder of a cache if it does not exist, and refuse one that cannot be written to.

    Raises
    ------
    OSError
        If `folder` is a file, or cannot be made or written to.
    ValueError
        If it is an empty text.
    """
    folder = _absolute(folder)
    if folder.exists() and not folder.is_dir():
        raise NotADirectoryError(f"cache={str(folder)!r} is a file; a folder is expected")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise type(error)(
            f"cache={str(folder)!r} cannot be written to ({error.strerror or error}). Set cache to"
            " another folder, or to None"
        ) from error


def _absolute(folder: str | os.PathLike[str]) -> Path:
    if not os.fspath(folder):
        raise ValueError("cache='' is no folder: name one, or set cache to None")
    return Path(folder).expanduser().absolute()


class ImageCache:
    """A folder that keeps one array for each image.

    Any number of processes may use the folder at the same time, and any number of recipes. A file
    is written beside, under a name with a dot, and renamed, so that it is whole or not there; it
    carries a checksum, and where that does not fit, the file counts as not there. To empty the
    cache, delete the folder.

    Parameters
    ----------
    folder : str or path-like
        Made, with its parents, when something is kept; see `check_writable`.
    recipe : mapping of str to plain data
        All that the result depends on beside the image: whose it is, parameters, versions. What
        JSON tells apart is told apart; a tuple and a list are not.

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

    def __init__(self, folder: str | os.PathLike[str], recipe: Mapping[str, Any]):
        self.folder = _absolute(folder)
        self.recipe = dict(recipe)

    def key(self, image: Source) -> str:
        """What stands for the result of an image.

        A file is known by its real path, its size and its time of modification in nanoseconds, an
        array by its values.

        Raises
        ------
        FileNotFoundError
            If a file does not exist.
        """
        known_by = _array_identity if isinstance(image, np.ndarray) else _files_identity
        text = json.dumps([self.recipe, known_by(image)], sort_keys=True)
        return blake2b(text.encode(), digest_size=20).hexdigest()

    def get(self, key: str) -> np.ndarray | None:
        """The array kept under `key`; None where there is none, or a damaged one."""
        try:
            content = self._path(key).read_bytes()
        except OSError:
            return None
        array, digest = content[:-_DIGEST_BYTES], content[-_DIGEST_BYTES:]
        if _digest(array) != digest:
            return None
        return np.load(BytesIO(array), allow_pickle=False)

    def put(self, key: str, array: np.ndarray) -> None:
        """Keep an array under `key`, in place of one that is there.

        Raises
        ------
        OSError
            If it cannot be written.
        """
        stream = BytesIO()
        np.save(stream, array, allow_pickle=False)
        content = stream.getvalue()
        path = self._path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as temporary:
            # NumPy reads this file as it is: it looks at no byte behind the array.
            temporary.write_bytes(content + _digest(content))

    def _path(self, key: str) -> Path:
        return self.folder / key[:2] / f"{key[2:]}.npy"


def _files_identity(files: str | tuple[str, ...]) -> list[tuple[str, int, int]]:
    identity = []
    for path in (files,) if isinstance(files, str) else files:
        state = os.stat(path)
        identity.append((os.path.realpath(path), state.st_size, state.st_mtime_ns))
    return identity


def _array_identity(image: np.ndarray) -> tuple[str, list[int], str]:
    values = blake2b(np.ascontiguousarray(image), digest_size=20).hexdigest()
    return image.dtype.str, list(image.shape), values


def _digest(content: bytes) -> bytes:
    return blake2b(content, digest_size=_DIGEST_BYTES).digest()
