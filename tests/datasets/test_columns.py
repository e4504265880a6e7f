"""Tests of finding the columns of Ids and labels in a header."""

import pytest

from sklearn_hpa.datasets import HPA_LABELS, HPA_LABELS_2021
from sklearn_hpa.datasets._columns import ColumnNames, find_columns


def find(header, **names):
    return find_columns(header.split(","), ColumnNames(**names), "labels.csv")


@pytest.mark.parametrize(
    "header",
    [
        "Id,Target",
        "ID,Label",
        "Image,Labels",
        "image id,Location",
        "File Name,Subcellular location",
        "filename,locations",
        "Path,Main location",
        "ImageId,Localization",
        "img,compartments",
    ],
)
def test_columns_with_usual_names_are_found(header):
    columns = find(header)
    assert (columns.ids, columns.labels, columns.one_hot) == (0, (1,), False)


def test_id_and_target_come_before_other_usual_names():
    columns = find("Image,Location,Id,Target,Nucleoli")
    assert (columns.ids, columns.labels, columns.one_hot) == (2, (3,), False)


@pytest.mark.parametrize(
    "header, numbering",
    [("Id,Target", HPA_LABELS), ("Id,Label", HPA_LABELS_2021), ("Id,Labels", None)],
)
def test_only_target_and_label_name_a_numbering(header, numbering):
    assert find(header).numbering is numbering


def test_columns_that_are_labels_of_any_vocabulary_are_columns_of_0_and_1():
    columns = find("Id,ER,Nucleoli (rim),Negative,Plate")
    assert columns.one_hot and columns.labels == (1, 2, 3) and columns.used == {0, 1, 2, 3}


def test_columns_named_by_the_caller_are_used():
    assert find("Id,Target,Name,Where", ids="Name", labels="Where").labels == (3,)
    assert find("Id,Target,Name,Where", ids="Name", labels="Where").ids == 2
    columns = find("Id,Target,A,B", labels=["B", "A"])
    assert columns.labels == (3, 2) and columns.one_hot


def test_a_named_column_may_differ_in_case_and_space_if_it_is_one():
    assert find(" name ,Target", ids="Name").ids == 0
    assert find("name,Name,Target", ids="Name").ids == 1
    with pytest.raises(ValueError, match="of which 2 are named 'NAME'"):
        find("name,Name,Target", ids="NAME")


@pytest.mark.parametrize(
    "header, names, message",
    [
        (
            "name,site",
            {},
            r"Or name the column of Ids with id_column and the column of labels with",
        ),
        ("Id,site", {}, r"expected Id,Target .* Or name the column of labels with label_column$"),
        (",Target", {}, r"Or name the column of Ids with id_column; id_column='' is the column wi"),
        (
            "Image,File,Label",
            {},
            r"one column of Ids, and Image, File may be it: .*id_column='Imag",
        ),
        ("Id,ID,Label", {}, r"one column of Ids, and Id, ID may be it"),
        ("Id,Target,Label", {}, r"one column of labels, and Target, Label may be it: .*'Target'"),
        ("Id,Location,Cytosol", {}, r"labels, and Location, Cytosol may be it: name one with labe"),
        ("Cel,Label", {"ids": "Cell"}, r"but no column 'Cell'; did you mean 'Cel'\?"),
        ("Id,Label", {"labels": "Where"}, r"has the columns Id,Label, but no column 'Where'$"),
        ("Id,Label", {"labels": "Id"}, "expected 'Id' to be Ids or labels, not both"),
        ("Id,A", {"labels": ["A", "a"]}, r"label_column=\['A', 'a'\] names a column twice"),
    ],
)
def test_a_header_that_is_not_clear_is_refused_in_one_line(header, names, message):
    with pytest.raises(ValueError, match=message) as caught:
        find(header, **names)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "names", [{"ids": 1}, {"labels": 1}, {"labels": []}, {"labels": [1]}, {"separator": ""}]
)
def test_names_of_another_type_are_refused(names):
    with pytest.raises(ValueError, match="Invalid (id_column|label_column|label_separator)="):
        ColumnNames(**names)
