"""Model files of an attacker, and a check of how `load` takes them.

``python -m tests.robustness.models SEED COUNT [quick]`` loads COUNT files, each in a process of its
own, and prints a line of JSON for each of them. With ``quick``, the slow kinds are left out.
"""

from __future__ import annotations

import copy
import io
import json
import os
import pickle
import resource
import signal
import sys
import tempfile
import time
import warnings
import zipfile
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse
import skops.io
from sklearn.preprocessing import StandardScaler

from sklearn_hpa import (
    HPAPipeline,
    ImageFlattener,
    MultiLabelCalibratedClassifier,
    MultiLabelMLPClassifier,
    MultiLabelThresholdClassifier,
    PatternFeatures,
    load,
)
from sklearn_hpa._labels import LabelSets
from sklearn_hpa.meta_estimators import IsotonicCalibrator, SigmoidCalibrator

MEBIBYTE = 2**20
#: Seconds and bytes that loading any of the files may take.
MOST_SECONDS, MOST_BYTES = 10, 2**30
#: Text that changes the title of a terminal, its colours, and the direction of the text.
ESCAPES = "\x1b]0;pwned\x07\x1b[31m\u202e\r\n"
LABELS = ["Nucleoplasm", "Nucleoli", "Cytosol"]

Make = Callable[[np.random.Generator], bytes]
KINDS: dict[str, Make] = {}
#: Kinds of which some files are harmless: `load` may return a model, but nothing may be written.
ACCEPTED = {
    "a cache folder",
    "jobs and memory of another machine",
    "a title as a label",
    "a live module",
    "a part left out",
    "a part of another type",
    "a sparse matrix of a huge shape",
    "another protocol",
    "as many objects as are accepted",
    "as many types as are accepted",
    "bits flipped",
    "bytes that become a list",
    "numbers that are not finite",
    "two parts exchanged",
    "versions that are escapes",
    "a number of endless digits",
    "a set of numbers that share a hash",
    "a dict of keys that share a hash",
}


def kind(make: Make) -> Make:
    """Add a kind of file, named after its function."""
    KINDS[make.__name__.replace("_", " ")] = make
    return make


# ---- honest models, and their parts --------------------------------------------------------------


@lru_cache(maxsize=1)
def honest() -> HPAPipeline:
    """Return a fitted pipeline on pixels."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (24, 8, 8, 3), dtype=np.uint8)
    y = pd.DataFrame((rng.random((24, 3)) < 0.5).astype(int), columns=LABELS)
    classifier = MultiLabelMLPClassifier((5,), max_epochs=1, random_state=np.random.RandomState(0))
    return HPAPipeline(ImageFlattener(4), classifier).fit(images, y)


@lru_cache(maxsize=1)
def honest_patterns() -> HPAPipeline:
    """Return a fitted pipeline on features, with calibration and thresholds."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (24, 32, 32, 3), dtype=np.uint8)
    y = pd.DataFrame((rng.random((24, 3)) < 0.5).astype(int), columns=LABELS)
    network = MultiLabelMLPClassifier((5,), max_epochs=1, random_state=0)
    calibrated = MultiLabelCalibratedClassifier(network, cv=2, min_positives=1)
    images_step = PatternFeatures(32, ["intensity"])
    pipe = HPAPipeline(images_step, MultiLabelThresholdClassifier(calibrated, cv=2))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # the labels are noise
        pipe.fit(images, y)
    pipe.classifier.estimator_.calibrators_ = [
        SigmoidCalibrator(1.0, 0.0, 0.1, 0.9),
        IsotonicCalibrator(np.array([0.1, 0.9]), np.array([0.2, 0.8])),
        None,
    ]
    return pipe


def changed(change: Callable[[Any], object], model: Callable[[], Any] = honest) -> bytes:
    """Return the file of a model whose state was changed, as nothing but skops writes it."""
    pipe = copy.deepcopy(model())
    change(pipe)
    return skops.io.dumps(pipe)


def network_of(pipe: HPAPipeline) -> Any:
    classifier = pipe.classifier
    while hasattr(classifier, "estimator_"):
        classifier = classifier.estimator_
    return classifier._network


