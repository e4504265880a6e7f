"""Tests of cells: written labels, and 0 or 1."""

import pytest

from sklearn_hpa.datasets import HPA_LABELS, HPA_LABELS_2021
from sklearn_hpa.datasets._cells import (
    one_hot_labels,
    parse_cells,
    parse_one_hot,
    refuse_decimal_commas,
    split_cell,
)


@pytest.mark.parametrize(
    "cell, separator, parts",
    [
        ("16 0", None, ["16", "0"]),
        ("Cytosol; Nuclear speckles", None, ["Cytosol", "Nuclear speckles"]),
        ("Cytosol / Nucleoli/", "/", ["Cytosol", "Nucleoli"]),
        ("Cytosol, Nucleoli", ", ", ["Cytosol", "Nucleoli"]),
        ("16\t0", "\t", ["16", "0"]),
        ("None", "/", []),
        ("", None, []),
    ],
)
def test_a_cell_is_split_at_the_usual_separators_or_the_named_one(cell, separator, parts):
    assert split_cell(cell, separator) == parts


@pytest.mark.parametrize("separator", ["/", "+", "\n", " and "])
def test_another_separator_of_known_labels_is_recognised(separator):
    cell = separator.join(["Cytosol", "Nucleoli"])
    with pytest.raises(ValueError) as caught:
        parse_cells([(cell,)], ["a"], [2], HPA_LABELS, HPA_LABELS, "labels.csv")
    assert str(caught.value).endswith(f"use label_separator={separator!r}")


def test_numbers_without_a_numbering_are_refused_once_for_all_rows():
    cells = [("Cytosol",), ("1",), ("2", "3")]
    message = (
        r"^labels\.csv: 2 rows with label numbers, and the header does not say of which set: '1' in"
        r" line 3, Id b\. Rename the column to Target .* or Label .*, or write names$"
    )
    with pytest.raises(ValueError, match=message):
        parse_cells(cells, ["a", "b", "c"], [2, 3, 4], HPA_LABELS, None, "labels.csv")


def test_columns_contained_in_one_label_are_read_as_it():
    header = ["Endosomes", "Vesicles", "Cytosol"]
    positions = one_hot_labels(header, [0, 1, 2], HPA_LABELS_2021, "labels.csv")
    rows = [(2, ["0", "1", "0"]), (3, ["1", "1", "1"])]
    assert [HPA_LABELS_2021[number] for number in positions] == [HPA_LABELS_2021[17]] * 2 + [
        "Cytosol"
    ]
    assert parse_one_hot(header, rows, [0, 1, 2], positions, "") == [{17}, {16, 17}]


def test_two_columns_of_one_label_are_refused():
    with pytest.raises(ValueError, match="columns 'ER' and 'endoplasmic reticulum' are the same"):
        one_hot_labels(["ER", "endoplasmic reticulum"], [0, 1], HPA_LABELS, "labels.csv")


def test_columns_without_a_label_are_all_named():
    with pytest.raises(ValueError) as caught:
        one_hot_labels(["3", "Vesicles", "Cytosol"], [0, 1, 2], HPA_LABELS, "labels.csv")
    assert "2 columns of labels that do not exist" in str(caught.value)
    assert "column '3': a column of 0 and 1 needs the name of a label" in str(caught.value)
    assert "column 'Vesicles': " in str(caught.value)


def test_cells_other_than_0_and_1_are_named_with_line_and_column():
    rows = [(2, ["1", " TRUE "]), (3, ["x", ""])]
    message = "2 cells .* other than 0, 1, True or False: line 3, column A: 'x', line 3, column B: "
    with pytest.raises(ValueError, match=message):
        parse_one_hot(["A", "B"], rows, [0, 1], [0, 1], "labels.csv")


@pytest.mark.parametrize("cells", [["25,0", "8,0"], ["", "25,0"], ["25,00", "Cytosol"]])
def test_numbers_with_a_decimal_comma_are_refused(cells):
    with pytest.raises(ValueError, match=r"x\.csv: each label number ends in ',0', such as '25,0"):
        refuse_decimal_commas(cells, [2, 3], "x.csv")


@pytest.mark.parametrize("cells", [["25,0", "8"], ["25,0", "8,5"], ["25, 0"], ["Cytosol", ""]])
def test_numbers_of_several_labels_have_no_decimal_comma(cells):
    refuse_decimal_commas(cells, [2, 3], "x.csv")


@pytest.mark.parametrize(
    "cell, hint",
    [
        ("Cytosol & Nucleoli", r"use label_separator=' & '"),
        ("Cytosol&Nucleoli", r"use label_separator='&'"),
        ("Cytosol Nucleoli", r"use label_separator=' '"),
        ("Cytosol Nuclear speckles", r"several labels, write '\|' between them"),
    ],
)
def test_names_without_a_usual_separator_are_recognised(cell, hint):
    with pytest.raises(ValueError, match=hint):
        parse_cells([(cell,)], ["a"], [2], HPA_LABELS, None, "x.csv")
