"""Tests of the text of table files: encodings, and files of another kind."""

import zipfile

import pytest

from sklearn_hpa.datasets._text import read_text, workbook_kind

TEXT = "Id,Target\nMalm\xf6,0\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_text_is_read_in_the_encodings_that_excel_writes(tmp_path, encoding):
    path = tmp_path / "a.csv"
    path.write_bytes(TEXT.encode(encoding))
    assert read_text(path, "table") == TEXT


def test_big_endian_utf16_with_a_byte_order_mark_is_read(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"\xfe\xff" + TEXT.encode("utf-16-be"))
    assert read_text(path, "table") == TEXT


def test_damaged_utf16_is_refused_in_one_line(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(TEXT.encode("utf-16")[:-1])
    with pytest.raises(ValueError, match=r"a\.csv is damaged text in UTF-16 .*Save it as a csv"):
        read_text(path, "table")


def test_an_open_document_spreadsheet_is_named(tmp_path):
    path = tmp_path / "a.ods"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
    with pytest.raises(ValueError, match=r"is an OpenDocument spreadsheet \(ods\); a table is exp"):
        read_text(path, "table")
    assert workbook_kind(path) is None


def test_a_workbook_is_known_by_its_content(tmp_path):
    path = tmp_path / "labels.csv"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    assert workbook_kind(path) == "xlsx"
    old = tmp_path / "labels.xls"
    old.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
    assert workbook_kind(old) == "xls"
    path.write_text(TEXT)
    assert workbook_kind(path) is None