def parts(content: bytes | None = None) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Return the description of a model, and its other files."""
    with zipfile.ZipFile(io.BytesIO(content or skops.io.dumps(honest()))) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    return json.loads(files.pop("schema.json")), files


def packed(
    schema: object, files: dict[str, bytes] | None = None, method: int = zipfile.ZIP_DEFLATED
) -> bytes:
    """Return a zip archive of a description, as an object or as text, and other files."""
    text = schema if isinstance(schema, bytes | str) else json.dumps(schema)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, content in (files or {}).items():
            archive.writestr(name, content)
        archive.writestr("schema.json", text)
    return stream.getvalue()


def nodes(schema: Any) -> Iterator[dict[str, Any]]:
    """Yield the objects of a description."""
    if isinstance(schema, dict):
        if "__loader__" in schema:
            yield schema
        for value in schema.values():
            yield from nodes(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from nodes(value)


def node(loader: str, name: str, **fields: object) -> dict[str, Any]:
    module, _, of_class = name.rpartition(".")
    return {"__class__": of_class, "__module__": module, "__loader__": loader, **fields}


def value(of: object) -> dict[str, Any]:
    return node("JsonNode", "builtins.str", content=json.dumps(of), is_json=True)


def listed(*content: object, **fields: object) -> dict[str, Any]:
    return node("ListNode", "builtins.list", content=list(content), **fields)


def tupled(*content: object) -> dict[str, Any]:
    return node("TupleNode", "builtins.tuple", content=list(content))


def mapped(content: dict[Any, object], key: str = "builtins.str") -> dict[str, Any]:
    types = listed(*(node("TypeNode", key) for _ in content))
    return node("DictNode", "builtins.dict", content=content, key_types=types)


def model_of(part: object, files: dict[str, bytes] | None = None, **options: int) -> bytes:
    """Return the file of a flattener that has one part of any kind in its state."""
    state = {"size": value(8), "channels": part}
    model = node("ObjectNode", "sklearn_hpa.ImageFlattener", content=mapped(state))
    return packed(model | {"protocol": 2, "_skops_version": "0.16.0"}, files, **options)


def array(name: str = "a.npy", **fields: object) -> dict[str, Any]:
    return node("NdArrayNode", "numpy.ndarray", type="numpy", file=name, **fields)


def npy(header: str, data: bytes = b"", version: int = 1) -> bytes:
    text = header.encode() + b"\n"
    size = len(text).to_bytes(2 if version == 1 else 4, "little")
    return b"\x93NUMPY" + bytes([version, 0]) + size + text + data


def header(descr: object = "<f4", shape: object = (1,)) -> str:
    return str({"descr": descr, "fortran_order": False, "shape": shape})


# ---- archives -----------------------------------------------------------------------------------


@kind
def a_description_of_spaces(rng: np.random.Generator) -> bytes:
    return packed(b" " * (400 * MEBIBYTE))


@kind
def an_array_of_zeros(rng: np.random.Generator) -> bytes:
    n_bytes = int(rng.integers(150, 600)) * MEBIBYTE
    return model_of(array(), {"a.npy": npy(header("|u1", (n_bytes,)), bytes(n_bytes))})


@kind
def many_arrays_of_zeros(rng: np.random.Generator) -> bytes:
    content = npy(header("|u1", (20 * MEBIBYTE,)), bytes(20 * MEBIBYTE))
    return model_of(
        listed(*(array(f"{k}.npy") for k in range(20))), {f"{k}.npy": content for k in range(20)}
    )


@kind
def one_array_named_ten_thousand_times(rng: np.random.Generator) -> bytes:
    content = npy(header("|u1", (MEBIBYTE,)), bytes(MEBIBYTE))
    numbered = bool(rng.integers(2))
    return model_of(
        listed(*(array(__id__=k + 1) if numbered else array() for k in range(10_000))),
        {"a.npy": content},
    )


@kind
def a_directory_that_lies_about_the_size(rng: np.random.Generator) -> bytes:
    zeros = npy(header("|u1", (9 * MEBIBYTE,)), bytes(9 * MEBIBYTE))
    size, lie = len(zeros).to_bytes(4, "little"), int(rng.integers(10, 10_000))
    content = model_of(array(), {"a.npy": zeros})
    assert size in content
    return content.replace(size, lie.to_bytes(4, "little"))


@kind
def members_that_share_bytes(rng: np.random.Generator) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("a.npy", npy(header("|u1", (MEBIBYTE,)), bytes(MEBIBYTE)))
        first = archive.infolist()[0]
        for k in range(50):
            twin = copy.copy(first)
            twin.filename = twin.orig_filename = f"{k}.npy"
            archive.filelist.append(twin)
            archive.NameToInfo[twin.filename] = twin
        archive.writestr("schema.json", "{}")
    return stream.getvalue()


@kind
def a_hundred_thousand_members(rng: np.random.Generator) -> bytes:
    return packed("{}", {str(k): b"" for k in range(100_000)}, zipfile.ZIP_STORED)


@kind
def two_members_of_one_name(rng: np.random.Generator) -> bytes:
    content = packed(parts()[0], {"schema.jsoN": b"{}"})
    return content.replace(b"schema.jsoN", b"schema.json")


@kind
def another_compression(rng: np.random.Generator) -> bytes:
    return packed(*parts(), [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA][rng.integers(2)])


@kind
def an_encrypted_member(rng: np.random.Generator) -> bytes:
    content = bytearray(packed(*parts()))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = -1
        while (at := content.find(mark, at + 1)) >= 0:
            content[at + offset] |= 1
    return bytes(content)


@kind
def half_a_file(rng: np.random.Generator) -> bytes:
    content = packed(*parts())
    return content[: rng.integers(1, len(content))]


@kind
def bits_flipped(rng: np.random.Generator) -> bytes:
    content = bytearray(packed(*parts(), zipfile.ZIP_STORED))
    for at in rng.integers(0, len(content), rng.integers(1, 20)):
        content[at] ^= 1 << int(rng.integers(8))
    return bytes(content)


@kind
def a_directory_of_huge_numbers(rng: np.random.Generator) -> bytes:
    content = bytearray(packed(*parts()))
    at = content.rfind(b"PK\x05\x06")
    content[at + 8 : at + 20] = rng.bytes(12)
    return bytes(content)


# ---- descriptions -------------------------------------------------------------------------------


@kind
def lists_nested_without_end(rng: np.random.Generator) -> bytes:
    return packed("[" * int(rng.integers(10_000, 3_000_000)))


@kind
def objects_nested_a_thousand_times(rng: np.random.Generator) -> bytes:
    text, depth = json.dumps(listed("X")), int(rng.integers(100, 3000))
    start, end = text.split('"X"')
    return packed(start * depth + json.dumps(value(1)) + end * depth)


@kind
def a_million_objects(rng: np.random.Generator) -> bytes:
    return packed('{"content": [' + ", ".join([json.dumps(value(1))] * 400_000) + "]}")


@kind
def as_many_objects_as_are_accepted(rng: np.random.Generator) -> bytes:
    return model_of(listed(*[value(1)] * 145_000))


@kind
def as_many_types_as_are_accepted(rng: np.random.Generator) -> bytes:
    estimator = node("ObjectNode", "sklearn.linear_model._base.LinearRegression")
    return model_of(listed(*[estimator] * 4_900))


@kind
def many_estimators(rng: np.random.Generator) -> bytes:
    estimator = node("ObjectNode", "sklearn.linear_model._base.LinearRegression")
    return model_of(listed(*[estimator] * 100_000))


@kind
def millions_of_empty_lists(rng: np.random.Generator) -> bytes:
    return packed("[" + "[]," * 20_000_000 + "[]]")


@kind
def millions_of_empty_lists_in_a_text(rng: np.random.Generator) -> bytes:
    lists = "[" + "[]," * 2_000_000 + "[]]"
    return model_of(node("JsonNode", "builtins.str", content=lists))


@kind
def a_text_of_wide_letters(rng: np.random.Generator) -> bytes:
    return model_of(node("JsonNode", "builtins.str", content='"\U0001f600' + "x" * 60_000_000))


@kind
def letters_that_are_not_ascii(rng: np.random.Generator) -> bytes:
    return packed('{"\U0001f600": "' + "x" * 40_000_000 + '"}')


@kind
def a_number_of_endless_digits(rng: np.random.Generator) -> bytes:
    digits = "9" * int(rng.choice([900, 4_000, 1_000_000, 50_000_000]))
    point = [".", ""][rng.integers(2)]
    if rng.integers(2):
        return packed('{"protocol": 1' + point + digits + "}")
    return model_of(node("JsonNode", "builtins.str", content="1" + point + digits))


@kind
def numbers_that_are_not_finite(rng: np.random.Generator) -> bytes:
    return model_of(value([float("nan"), float("inf"), -float("inf")][rng.integers(3)]))


@kind
def a_reference_instead_of_an_object(rng: np.random.Generator) -> bytes:
    inner = node("CachedNode", "builtins.list", __id__=5)
    return model_of(listed(listed(__id__=5), *[inner] * 10))


@kind
def an_object_that_holds_itself(rng: np.random.Generator) -> bytes:
    return model_of(listed(listed(__id__=5), __id__=5))


@kind
def ten_lists_in_ten_lists(rng: np.random.Generator) -> bytes:
    levels = [listed(__id__=1)]
    for level in range(2, 12):
        first, again = levels[-1], listed(__id__=level - 1)
        levels.append(listed(first, *[again] * 9, __id__=level))
    content = levels[-1]["content"]
    shape = tupled(value(10), value(10))
    return model_of(node("NdArrayNode", "numpy.ndarray", type="json", content=content, shape=shape))


@kind
def numbers_of_objects_that_share_a_hash(rng: np.random.Generator) -> bytes:
    step = 2**61 - 1
    return model_of(listed(*(value(1) | {"__id__": (k + 1) * step} for k in range(100_000))))


@kind
def a_set_of_numbers_that_share_a_hash(rng: np.random.Generator) -> bytes:
    numbers = (value((k + 1) * (2**61 - 1)) for k in range(int(rng.integers(4_000, 140_000))))
    return model_of(node("SetNode", "builtins.set", content=list(numbers)))


@kind
def a_dict_of_keys_that_share_a_hash(rng: np.random.Generator) -> bytes:
    keys = range(int(rng.integers(4_000, 70_000)))
    return model_of(mapped({str((k + 1) * (2**61 - 1)): value(1) for k in keys}, "builtins.int"))


@kind
def a_description_of_another_form(rng: np.random.Generator) -> bytes:
    forms = ["[]", "1", '"text"', "null", "{}", '{"protocol": 2}', "", "\x00", '{"__loader__": 1}']
    return packed(forms[rng.integers(len(forms))])


def _any_honest(rng: np.random.Generator) -> bytes:
    return skops.io.dumps([honest, honest_patterns][rng.integers(2)]())


@kind
def a_part_of_another_type(rng: np.random.Generator) -> bytes:
    schema, files = parts(_any_honest(rng))
    found = list(nodes(schema))
    chosen = found[rng.integers(len(found))]
    chosen[str(rng.choice(list(chosen)))] = [1, None, [], {}, "x", -1, True, 10**30][
        rng.integers(8)
    ]
    return packed(schema, files)


@kind
def two_parts_exchanged(rng: np.random.Generator) -> bytes:
    schema, files = parts(_any_honest(rng))
    found = list(nodes(schema))
    one, other = (found[k] for k in rng.choice(len(found), 2, replace=False))
    one["content"], other["content"] = other.get("content"), one.get("content")
    try:
        return packed(schema, files)
    except ValueError:  # one of them holds the other
        return packed("{}")


@kind
def a_part_left_out(rng: np.random.Generator) -> bytes:
    schema, files = parts(_any_honest(rng))
    found = [each for each in nodes(schema) if each["__loader__"] == "DictNode" and each["content"]]
    chosen = found[rng.integers(len(found))]["content"]
    del chosen[str(rng.choice(list(chosen)))]
    return packed(schema, files)


@kind
def another_protocol(rng: np.random.Generator) -> bytes:
    schema, files = parts()
    schema["protocol"] = [-1, 0, 1, 99, True, "2", None, ESCAPES, 10**400][rng.integers(9)]
    return packed(schema, files)


@kind
def a_type_of_code(rng: np.random.Generator) -> bytes:
    names = ["os.system", "builtins.eval", "subprocess.Popen", "sklearn_hpa.save", "joblib.load"]
    command = tupled(value("touch pwned"))
    loaders = ["ConstructorFromReduceNode", "ListNode", "FunctionNode", "ObjectNode", "TypeNode"]
    name, loader = str(rng.choice(names)), str(rng.choice(loaders))
    return model_of(node(loader, name, content=command))


@kind
def a_known_type_that_is_called(rng: np.random.Generator) -> bytes:
    names = ["sklearn_hpa.metrics.label_accuracy_score", "sklearn_hpa.ImageFlattener"]
    loaders = ["ConstructorFromReduceNode", "ListNode", "SetNode", "DictNode", "LossNode"]
    name, loader = str(rng.choice(names)), str(rng.choice(loaders))
    content = {} if loader == "DictNode" else [listed(value(1)), listed(value(1))]
    return model_of(
        node(
            loader,
            name,
            content=tupled(*content)
            if loader in ("ConstructorFromReduceNode", "LossNode")
            else content,
            key_types=listed(),
            __reduce__={"args": tupled(listed(value(1)), listed(value(1)))},
        )
    )


@kind
def an_array_that_a_function_is_called_with(rng: np.random.Generator) -> bytes:
    zeros = npy(header("|u1", (1000, 1000)), bytes(10**6))
    name = ["sklearn_hpa.metrics.coverage_error", "numpy.void"][rng.integers(2)]
    part = node("NdArrayNode", name, type="numpy", file="a.npy")
    return model_of(part, {"a.npy": zeros})


@kind
def a_random_generator_with_a_huge_pool(rng: np.random.Generator) -> bytes:
    schema, files = parts(skops.io.dumps(np.random.default_rng(0)))
    schema["content"]["seed_seq"]["content"]["pool_size"]["content"] = "100000000"
    return model_of(schema, files)


@kind
def a_type_whose_name_is_an_escape(rng: np.random.Generator) -> bytes:
    names = [f"os.{ESCAPES}", f"{ESCAPES}.x", "x" * 100_000 + ".y", "a\nb.c\td"]
    return model_of(node("ObjectNode", names[rng.integers(4)]))


@kind
def files_whose_names_are_escapes(rng: np.random.Generator) -> bytes:
    return model_of(array(f"{ESCAPES}.npy"), {f"{ESCAPES}.npy": b"no array"})


@kind
def a_version_that_is_an_escape(rng: np.random.Generator) -> bytes:
    schema, files = parts(skops.io.dumps(StandardScaler().fit([[1.0]])))
    schema["content"]["content"]["_sklearn_version"]["content"] = json.dumps(ESCAPES)
    return packed(schema, files)


@kind
def versions_that_are_escapes(rng: np.random.Generator) -> bytes:
    schema, files = parts()
    versions = [
        {"torch": ESCAPES},
        {"torch": "x" * 9000},
        {"torch": [ESCAPES]},
        {"torch": "1", "x": "x" * 10**8},
        "[" * 5000,
    ][rng.integers(5)]
    text = versions if isinstance(versions, str) else json.dumps(versions)
    return packed(schema, files | {"sklearn_hpa_versions.json": text.encode()})


# ---- arrays -------------------------------------------------------------------------------------


@kind
def an_array_of_a_huge_shape(rng: np.random.Generator) -> bytes:
    shapes = [(2**31,), (2**20, 2**20), (2**62, 4), (10**30,), (2**33, 0), (-1,), (2**31, -2)]
    return model_of(array(), {"a.npy": npy(header("<f8", shapes[rng.integers(len(shapes))]), b"x")})


@kind
def items_of_a_huge_size(rng: np.random.Generator) -> bytes:
    descr = ["|V2147483647", "<U500000000", "|S2000000000", [("a", "|V1000000000")] * 2]
    return model_of(array(), {"a.npy": npy(header(descr[rng.integers(4)], (0,)))})


@kind
def an_array_of_pickled_objects(rng: np.random.Generator) -> bytes:
    class Bomb:
        def __reduce__(self) -> tuple:
            return os.mkdir, ("pwned",)

    return model_of(array(), {"a.npy": npy(header("|O"), pickle.dumps(Bomb()))})


@kind
def a_header_of_another_kind(rng: np.random.Generator) -> bytes:
    headers = ["(" * 5000, " " * 60_000, "{}", "1", "__import__('os').mkdir('pwned')", "\x1b[31m"]
    content = npy(headers[rng.integers(len(headers))], bytes(4))
    return model_of(array(), {"a.npy": content})


@kind
def a_header_of_a_gigabyte(rng: np.random.Generator) -> bytes:
    content = b"\x93NUMPY\x02\x00" + (2**30).to_bytes(4, "little") + bytes(1000)
    return model_of(array(), {"a.npy": content})


@kind
def an_archive_instead_of_an_array(rng: np.random.Generator) -> bytes:
    stream = io.BytesIO()
    np.savez_compressed(stream, a=np.zeros(10**7))
    return model_of(array(), {"a.npy": stream.getvalue()})


@kind
def bytes_that_become_a_list(rng: np.random.Generator) -> bytes:
    n_bytes = int(rng.integers(8, 120)) * MEBIBYTE
    loader = ["BytesNode", "BytearrayNode"][rng.integers(2)]
    name = {"BytesNode": "builtins.bytes", "BytearrayNode": "builtins.bytearray"}[loader]
    return model_of(node(loader, name, file="a.bin"), {"a.bin": bytes(n_bytes)})


@kind
def a_sparse_matrix_of_zeros(rng: np.random.Generator) -> bytes:
    stream = io.BytesIO()
    arrays = {name: np.zeros(10**7) for name in ("data", "indices", "indptr")}
    np.savez_compressed(stream, format=np.array(b"csr"), shape=np.array([1, 1]), **arrays)
    part = node("SparseMatrixNode", "scipy.sparse._csr.csr_matrix", type="scipy", file="a.npz")
    return model_of(part, {"a.npz": stream.getvalue()})


@kind
def a_sparse_matrix_of_a_huge_shape(rng: np.random.Generator) -> bytes:
    stream = io.BytesIO()
    scipy.sparse.save_npz(
        stream, scipy.sparse.coo_matrix(([1.0], ([0], [0])), shape=(2**40, 2**20))
    )
    part = node("SparseMatrixNode", "scipy.sparse._coo.coo_matrix", type="scipy", file="a.npz")
    return model_of(part, {"a.npz": stream.getvalue()})


# ---- fitted states ------------------------------------------------------------------------------


def _architecture(name: str, *values: object, features: bool = False) -> Make:
    def make(rng: np.random.Generator) -> bytes:
        def change(pipe: HPAPipeline) -> None:
            network_of(pipe).architecture[name] = values[rng.integers(len(values))]

        return changed(change, honest_patterns if features else honest)

    return make


def _set(path: str, *values: object, features: bool = False) -> Make:
    """Return a maker that sets an attribute; `path` leads to it from the pipeline."""

    def make(rng: np.random.Generator) -> bytes:
        def change(pipe: HPAPipeline) -> None:
            *owners, name = path.split(".")
            owner: Any = pipe
            for each in owners:
                owner = owner[int(each)] if each.isdigit() else getattr(owner, each)
            setattr(owner, name, values[rng.integers(len(values))])

        return changed(change, honest_patterns if features else honest)

    return make


def _weight(change: Callable[[dict[str, np.ndarray]], object]) -> Make:
    return lambda rng: changed(lambda pipe: change(network_of(pipe).weights))


def _filled(name: str, value: float) -> Callable[[dict[str, np.ndarray]], object]:
    return lambda weights: weights[name].ravel().__setitem__(0, value)


NAN, INF = float("nan"), float("inf")
_NETWORK, _META = "classifier._network", "classifier.estimator_"
KINDS |= {
    "a layer of a billion neurons": _architecture(
        "hidden_layer_sizes", (10**9,), (10**30,), (5, 10**9), (0,), (-1,), (5.5,), (True,), 5, ()
    ),
    "ten billion features": _architecture("n_features", 10**10, 0, -48, 48.0, True, None),
    "ten billion outputs": _architecture("n_outputs", 10**10, 0, 2, 4, None),
    "an unknown activation": _architecture("activation", "softmax", ESCAPES, None, [], 10**9),
    "another dropout": _architecture("dropout", 0.5, 1.0, -0.1, NAN, "x", None),
    "a module that is no module": _architecture("module", 5, "os.system", []),
    "a scaler that is not finite": _architecture(
        "scaler", (np.array([NAN]), np.array([1.0])), (1, 2), "ab", features=True
    ),
    "an unknown argument": _architecture("device", "cuda:99"),
    "weights that are not numbers": _weight(_filled("body.0.weight", NAN)),
    "infinite weights": _weight(_filled("body.2.bias", INF)),
    "a weight left out": _weight(lambda weights: weights.pop("body.2.bias")),
    "an unknown weight": _weight(lambda weights: weights.update(x=np.zeros(3))),
    "a weight of another shape": _weight(
        lambda weights: weights.update({"body.0.weight": weights["body.0.weight"].T.copy()})
    ),
    "a weight of text": _weight(
        lambda weights: weights.update({"body.0.bias": np.array(["x"] * 5)})
    ),
    "a weight of objects": _weight(
        lambda weights: weights.update({"body.0.bias": np.array([None] * 5)})
    ),
    "no weights": _set(f"{_NETWORK}.weights", None, {}, [], 5),
    "a class weight of another length": _set(
        f"{_NETWORK}.class_weight", np.ones(4), np.array([1, 1, NAN]), "balanced"
    ),
    "label sets that are no sets": _set(
        f"{_NETWORK}.label_sets",
        LabelSets(np.zeros((2, 4), np.float32), np.ones(2)),
        LabelSets(np.zeros((2, 3), np.float32), np.zeros(2)),
        LabelSets(np.zeros((0, 3), np.float32), np.ones(0)),
        LabelSets(np.full((2, 3), NAN, np.float32), np.ones(2)),
        (1, 2, 3),
    ),
    "a seed that is no seed": _set(f"{_NETWORK}.seed", -1, "x", 1.5, None),
    "a best epoch that was not trained": _set(f"{_NETWORK}.best_epoch", 0, 10**9, "x"),
    "a network that is no network": _set("classifier._network", None, 5, ImageFlattener()),
    "classes that are no classes": _set(
        "classifier.classes_", np.zeros((3, 2), int), np.array([[0, 1]] * 4), np.arange(3), None
    ),
    "too few label names": _set(
        "classifier.label_names_",
        np.array(LABELS[:2]),
        np.array(LABELS * 9),
        "abc",
        np.zeros((3, 1)),
    ),
    "a title as a label": _set(
        "classifier.label_names_", np.array([f"{ESCAPES}{k}" for k in "abc"])
    ),
    "another number of features": _set("classifier.n_features_in_", 10**10, 47, "48", None),
    "a threshold that is no number": _set("classifier.threshold", NAN, 2.0, [0.5] * 4, "x", None),
    "a random state outside its numbers": lambda rng: changed(
        lambda pipe: pipe.classifier.random_state.set_state(
            {
                "bit_generator": "MT19937",
                "state": {
                    "key": np.zeros(624, np.uint32),
                    "pos": [10**8, -(10**8), 625][rng.integers(3)],
                },
                "has_gauss": 0,
                "gauss": 0.0,
            }
        )
    ),
    "images of another size": _set(
        "images.image_shape_", (4, 4, 4), (10**9, 10**9, 3), (4, 5, 3), (4, -4, 3), (4, 4), 5
    ),
    "images of a billion pixels": _set("images._size", (2**20, 2**20), (0, 4), (4,), "ab", 4.5),
    "channels that are no channels": _set(
        "images.channels_", ("red",) * 3, tuple(map(str, range(10**4))), (), (1, 2, 3), "rgb"
    ),
    "a white level that is no level": _set("images._white", -1, 10**9, NAN, "x"),
    "measures that are not known": _set(
        "images._options", {}, {"families": ("x",)}, None, {"families": 10**9}, features=True
    ),
    "columns of another number": _set(
        "images._feature_names", np.array(["a"]), np.zeros((10**6, 0)), None, features=True
    ),
    "thresholds of another length": _set(
        "classifier.thresholds_",
        np.full(4, 0.5),
        np.array([0.5, 0.5, NAN]),
        np.array([0.5, 0.5, 2]),
        None,
        features=True,
    ),
    "too few calibrators": _set(
        f"{_META}.calibrators_", [], [None] * 2, [None] * 9, 5, [1, 2, 3], features=True
    ),
    "a slope that is no number": _set(
        f"{_META}.calibrators_.0.slope", NAN, INF, "x", None, features=True
    ),
    "a curve that is no curve": _set(
        f"{_META}.calibrators_.1.calibrated",
        np.array([NAN, 1]),
        np.zeros(3),
        np.array([0, 7.0]),
        None,
        features=True,
    ),
    "an estimator that gives no probabilities": _set(_META, None, StandardScaler(), features=True),
    "a live module": lambda rng: packed(*_with_live_module()),
    "a cache folder": lambda rng: changed(
        lambda pipe: pipe.set_params(images__cache="pwned", memory="pwned")
    ),
    "jobs and memory of another machine": lambda rng: changed(
        lambda pipe: pipe.set_params(images__n_jobs=10**6, memory="pwned", images__memmap=True)
    ),
}


def _with_live_module() -> tuple[dict[str, Any], dict[str, bytes]]:
    schema, files = parts()
    for each in nodes(schema):
        if each["__class__"] == "TrainedNetwork":
            content = each["content"]
            content["content"]["_live_module"] = tupled(value(1), value("cpu"))
            content["key_types"]["content"].append(node("TypeNode", "builtins.str"))
    return schema, files


#: Kinds that take a tenth of a second or more to make or to load.
SLOW = {
    "a description of spaces",
    "a dict of keys that share a hash",
    "a hundred thousand members",
    "a million objects",
    "a set of numbers that share a hash",
    "a sparse matrix of zeros",
    "a text of wide letters",
    "an archive instead of an array",
    "an array of zeros",
    "as many objects as are accepted",
    "as many types as are accepted",
    "bytes that become a list",
    "letters that are not ascii",
    "many arrays of zeros",
    "many estimators",
    "millions of empty lists",
    "numbers of objects that share a hash",
}
QUICK = [name for name in KINDS if name not in SLOW]


def hostile_models(
    seed: int, count: int, names: Sequence[str] = tuple(KINDS)
) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of model files, every kind before any kind again.

    Parameters
    ----------
    seed : int
        Seed of the variants of each kind.
    count : int
        Number of files.
    names : sequence of str, default=all
        The kinds.
    """
    for number in range(count):
        name = names[number % len(names)]
        yield name, KINDS[name](np.random.default_rng([seed, number]))


