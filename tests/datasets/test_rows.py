"""Tests of the rows of csv files: the separator, Excel's first line, and line numbers."""

import pytest

from sklearn_hpa.datasets._rows import read_rows


@pytest.fixture
def read(tmp_path):
    def read(text, fits=None):
        path = tmp_path / "table.csv"
        path.write_text(text, encoding="utf-8", newline="")
        return read_rows(path, "table", "columns", fits)

    return read


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_the_character_that_splits_the_header(read, separator):
    header, rows = read(f"Id{separator}Where\na{separator}'x, y'\n".replace("'", '"'))
    assert header == ["Id", "Where"]
    assert rows == [(2, ["a", "x, y"])]


def test_a_header_that_several_characters_split_is_split_so_that_it_fits(read):
    text = "Id;Where (all, main)\na;b\n"
    assert read(text)[0] == ["Id;Where (all", " main)"]
    assert read(text, lambda header: header[0] == "Id")[0] == ["Id", "Where (all, main)"]


def test_the_comma_comes_first_if_the_header_fits_with_it(read):
    assert read("Id,Target;x\na,0\n", lambda header: "Id" in header)[0] == ["Id", "Target;x"]


def test_separators_in_quotes_do_not_split(read):
    assert read('"Id;x"\t"a,b"\n1\t2\n')[0] == ["Id;x", "a,b"]


def test_one_column_is_one_column(read):
    assert read("Id\na b\nc d\n") == (["Id"], [(2, ["a b"]), (3, ["c d"])])


@pytest.mark.parametrize("first", ["sep=;", '"sep=;"', "SEP=;"])
def test_the_separator_that_excel_declares_is_used_and_its_line_counted(read, first):
    header, rows = read(f"{first}\r\nId;Where, when\r\na;0\r\n")
    assert header == ["Id", "Where, when"] and rows == [(3, ["a", "0"])]


def test_excel_may_declare_a_tab(read):
    assert read("sep=\t\nId\tTarget\na\t0\n")[0] == ["Id", "Target"]


def test_blank_rows_are_passed_over(read):
    assert read("\n;;\nId;Target\n;\na;0\n")[1] == [(5, ["a", "0"])]


@pytest.mark.parametrize(
    "text, message",
    [("", "is empty; expected columns"), ("Id;x\n", r"a header \(Id,x\) but no ro")],
)
def test_a_file_without_rows_is_refused(read, text, message):
    with pytest.raises(ValueError, match=message):
        read(text)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_the_line_of_excel_is_read_with_any_line_end(read, end):
    text = f"sep=;{end}Id;Target{end}a;0{end}"
    assert read(text) == (["Id", "Target"], [(3, ["a", "0"])])


def test_a_file_that_is_no_csv_is_refused_with_its_line(read):
    with pytest.raises(ValueError, match="line 2: not a csv file .*field larger than"):
        read('Id,Target\na,"' + "x" * 200_000)


def test_a_missing_file_and_a_folder_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="table not found: .*absent.csv"):
        read_rows(tmp_path / "absent.csv", "table", "columns")
    with pytest.raises(ValueError, match="is a folder; a table is expected"):
        read_rows(tmp_path, "table", "columns")
