"""Tests of the checks of the text of a skops file."""

import io
import zipfile

import numpy as np
import pytest
import skops.io
from sklearn.linear_model import LogisticRegression

from sklearn_hpa._common import skops_schema
from sklearn_hpa._common.archives import bounded_archive
from sklearn_hpa._common.skops_schema import check_schema
from tests.robustness.models import array, listed, mapped, model_of, node, npy, packed, value


def check(content):
    with bounded_archive(io.BytesIO(content), len(content)) as archive:
        return check_schema(archive, len(content))


def part(*content, **fields):
    return model_of(listed(*content, **fields))


SHARED = {"a": 1}


@pytest.mark.parametrize(
    "state",
    [
        {"a": [1, 2.5, None, True, "x"], "b": {1: 2, 2.5: 3}, "c": {1, 2}},
        [SHARED, SHARED, {"again": SHARED}],
        np.array([["a", None], [1, 2]], dtype=object),
        {np.int64(1): np.float32(2)},
        [float("nan"), -float("inf"), 2**100],
        slice(1, 2),
        b"bytes",
        np.random.RandomState(0),
        LogisticRegression().fit([[0], [1]], [0, 1]),
        np.ma.masked_array([1, 2], [True, False]),
        np.dtype("float32"),
    ],
)
def test_what_skops_writes_is_accepted(state):
    check(skops.io.dumps([state, state]))


def test_types_are_named_and_those_that_are_called_apart():
    found = check(
        part(
            node("ObjectNode", "a.B"), node("ListNode", "c.d", content=[]), node("TypeNode", "e.f")
        )
    )
    assert {"a.B", "c.d", "e.f"} <= found.types
    assert "c.d" in found.called and not {"a.B", "e.f"} & found.called


def test_types_of_keys_are_called():
    assert "os.system" in check(model_of(mapped({"touch pwned": value(1)}, "os.system"))).called


@pytest.mark.parametrize(
    ("limit", "smaller", "content", "message"),
    [
        ("MAX_NODES", 20, part(*[value(1)] * 20), "more than 20 objects"),
        ("MAX_BUILT", 3, part(*[node("ObjectNode", "a.B")] * 4), "more than 3 that are no plain"),
        ("MAX_TEXT", 100, part(*[value(1)] * 20), "schema.json is longer than"),
        ("MAX_DEPTH", 9, part(listed(listed(value(1)))), "nested more than 9 levels"),
        (
            "MAX_UNORDERED",
            3,
            part(node("SetNode", "builtins.set", content=[value(k) for k in range(4)])),
            "set of more than 3",
        ),
        (
            "MAX_UNORDERED",
            3,
            part(mapped({k: value(k) for k in range(4)}, "builtins.int")),
            "more than 3 numbers as keys",
        ),
        (
            "MAX_BYTES",
            3,
            model_of(node("BytesNode", "builtins.bytes", file="a"), {"a": b"1234"}),
            "a is longer than",
        ),
    ],
)
def test_each_limit_holds(monkeypatch, limit, smaller, content, message):
    check(content)
    monkeypatch.setattr(skops_schema, limit, smaller)
    with pytest.raises(ValueError, match=message):
        check(content)


def test_a_dict_with_texts_as_keys_may_be_large(monkeypatch):
    monkeypatch.setattr(skops_schema, "MAX_UNORDERED", 3)
    check(part(mapped({str(k): value(k) for k in range(40)})))


@pytest.mark.parametrize(
    "text",
    [
        b'{"a": "' + b"x" * 2**20 + b'"}',
        b"1" * 2**21,
        '{"ä": 1}'.encode(),
        b'{"a": 1' + b"1" * 2**20,
    ],
)
def test_a_long_run_or_other_letters_are_not_parsed(text):
    with pytest.raises(ValueError, match="no text of skops"):
        check(packed(text))


def test_many_values_without_an_object_are_not_parsed(monkeypatch):
    monkeypatch.setattr(skops_schema, "MAX_NODES", 10)
    with pytest.raises(ValueError, match="describes more than 10 objects"):
        check(packed("[" + "[]," * 100 + "1]"))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (part(node("CachedNode", "a.b", __id__=1)), "refers to an object"),
        (part(listed(listed(__id__=5), __id__=5)), "describes an object twice"),
        (part(listed(value(1), __id__=5), listed(__id__=5)), "describes an object twice"),
        (part(listed(__id__=2**61 - 1)), "numbers an object 2305843009213693951"),
        (part(listed(__id__="x")), "numbers an object x"),
        (part(listed(__id__=True)), "numbers an object True"),
        (part(listed(__id__=-5)), "numbers an object -5"),
        (part(node("JsonNode", "builtins.str", content="[]")), "a list without a type"),
        (part(node("JsonNode", "builtins.str", content="1" * 2000)), "number that is too long"),
        (part(mapped({"_sklearn_version": value("1.6\x1b[31m")})), "version of scikit-learn"),
    ],
)
def test_what_skops_does_not_write_is_refused(content, message):
    with pytest.raises(ValueError, match=message):
        check(content)


def test_a_file_is_counted_for_each_object_that_it_is_read_for(monkeypatch):
    files = {"a.npy": npy("{'descr': '|u1', 'fortran_order': False, 'shape': (900,)}", bytes(900))}
    monkeypatch.setattr("sklearn_hpa._common.archives.UNPACKED_ALLOWANCE", 9000)
    stored = {"method": zipfile.ZIP_STORED}
    check(model_of(listed(*[array(__id__=7)] * 100), files, **stored))
    check(model_of(listed(*[array()] * 5), files, **stored))
    for parts in ([array()] * 100, [array(__id__=k + 1) for k in range(100)]):
        with pytest.raises(ValueError, match="bytes unpack to"):
            check(model_of(listed(*parts), files, **stored))


def test_a_file_that_is_not_there_is_named():
    with pytest.raises(KeyError, match="nothing.npy"):
        check(model_of(array("nothing.npy")))
