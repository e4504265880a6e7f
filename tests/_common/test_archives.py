"""Tests of the bounds of archives and of the arrays in them."""

import io
import zipfile

import numpy as np
import pytest

from sklearn_hpa._common import archives
from sklearn_hpa._common.archives import bounded_archive, check_npy, check_npz
from tests.robustness.models import header, npy


def zipped(files, method=zipfile.ZIP_STORED):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return stream.getvalue()


def names_in(content):
    stream = io.BytesIO(content)
    with bounded_archive(stream, len(content)) as archive:
        names = archive.namelist()
    assert not stream.closed
    return names


def saved(array, version=(1, 0)):
    stream = io.BytesIO()
    np.lib.format.write_array(stream, array, version=version)
    return stream.getvalue()


def check(content):
    check_npy(io.BytesIO(content), len(content), "a.npy")


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_an_honest_archive_is_opened(method):
    assert names_in(zipped([("a", b"1" * 1000), ("b", b"")], method)) == ["a", "b"]


def test_the_allowance_is_the_limit(monkeypatch):
    content = zipped([("a", bytes(10_000))], zipfile.ZIP_DEFLATED)
    monkeypatch.setattr(archives, "UNPACKED_ALLOWANCE", 10_000 - len(content))
    assert names_in(content) == ["a"]
    monkeypatch.setattr(archives, "UNPACKED_ALLOWANCE", 9_999 - len(content))
    with pytest.raises(ValueError, match=f"its {len(content)} bytes unpack to 10000; at most"):
        names_in(content)


def test_a_long_table_of_contents_is_not_read(monkeypatch):
    content = zipped([(f"{k:03}", b"") for k in range(100)])
    assert len(names_in(content)) == 100
    monkeypatch.setattr(archives, "MAX_CONTENTS", 4000)
    with pytest.raises(ValueError, match="table of contents is too long"):
        names_in(content)


def test_names_twice_and_other_compressions_are_refused():
    with pytest.raises(ValueError, match="two of its members have the same name"):
        names_in(zipped([("a", b""), ("b", b"")]).replace(b"b", b"a"))
    with pytest.raises(ValueError, match="compressed in another way"):
        names_in(zipped([("a", b"")], zipfile.ZIP_BZIP2))


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6.0).reshape(2, 3),
        np.float64(3),
        np.zeros((0, 5), np.uint8),
        np.array(["Nucleoli", "ä"]),
        np.array([b"x"]),
        np.array([True]),
        np.array("2026-01-01", "datetime64[D]"),
        np.zeros(3, [("a", "<i4"), ("b", "<f8")]),
        np.asfortranarray(np.ones((3, 4))),
    ],
)
@pytest.mark.parametrize("version", [(1, 0), (2, 0)])
def test_what_numpy_writes_is_accepted(array, version):
    check(saved(np.asanyarray(array), version))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (saved(np.ones(3))[:-1], "declares an array of shape .3,. and 24 bytes, but has 23"),
        (saved(np.ones(3)) + b"x", "24 bytes, but has 25"),
        (npy(header(shape=(2**40,)), bytes(4)), "4398046511104 bytes, but has 4"),
        (npy(header(shape=(-1,)), bytes(4)), "has shape"),
        (npy(header("|V1048577", (0,))), "items of 1048577 bytes"),
        (npy(header("|O")), "a.npy holds Python objects"),
        (npy(header([("a", "|O")])), "a.npy holds Python objects"),
        (npy(header(), bytes(4), version=3), "version .3, 0.; expected 1.0 or 2.0"),
        (npy("{}", bytes(4)), "a.npy is no array of the npy format"),
        (npy("(" * 500, bytes(4)), "a.npy is no array of the npy format"),
        (b"PK", "a.npy is no array of the npy format"),
    ],
)
def test_an_array_of_another_size_or_kind_is_refused(content, message):
    with pytest.raises(ValueError, match=message):
        check(content)


def test_arrays_in_an_npz_file_are_checked_and_counted():
    content = zipped([("a.npy", saved(np.ones(3)))])
    assert check_npz(content, "b.npz") == 128 + 24
    with pytest.raises(ValueError, match="a.npy in b.npz declares"):
        check_npz(zipped([("a.npy", saved(np.ones(3))[:-1])]), "b.npz")
