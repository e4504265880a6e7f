"""Tests of parsing label files, and of errors with file and line."""

import errno
import gzip
from io import BytesIO

import numpy as np
import pytest

from sklearn_hpa.datasets import (
    HPA_LABELS,
    HPA_LABELS_2021,
    HPA_LABELS_SITE,
    _text,
    load_hpa,
)
from sklearn_hpa.datasets._columns import ColumnNames
from sklearn_hpa.datasets._table import read_label_table, read_related_table

from .targets import labels_of


@pytest.mark.parametrize(
    "cell, numbers",
    [
        ("7 1 2 0", {0, 1, 2, 7}),
        ("8|5|0", {0, 5, 8}),
        ('"8, 5,0"', {0, 5, 8}),
        ("8;5", {5, 8}),
        ("8.0", {8}),
        ("8.0 5. 0", {0, 5, 8}),
        (" 3  4 ", {3, 4}),
        ("0 0", {0}),
        ("Cytosol", {25}),
        ("cytosol|NUCLEOLI", {2, 25}),
        ('"Cytosol, Nuclear Speckles"', {4, 25}),
        ("Rods and Rings;Golgi", {7, 27}),
        ("rods_&_rings", {27}),
        ("Cell Junctions|Microtubule organising centre", {18, 22}),
        ("ER|Mitochondrion|MTOC|Centrosomes|Focal adhesions", {6, 13, 18, 19, 23}),
    ],
)
def test_targets_are_read_however_written(make_folder, cell, numbers):
    target = load_hpa(make_folder(["a"], f"Id,Target\na,{cell}\n")).target
    assert set(np.flatnonzero(target.loc["a"])) == numbers


@pytest.mark.parametrize("header", ["ID,Label", "id,label", " Id , LABEL "])
def test_the_columns_of_2021_mean_its_19_labels(make_folder, header):
    bunch = load_hpa(make_folder(["a", "b"], f"{header}\na,8|5|0\nb,Vesicles\n"))
    assert bunch.label_names == list(HPA_LABELS_2021)
    assert labels_of(bunch.target) == {
        "a": ["Nucleoplasm", "Nuclear bodies", "Intermediate filaments"],
        "b": ["Vesicles and punctate cytosolic patterns"],
    }


def test_the_same_number_is_another_label_in_2018(make_folder):
    target = load_hpa(make_folder(["a"], "Id,Target\na,8\n")).target
    assert labels_of(target) == {"a": ["Peroxisomes"]}


def test_other_columns_a_byte_order_mark_and_blank_lines_are_passed_over(make_folder):
    folder = make_folder(["a", "b"], "\ufeffGroup,Target,Id\r\n1,0,a\r\n\r\n2,2,b\r\n\r\n")
    assert labels_of(load_hpa(folder).target) == {"a": ["Nucleoplasm"], "b": ["Nucleoli"]}


@pytest.mark.parametrize("on_error", ["raise", "warn"])
@pytest.mark.parametrize(
    "cell, message",
    [
        ("28", "label number 28 does not exist; the 28 labels are numbered from 0"),
        ("-1", "label number -1 does not exist"),
        ("Nuclear speckels", "did you mean 'Nuclear speckles'"),
        ("0 x", "label name '0 x' does not exist"),
        ("1.5", "label name '1.5' does not exist"),
        ("28.0", "label number 28 does not exist"),
        ("Negative", "label name 'Negative' does not exist among the 28 labels"),
    ],
)
def test_a_label_that_does_not_exist_is_named_with_its_row(make_folder, on_error, cell, message):
    folder = make_folder(["a", "b"], f"Id,Target\na,0\nb,{cell}\n")
    with pytest.raises(
        ValueError, match=rf"train\.csv: 1 row with .*\n  line 3, Id b: .*{message}"
    ):
        load_hpa(folder, on_error=on_error)


def test_a_bad_label_is_said_once_with_its_first_row(make_folder):
    ids = [f"i{k:02}" for k in range(25)]
    folder = make_folder(ids, "Id,Target\n" + "".join(f"{Id},0 99\n" for Id in ids))
    with pytest.raises(ValueError) as caught:
        load_hpa(folder)
    assert str(caught.value) == (
        f"{folder / 'train.csv'}: 25 rows with labels that do not exist:\n  line 2, Id i00 and 24"
        " more rows: '99': label number 99 does not exist; the 28 labels are numbered from 0"
        " (Nucleoplasm) to 27 (Rods & rings)"
    )


