"""The text of a skops file that describes its objects, checked before skops builds any of them."""

from __future__ import annotations

import json
import re
import zipfile
from typing import Any, NamedTuple

from .archives import check_npy, check_npz, check_unpacked
from .messages import shortened

SCHEMA = "schema.json"
#: Limits of a model. The largest models of this library have a few thousand objects, 20 levels and
#: 100 KB of text; a table with 100,000 named columns has that many objects more.
MAX_TEXT, MAX_NODES, MAX_BUILT, MAX_DEPTH = 2**26, 150_000, 5_000, 160
#: Most elements of a set, or of a dict whose keys are numbers. More of them can share a hash.
MAX_UNORDERED = 5_000
#: Most bytes of a `bytes` object, and of a part of the text between two quotation marks.
MAX_BYTES, MAX_RUN = 2**24, 2**20
#: Most commas and brackets in the text for each object.
_VALUES_PER_NODE = 8
_LONG_RUN = re.compile(rb'(?:\A|")[^"]{%d}' % MAX_RUN)
_VERSION = re.compile(r"[\w.+!-]{1,60}", re.ASCII)
#: Greatest number of an object. Larger numbers can share a hash.
_MAX_ID = 2**60
_TEXT_TYPES = {"builtins.str", "numpy.str_"}
#: Loaders that look up a type or restore an object. Others call the type with content of the file.
_RESTORING = {"FunctionNode", "JsonNode", "ObjectNode", "TupleNode", "TypeNode"}
#: Loaders of plain data. All others look up a type by its name, which takes longer.
_PLAIN = {"DictNode", "JsonNode", "ListNode", "NdArrayNode", "SetNode", "TupleNode", "TypeNode"}


class Summary(NamedTuple):
    """What the objects of a skops file need.

    Attributes
    ----------
    types : set of str
        Full names of the types.
    called : set of str
        Those of them that are called with content of the file.
    """

    types: set[str]
    called: set[str]


def check_schema(archive: zipfile.ZipFile, n_bytes: int) -> Summary:
    """Check the objects of a skops file: their number, their nesting, and their arrays' sizes.

    Nothing is built. The time and the memory are proportional to the size of the text, and the
    arrays are not read, except for their headers.

    Parameters
    ----------
    archive : ZipFile
        Archive of `bounded_archive`.
    n_bytes : int
        Size of the skops file.

    Raises
    ------
    ValueError
        If a limit is exceeded, or an array is not as large as it declares.
    KeyError
        If the archive lacks its text, or a file of an object.
    """
    if archive.getinfo(SCHEMA).file_size > MAX_TEXT:
        raise ValueError(f"{SCHEMA} is longer than {MAX_TEXT // 2**20} MiB")
    text = archive.read(SCHEMA)
    if not text.isascii() or _LONG_RUN.search(text):
        raise ValueError(f"{SCHEMA} is no text of skops, or holds a text above {MAX_RUN} bytes")
    if sum(map(text.count, (b",", b"[", b"{"))) > _VALUES_PER_NODE * MAX_NODES:
        raise ValueError(f"{SCHEMA} describes more than {MAX_NODES} objects")
    schema = json.loads(text)
    del text
    walk = _Walk(archive)
    walk.count_nodes([schema], 0)
    check_unpacked(walk.n_bytes, n_bytes)
    return Summary(walk.types, walk.called)


