"""Files of nested plain data with tensors and arrays: a zip of JSON and raw bytes, never pickle."""

from __future__ import annotations

import json
import os
import zipfile
from collections import OrderedDict
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import torch

from .._common.naming import errors_named

_TEXT = "state.json"
_SEQUENCES: dict[type, str] = {list: "list", tuple: "tuple", set: "set", frozenset: "frozenset"}
_BUILDERS = {name: kind for kind, name in _SEQUENCES.items()}
#: Dtypes of dense tensors, by name.
_DTYPES = {
    str(dtype).removeprefix("torch."): dtype
    for dtype in (
        *(torch.float16, torch.bfloat16, torch.float32, torch.float64),
        *(torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64, torch.bool),
        *(torch.complex64, torch.complex128),
    )
}


class UnknownStateError(ValueError):
    """A value that a state file cannot hold."""


def write_state(path: Path, state: Any) -> None:
    """Write nested data to a file.

    Parameters
    ----------
    path : Path
        File to write.
    state : object
        Numbers, text, None, tensors and numeric arrays, in lists, tuples, sets and dicts.

    Raises
    ------
    UnknownStateError
        If the data holds any other type. The message names its position and type.
    OSError
        If the file cannot be written.
    """
    buffers: list[memoryview] = []
    text = json.dumps(encode(state, buffers))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(_TEXT, text)
        for number, buffer in enumerate(buffers):
            with archive.open(str(number), "w", force_zip64=True) as member:
                member.write(buffer)


def read_state(path: Path) -> Any:
    """Read a file written by `write_state`. Tensors are on the CPU.

    Nothing in the file is compressed, and no member is read twice, so it needs little more memory
    than its size on disk.

    Raises
    ------
    ValueError
        If the file is not such a file, or is damaged.
    OSError
        If the file cannot be read.
    """
    try:
        with errors_named(path), zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            compressed = any(each.compress_type != zipfile.ZIP_STORED for each in members)
            if compressed or sum(each.file_size for each in members) > os.path.getsize(path):
                raise ValueError("its members are larger than the file")
            return _decode(json.loads(archive.read(_TEXT)), _Buffers(archive))
    except (OSError, MemoryError):
        raise
    except Exception as error:  # zipfile and json raise errors of many types
        raise ValueError(f"{type(error).__name__}: {error}") from error


def encode(value: Any, buffers: list[memoryview], where: str = "the state") -> Any:
    """Return data as JSON, and append the bytes of its tensors and arrays to `buffers`."""
    if value is None or type(value) in (bool, int, float, str):
        return value
    if isinstance(value, torch.Tensor) and value.layout == torch.strided:
        dtype = str(value.dtype).removeprefix("torch.")
        if dtype in _DTYPES and not value.is_meta:
            tensor = value.detach().cpu().contiguous().reshape(-1).view(torch.uint8)
            buffers.append(tensor.numpy().data)
            return {"tensor": [len(buffers) - 1, dtype, list(value.shape)]}
    if isinstance(value, np.ndarray | np.generic) and value.dtype.kind in "biufc":
        kind = "scalar" if isinstance(value, np.generic) else "array"
        array = np.ascontiguousarray(value)
        buffers.append(array.reshape(-1).view(np.uint8).data)
        return {kind: [len(buffers) - 1, value.dtype.str, list(value.shape)]}
    if type(value) in _SEQUENCES:
        items = [encode(each, buffers, f"an item of {where}") for each in value]
        return {_SEQUENCES[type(value)]: items}
    if type(value) in (dict, OrderedDict):
        pairs = [
            [
                encode(key, buffers, f"a key of {where}"),
                encode(each, buffers, f"{key!r} of {where}"),
            ]
            for key, each in value.items()
        ]
        return {"dict": pairs}
    raise UnknownStateError(
        f"{where} is a {type(value).__module__}.{type(value).__qualname__}; a checkpoint holds "
        "numbers, text, tensors and arrays, in lists, tuples, sets and dicts"
    )


class _Buffers:
    """The members of an archive, each of which belongs to one array."""

    def __init__(self, archive: zipfile.ZipFile):
        self.archive = archive
        self.taken: set[int] = set()

    def take(self, number: Any) -> bytearray:
        if type(number) is not int or number in self.taken:
            raise ValueError(f"two arrays with the bytes of member {number!r}")
        self.taken.add(number)
        return bytearray(self.archive.read(str(number)))


def _decode(value: Any, buffers: _Buffers) -> Any:
    if not isinstance(value, dict):
        if isinstance(value, list):
            raise ValueError("a list without its type")
        return value
    ((kind, content),) = value.items()
    if kind in _BUILDERS:
        return _BUILDERS[kind](_decode(each, buffers) for each in content)
    if kind == "dict":
        decoded = {_decode(key, buffers): _decode(each, buffers) for key, each in content}
        if len(decoded) != len(content):
            raise ValueError("a key that is there twice")
        return decoded
    number, dtype, shape = content
    data = buffers.take(number)
    if any(type(side) is not int or side < 0 for side in shape):
        raise ValueError(f"a shape of {shape}")
    if kind == "tensor":
        size = _DTYPES[dtype].itemsize
    else:
        size = np.dtype(dtype).itemsize
        if np.dtype(dtype).kind not in "biufc":
            raise ValueError(f"a dtype of {dtype}")
    if len(data) != prod(shape) * size:
        raise ValueError(f"{len(data)} bytes for an array of shape {shape} and dtype {dtype}")
    if kind == "tensor":
        if not data:
            return torch.empty(shape, dtype=_DTYPES[dtype])
        return torch.frombuffer(data, dtype=_DTYPES[dtype]).reshape(shape)
    array = np.frombuffer(data, dtype).reshape(shape)
    return array[()] if kind == "scalar" else array