def test_of_many_bad_labels_the_first_dozen_are_listed(make_folder):
    folder = make_folder(["a"], f"Id,Target\na,{' '.join(map(str, range(50, 75)))}\n")
    with pytest.raises(ValueError, match=r"1 row with(?s:.)*'61': (?s:.)*and 13 more") as caught:
        load_hpa(folder)
    assert "'62'" not in str(caught.value)


@pytest.mark.parametrize(
    "csv, message",
    [
        ("", "is empty"),
        ("Id,Target\n", r"has a header \(Id,Target\) but no rows"),
        ("name,site\na,0\n", r"has the columns name,site; expected Id,Target .* or ID,Label"),
        ("Id,Target,Label\na,0,0\n", r"has the columns Id,Target,Label; expected"),
        ("Id,Target\na,0,2\n", r"line 2: 3 cells, but the header has 2 .*quote a cell"),
        ("Id,Target\na\n", "line 2: 1 cells"),
        ("Id,Target\na,0\n ,2\n", "line 3: no Id"),
    ],
)
def test_a_csv_of_another_kind_is_refused(make_folder, csv, message):
    with pytest.raises(ValueError, match=rf"train\.csv.*{message}"):
        load_hpa(make_folder(["a"], csv))


@pytest.mark.parametrize(
    "above", ["My experiment\n", "# made by X, 2024\n\n", "Results,,\nof 2024,,\n", "a;b\n"]
)
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_rows_above_the_header_are_said_to_be_deleted(read, above, separator):
    rows = [["Id", "Target", "Plate"], ["a", "25", "P1"]]
    text = above + "".join(separator.join(row) + "\n" for row in rows)
    with pytest.raises(ValueError, match=r"looks like the header \(Id.* Delete the rows above"):
        read(text)


def test_empty_cells_at_the_end_of_a_row_may_be_too_many_or_missing(read):
    table = read("Id,Target,Plate,Note\na,0,P1,x,,\nb,25\nc,2,P2\n")
    assert names_in(table) == [["Nucleoplasm"], ["Cytosol"], ["Nucleoli"]]
    assert table.others == {"Plate": ["P1", "", "P2"], "Note": ["x", "", ""]}


@pytest.mark.parametrize("row", ["a", "a,", "a,P1"])
def test_a_row_without_its_label_column_is_refused(read, row):
    with pytest.raises(ValueError, match=r"line 2: \d cells?, but the header has 3"):
        read(f"Id,Plate,Target\n{row}\n")


def test_a_csv_that_is_not_utf8_is_named_with_the_line_and_the_byte(make_folder):
    folder = make_folder(["a"])
    (folder / "train.csv").write_bytes("Id,Target\na,0\ncaf\xe9,0\n".encode("latin-1"))
    message = r"train\.csv is not UTF-8 text: line 3 has the byte 0xe9 \('caf\xe9,0' if .*CSV UTF-8"
    with pytest.raises(ValueError, match=message):
        load_hpa(folder)


@pytest.mark.parametrize(
    "content, kind",
    [
        (b"PK\x03\x04\x14\0\x06\0", r"an Excel workbook \(xlsx\) or another zip file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", r"an old Excel workbook \(xls\)"),
        (b"PAR1\x15\x04", "a parquet file"),
        (gzip.compress(b"Id,Target\na,0\n"), "compressed by gzip"),
        ("Id\tTarget\na\t0\n".encode("utf-16-le"), "text in UTF-16"),
        (b"<!DOCTYPE html><title>404</title>", "a web page or XML"),
        (b"%PDF-1.7\n%\xe2\xe3", "a PDF document"),
    ],
)
def test_another_file_instead_of_the_csv_is_named_in_one_line(make_folder, content, kind):
    folder = make_folder(["a"])
    (folder / "train.csv").write_bytes(content)
    message = rf"^.*train\.csv is {kind}.*; a csv file of labels is expected\. Save it as a csv"
    with pytest.raises(ValueError, match=message) as caught:
        load_hpa(folder)
    assert "\n" not in str(caught.value)


def test_an_error_while_the_csv_is_read_names_it(make_folder, monkeypatch):
    folder = make_folder(["a"], "Id,Target\na,0\n")

    class Broken(BytesIO):
        def read(self, size=-1):
            raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(_text, "open", lambda *_: Broken(), raising=False)
    with pytest.raises(OSError, match=r"Input/output error: .*train\.csv"):
        load_hpa(folder)


def test_a_missing_csv_is_named(make_folder):
    with pytest.raises(FileNotFoundError, match=r"csv file of labels not found: .*absent\.csv"):
        load_hpa(make_folder(["a"]), "absent.csv")