# ---- the check ----------------------------------------------------------------------------------


def check_models(
    seed: int, count: int, names: Sequence[str] = tuple(KINDS)
) -> Iterator[dict[str, Any]]:
    """Load each file in a process of its own, and yield what came of it.

    A result has the keys kind, error (None if the model was loaded), message, seconds, bytes (the
    most memory in use), written (names of new files), and faults (what must not be).
    """
    for name, content in hostile_models(seed, count, names):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "model.skops")
            path.write_bytes(content)
            del content
            yield {"kind": name, **_checked(name, path)}


def _checked(name: str, path: Path) -> dict[str, Any]:
    reader, writer = os.pipe()
    start = time.monotonic()
    pid = os.fork()
    if pid == 0:
        os.close(reader)
        os.chdir(path.parent)
        _load_and_tell(path, writer)
    os.close(writer)
    with open(reader) as file:
        told = file.read()
    _, status, usage = os.wait4(pid, 0)
    found = json.loads(told) if told else {"error": f"status {status}", "message": ""}
    found |= {
        "seconds": time.monotonic() - start,
        "bytes": usage.ru_maxrss * 1024,
        "written": sorted(set(os.listdir(path.parent)) - {path.name}),
    }
    return found | {"faults": list(_faults(name, found))}


def _load_and_tell(path: Path, writer: int) -> None:
    """Load a model, write what came of it to a pipe, and end this process."""
    signal.alarm(60)
    resource.setrlimit(resource.RLIMIT_AS, (8 * 2**30, 8 * 2**30))
    shown = []
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                load(path)
                found = {"error": None, "message": ""}
            except BaseException as error:
                found = {"error": type(error).__name__, "message": str(error)}
            shown = [str(each.message) for each in caught]
        with open(writer, "w") as file:
            json.dump(found | {"warnings": shown}, file)
    finally:
        os._exit(0)


def _faults(name: str, found: dict[str, Any]) -> Iterator[str]:
    if found["error"] is None and name not in ACCEPTED:
        yield "it was loaded"
    if found["error"] not in (None, "ValueError", "TypeError"):
        yield f"it ended in {found['error']}"
    if found["error"] is not None and "model.skops" not in found["message"]:
        yield "the message does not name the file"
    if len(found["message"]) > 2000:
        yield f"the message has {len(found['message'])} characters"
    if not all(text.isprintable() for text in [found["message"], *found.get("warnings", [])]):
        yield "control characters are shown"
    if found["seconds"] > MOST_SECONDS:
        yield f"it took {found['seconds']:.0f} s"
    if found["bytes"] > MOST_BYTES:
        yield f"it took {found['bytes'] / 2**20:.0f} MiB"
    if found["written"]:
        yield f"it wrote {found['written']}"


if __name__ == "__main__":
    chosen = QUICK if "quick" in sys.argv else list(KINDS)
    for result in check_models(int(sys.argv[1]), int(sys.argv[2]), chosen):
        print(json.dumps(result), flush=True)