class _Walk:
    """One pass over the objects, from the outer ones to the inner ones.

    An object that is used twice is described twice, under one number, and built once. Descriptions
    of one number must hold as many objects, so that no object can hold itself, and no few
    descriptions can stand for many objects.
    """

    def __init__(self, archive: zipfile.ZipFile):
        self.archive = archive
        self.types: set[str] = set()
        self.called: set[str] = set()
        self.n_bytes = 0
        self._n_nodes = 0
        self._n_built = 0
        self._sizes: dict[int, int] = {}
        self._files: set[tuple[int, str]] = set()
        self._checked: dict[tuple[str, str], int] = {}

    def count_nodes(self, value: Any, depth: int) -> int:
        """Check a value of the text, and return the number of objects in it."""
        if depth > MAX_DEPTH:
            raise ValueError(f"its objects are nested more than {MAX_DEPTH} levels deep")
        is_node = isinstance(value, dict) and "__loader__" in value
        if is_node:
            self._check_node(value)
        n_nodes = int(is_node)
        for inner in value.values() if isinstance(value, dict) else value:
            if isinstance(inner, dict | list):
                n_nodes += self.count_nodes(inner, depth + 1)
        if is_node:
            self._check_number(value.get("__id__"), n_nodes)
        return n_nodes

    def _check_node(self, node: dict[str, Any]) -> None:
        loader, name = node["__loader__"], f"{node['__module__']}.{node['__class__']}"
        self.types.add(name)
        self._n_nodes += 1
        self._n_built += loader not in _PLAIN
        if self._n_nodes > MAX_NODES or self._n_built > MAX_BUILT:
            raise ValueError(
                f"it holds more than {MAX_NODES} objects, or more than {MAX_BUILT} that are no "
                "plain data"
            )
        if loader == "CachedNode":
            raise ValueError("it refers to an object instead of describing it")
        if loader not in _RESTORING:
            self.called.add(name)
        if loader == "JsonNode":
            _check_json(node["content"])
        elif loader == "DictNode":
            self.called.update(_check_dict(node))
        elif loader == "SetNode" and len(node["content"]) > MAX_UNORDERED:
            raise ValueError(f"it holds a set of more than {MAX_UNORDERED} elements")
        if "file" in node:
            self._check_file(loader, node["file"], node.get("__id__"))

    def _check_number(self, number: Any, n_nodes: int) -> None:
        if number is None:
            return
        if type(number) is not int or not 0 < number < _MAX_ID:
            raise ValueError(f"it numbers an object {shortened(number)}")
        if self._sizes.setdefault(number, n_nodes) != n_nodes:
            raise ValueError("it describes an object twice, and differently")

    def _check_file(self, loader: str, name: str, number: Any) -> None:
        if number is not None:
            if (number, name) in self._files:
                return
            self._files.add((number, name))
        if (loader, name) not in self._checked:
            self._checked[loader, name] = self._check_content(loader, name)
        self.n_bytes += self._checked[loader, name]

    def _check_content(self, loader: str, name: str) -> int:
        """Check the content of a file, and return the bytes that it takes in memory."""
        member = self.archive.getinfo(name)
        shown = shortened(name)
        if loader == "NdArrayNode":
            with self.archive.open(member) as file:
                check_npy(file, member.file_size, shown)
        elif loader == "SparseMatrixNode":
            return member.file_size + check_npz(self.archive.read(member), shown)
        elif member.file_size > MAX_BYTES:
            raise ValueError(f"{shown} is longer than {MAX_BYTES // 2**20} MiB")
        return member.file_size


def _check_json(text: str) -> None:
    """Refuse anything but one text, number, truth value or None."""
    if text[:1] in ("[", "{") or (text[:1] != '"' and len(text) > 1000):
        raise ValueError("it holds a number that is too long, or a list without a type")
    json.loads(text)


def _check_dict(node: dict[str, Any]) -> set[str]:
    """Check a dict, and return the types of its keys."""
    key_types = {f"{key['__module__']}.{key['__class__']}" for key in node["key_types"]["content"]}
    content = node["content"]
    if len(content) > MAX_UNORDERED and not key_types <= _TEXT_TYPES:
        raise ValueError(f"it holds a dict with more than {MAX_UNORDERED} numbers as keys")
    version = content.get("_sklearn_version")
    if version is not None and not _VERSION.fullmatch(json.loads(version["content"])):
        raise ValueError("it records a version of scikit-learn that is no version")
    return key_types