def test_a_folder_instead_of_the_csv_is_refused(make_folder, tmp_path):
    with pytest.raises(ValueError, match="is a folder; a csv file of labels is expected"):
        load_hpa(make_folder(["a"]), tmp_path)


def test_rows_keep_their_order_and_their_lines(tmp_path):
    path = tmp_path / "train.csv"
    path.write_text("Id,Target\nb,16 0\n\na,25\n")
    table = read_label_table(path)
    assert (table.ids, table.lines) == (["b", "a"], [2, 4])
    assert table.numbers == [{0, 16}, {25}]


def test_a_file_without_any_of_the_images_is_no_table(tmp_path):
    path = tmp_path / "train.csv"
    path.write_text("Id,Target\nb,16 0\n")
    assert read_related_table(path, lambda ids: "a" in ids) is None
    assert read_related_table(path, lambda ids: "b" in ids).ids == ["b"]


# ---- tables of other people ----


@pytest.fixture
def read(tmp_path):
    def read(text, names=None, choice="all"):
        path = tmp_path / "labels.csv"
        path.write_text(text, encoding="utf-8")
        return read_label_table(path, names, choice)

    return read


def names_in(table):
    return [sorted(table.labels[number] for number in numbers) for numbers in table.numbers]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_a_table_is_read_with_any_separator(read, separator):
    rows = [["Image", "Location", "Plate"], ["a", "Cytosol", "P1"], ["b", "Nucleoli", "P2"]]
    table = read("".join(separator.join(row) + "\n" for row in rows))
    assert table.ids == ["a", "b"]
    assert names_in(table) == [["Cytosol"], ["Nucleoli"]]
    assert table.others == {"Plate": ["P1", "P2"]}


def test_columns_are_named_by_the_caller(read):
    table = read("Cell;Where\na;Cytosol / Nucleoli\n", ColumnNames("cell", "Where", "/"))
    assert names_in(table) == [["Cytosol", "Nucleoli"]]


def test_other_columns_with_the_same_name_or_none_are_numbered(read):
    table = read("Id,Target,Group,Group,,\na,0,1,2,x,\n")
    assert table.others == {"Group": ["1"], "Group.1": ["2"], "column 5": ["x"]}


def test_a_column_for_each_label_is_read(read):
    table = read("Id,Nucleoli,cytosol,Plate\na,1,0,P1\nb,TRUE,False,P2\nc,0.0,1.0,P2\n")
    assert table.labels is HPA_LABELS
    assert names_in(table) == [["Nucleoli"], ["Nucleoli"], ["Cytosol"]]
    assert table.others == {"Plate": ["P1", "P2", "P2"]}


def test_columns_of_the_2021_set_are_read_in_it(read):
    table = read("Id,Cytosol,Negative\na,1,0\nb,0,1\n")
    assert table.labels is HPA_LABELS_2021 and names_in(table) == [["Cytosol"], ["Negative"]]


def test_columns_of_0_and_1_that_are_no_label_are_metadata_with_a_warning(read):
    with pytest.warns(
        UserWarning, match="1 column of 0 and 1 with the name of no label, .*: Mixed"
    ):
        table = read("Id,Cytosol,Mixed\na,1,0\n")
    assert table.others == {"Mixed": ["0"]}
    table = read("Id,Cytosol,Mixed\na,1,0\n", ColumnNames(labels=["Cytosol"]))
    assert table.others == {"Mixed": ["0"]}


def test_a_misspelt_column_of_0_and_1_is_refused_with_the_near_label(read):
    message = r"1 column with almost .*'Nuclear speckels' \(did you mean 'Nuclear speckles'\?\)"
    with pytest.raises(ValueError, match=message):
        read("Id,Cytosol,Nuclear speckels\na,1,0\n")


@pytest.mark.parametrize("cell", ["", "x", "yes"])
def test_a_misspelt_column_is_refused_whatever_its_cells(read, cell):
    with pytest.raises(ValueError, match=r"'Nucleolli' \(did you mean 'Nucleoli'\?\)"):
        read(f"Id,Cytosol,Nucleolli,Golgi\na,1,{cell},0\nb,0,1,1\n")


def test_a_column_of_counts_is_metadata_although_its_name_is_near_a_label(read):
    assert read("Id,Cytosol,Nuclei,Per\na,1,12,\nb,0,1,x\n").others["Nuclei"] == ["12", "1"]


