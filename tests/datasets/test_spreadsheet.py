"""Tests of Excel workbooks, with and without the package that reads them."""

import pandas as pd
import pytest

from sklearn_hpa.datasets import _spreadsheet
from sklearn_hpa.datasets._rows import read_rows
from sklearn_hpa.datasets._spreadsheet import read_workbook


@pytest.fixture
def workbook(tmp_path):
    """A function that writes a workbook of sheets, if openpyxl is installed."""
    pytest.importorskip("openpyxl")

    def write(**sheets):
        path = tmp_path / "labels.xlsx"
        with pd.ExcelWriter(path) as writer:
            for name, rows in sheets.items():
                pd.DataFrame(rows).to_excel(writer, sheet_name=name, index=False, header=False)
        return path

    return write


@pytest.mark.parametrize("kind, package", [("xlsx", "openpyxl"), ("xls", "xlrd")])
def test_a_workbook_without_its_package_says_what_to_install(tmp_path, monkeypatch, kind, package):
    def read_excel(*_, **__):
        raise ImportError(f"Missing optional dependency {package!r}")

    monkeypatch.setattr(_spreadsheet.pd, "read_excel", read_excel)
    with pytest.raises(ValueError) as caught:
        read_workbook(tmp_path / f"labels.{kind}", kind)
    assert str(caught.value) == (
        f"{tmp_path / 'labels'}.{kind} is an Excel workbook ({kind}), which needs the package"
        f" {package}: pip install --upgrade {package}. Or save it as a csv file in UTF-8"
        " ('CSV UTF-8' in Excel)"
    )


def test_a_workbook_that_the_package_cannot_read_is_damaged(tmp_path, monkeypatch):
    def read_excel(*_, **__):
        raise KeyError("no\nworkbook")

    monkeypatch.setattr(_spreadsheet.pd, "read_excel", read_excel)
    with pytest.raises(ValueError, match=r"labels\.xlsx is a damaged Excel workbook \(.*\)\. Save"):
        read_workbook(tmp_path / "labels.xlsx", "xlsx")


def test_an_error_of_the_disk_is_not_a_damaged_workbook(tmp_path, monkeypatch):
    def read_excel(*_, **__):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(_spreadsheet.pd, "read_excel", read_excel)
    with pytest.raises(OSError, match=r"Input/output error: .*labels\.xlsx"):
        read_workbook(tmp_path / "labels.xlsx", "xlsx")


def test_cells_are_text_as_excel_shows_them(monkeypatch, tmp_path):
    frame = pd.DataFrame([["Id", "Dose", "ok"], ["a", 1.0, True], [123, 2.5, ""]], dtype=object)
    monkeypatch.setattr(
        _spreadsheet.pd, "read_excel", lambda *_, **__: {"a": frame, "b": frame.iloc[:0]}
    )
    assert read_workbook(tmp_path / "labels.xlsx", "xlsx") == [
        (1, ["Id", "Dose", "ok"]),
        (2, ["a", "1", "True"]),
        (3, ["123", "2.5", ""]),
    ]


def test_several_sheets_with_cells_are_refused_by_name(monkeypatch, tmp_path):
    frame = pd.DataFrame([["Id"]])
    monkeypatch.setattr(_spreadsheet.pd, "read_excel", lambda *_, **__: {"x": frame, "y": frame})
    with pytest.raises(ValueError, match=r"has 2 sheets with cells: x, y\. Expected one"):
        read_workbook(tmp_path / "labels.xlsx", "xlsx")


def test_a_real_workbook_is_read_whatever_its_name(workbook, tmp_path):
    path = workbook(labels=[["Image", "Location"], ["a", "Cytosol"], [None, None], [7, "Nucleoli"]])
    path = path.rename(tmp_path / "labels.csv")
    header, rows = read_rows(path, "table", "columns")
    assert header == ["Image", "Location"]
    assert rows == [(2, ["a", "Cytosol"]), (4, ["7", "Nucleoli"])]