@pytest.mark.parametrize("choice", ["all", "present", "hpa"])
def test_a_second_column_of_labels_is_refused_with_the_remedy(read, choice):
    text = "Id\tMain location\tAdditional location\na\tCytosol\tNucleoli\nb\tCytosol\t\n"
    message = (
        r"Additional location has labels that Main location lacks:"
        r" label_column=\['Main location', 'Additional location'\] reads all, and"
        r" label_column='Main location' reads Main location alone"
    )
    with pytest.raises(ValueError, match=message):
        read(text, choice=choice)
    alone = read(text, ColumnNames(labels="Main location"), choice)
    assert names_in(alone) == [["Cytosol"], ["Cytosol"]]
    both = read(text, ColumnNames(labels=["Main location", "Additional location"]), choice)
    assert names_in(both) == [["Cytosol", "Nucleoli"], ["Cytosol"]]
    assert both.others == {}


def test_columns_of_0_and_1_that_contradict_the_column_of_labels_are_refused(read):
    message = (
        r"csv: Nucleoli has labels that Target lacks: label_column='Target' reads Target alone"
    )
    with pytest.raises(ValueError, match=message):
        read("Id,Target,Cytosol,Nucleoli\na,25,1,1\nb,0,0,0\n")
    table = read("Id,Target,Cytosol,Nucleoli\na,25,1,0\nb,2,0,1\n")
    assert names_in(table) == [["Cytosol"], ["Nucleoli"]] and len(table.others) == 2


def test_a_sign_of_doubt_is_said_with_its_row(read):
    with pytest.raises(
        ValueError, match=r"line 2, Id a: 'Nucleoli \(-\)': .* has the sign '-', wh"
    ):
        read('Id,Location\na,"Nucleoli (-), Cytosol (+)"\n')


def test_a_column_of_labels_next_to_columns_of_0_and_1_is_refused(read):
    message = r"Other location has .* Cytosol, Golgi lacks: label_column=\['Cytosol', 'Golgi'\] rea"
    with pytest.raises(ValueError, match=message):
        read("Id,Cytosol,Golgi,Other location\na,1,0,Nucleoli\nb,0,1,\n")


@pytest.mark.parametrize(
    "text",
    [
        "Id,Target,Names\na,25 0,Cytosol|Nucleoplasm\nb,0,Nucleoplasm\n",
        "Id,Target,Control\na,25,Negative\nb,0,\n",
        "Id,Target,Group\na,25,Nucleoli\nb,0,treated\n",
    ],
)
def test_a_column_that_adds_no_label_is_metadata(read, text):
    assert len(read(text).others) == 1


def test_numbers_in_listed_columns_mean_the_set_that_one_of_them_names(read):
    table = read("Id,Target,More\na,25,2\nb,0,\n", ColumnNames(labels=["Target", "More"]))
    assert names_in(table) == [["Cytosol", "Nucleoli"], ["Nucleoplasm"]]


def test_listed_columns_of_0_and_1_with_unknown_names_are_refused(read):
    with pytest.raises(ValueError, match="2 columns of labels that do not exist"):
        read("Id,A,B\na,1,0\n", ColumnNames(labels=["A", "B"]))


@pytest.mark.parametrize(
    "text, choice, labels",
    [
        ("Id,Location\na,Cytosol\n", "all", HPA_LABELS),
        ("Id,Location\na,Cytosol\n", "present", HPA_LABELS),
        ("Id,Location\na,Negative\n", "present", HPA_LABELS_2021),
        ("Id,Location\na,Vesicles\n", "present", HPA_LABELS_SITE),
        ("Id,Location\na,Vesicles\n", "hpa", HPA_LABELS_SITE),
        ("Id,Target\na,22\n", "hpa", HPA_LABELS_SITE),
        ("Id,Location\na,Vesicles\n", ["Vesicles", "Midbody"], HPA_LABELS_SITE),
        ("Id,Location\na,Cytosol\n", ["Cytosol", "Negative"], HPA_LABELS_2021),
        ("ID,Label\na,Vesicles\n", ["Vesicles"], HPA_LABELS_2021),
    ],
)
def test_the_label_set_depends_on_the_header_and_the_choice(read, text, choice, labels):
    assert read(text, choice=choice).labels is labels


def test_a_site_location_without_a_counterpart_is_said_once_with_the_remedy(read):
    with pytest.raises(ValueError) as caught:
        read("Id,Target\na,Vesicles\nb,Vesicles|Cytosol\nc,Vesicles\n")
    assert str(caught.value).endswith(
        "3 rows with labels that do not exist:\n  line 2, Id a and 2 more rows: 'Vesicles': label"
        " name 'Vesicles' does not exist among the 28 labels; it is a location of the HPA site,"
        " read by labels='hpa'"
    )
