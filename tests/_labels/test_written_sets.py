"""Label sets as text or lists are refused, with code that reads them; classes are trained."""

import re

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from sklearn_hpa import HPAPipeline, MultiLabelMLPClassifier, MultiLabelThresholdClassifier
from sklearn_hpa._labels.target import encode_target
from sklearn_hpa._labels.written_sets import find_written_sets, refuse_written_sets
from sklearn_hpa.datasets import HPA_LABELS, HPA_LABELS_2021, read_labels
from sklearn_hpa.model_selection import MultiLabelStratifiedKFold

SETS = [
    ["25 0", "16"],
    ["16", "25  0 2"],
    ["2.0 5.0", "1"],
    ["0|5", "16"],
    ["0,5", "16"],
    ["Cytosol|Nucleoli", "Cytosol"],
    ["Cytosol | Nucleoli", "Plasma membrane"],
    ["my label|my other label", "c"],
    ["Cytosol, Nucleoli", "Plasma membrane"],
    ["cytosol;GOLGI", "x"],
    ["Golgi; Rods & rings", "x"],
    ["Spots, Rims", "Spots", "Rims"],
    ["Spots, Rims", "Rims;Halo", "Halo,Spots"],
    ["[25, 0]", "[16]"],
    ["(25, 0)", "(16,)"],
    ["['Spots', 'Rims']", "[]"],
    ['["Spots"]', "[]"],
    ["Cytosol/Nucleoli", "Cytosol"],
    ["cytosol + Plasma membrane", "x"],
    ["Cytosol & Nucleoli", "x"],
    ["Rods & rings & Cytosol", "x"],
    ["Cytosol and Rods & rings", "x"],
    ["Cytosol\nNucleoli", "x"],
    ["Cytosol\tNucleoli", "x"],
]
CLASSES = [
    ["25", "0"],
    ["Golgi apparatus", "Rods & rings"],
    ["Nuclear membrane", "Nuclear bodies", "Plasma membrane"],
    ["Vesicles and punctate cytosolic patterns", "Vesicles"],
    ["Vesicles, large", "Vesicles, small"],
    ["membrane; outer", "nucleus"],
    ["well 3 4", "well 3 5"],
    ["0.5 1.5", "2.5 3.5"],
    ["(0, 10]", "(10, 20]"],
    ["[0, 10)", "[10, 20)"],
    ["G1/S", "G1", "S"],
    ["a,", "|b"],
    ["wild type", "knock-out"],
    ["25", ""],
    ["Rods and rings", "Vesicles and punctate cytosolic patterns"],
    ["Golgi/secretory", "Cytosol+"],
    ["cats and dogs", "dogs"],
    ["Golgi vesicles", "Cytosol negative"],
]
FORMS = {
    "list": list,
    "tuple": tuple,
    "array": np.array,
    "object array": lambda cells: np.array(cells, dtype=object),
    "bytes": lambda cells: np.char.encode(np.array(cells)),
    "array of one column": lambda cells: np.array(cells)[:, np.newaxis],
    "nested lists of one column": lambda cells: [[cell] for cell in cells],
    "Series": pd.Series,
    "categories": lambda cells: pd.Series(cells, dtype="category"),
    "string Series": lambda cells: pd.Series(cells, dtype="string"),
    "table": lambda cells: pd.DataFrame({"Target": cells}),
}


@pytest.mark.parametrize("cells", SETS, ids=str)
def test_label_sets_are_refused(cells):
    with pytest.raises(ValueError, match="y holds label sets as text, such as .* expected a 0/1"):
        encode_target(cells)


@pytest.mark.parametrize("cells", CLASSES, ids=str)
def test_names_of_classes_are_classes(cells):
    assert encode_target(pd.Series(cells)).classes.tolist() == sorted(set(cells))


@pytest.mark.parametrize("name", sorted({*HPA_LABELS, *HPA_LABELS_2021}))
def test_every_name_of_a_location_is_a_class(name):
    assert find_written_sets([name, *HPA_LABELS, *HPA_LABELS_2021]) == []


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_label_sets_are_refused_in_every_form(form):
    with pytest.raises(ValueError, match=r"holds label sets as text, such as '25 0' \(row 1\)"):
        encode_target(form(["16", "25 0", "2"]))


def test_label_sets_of_polars_are_refused():
    polars = pytest.importorskip("polars")
    for y in (polars.Series(["16", "25 0"]), polars.DataFrame({"Target": ["16", "25 0"]})):
        with pytest.raises(ValueError, match=r"holds label sets as text, such as '25 0' \(row 1\)"):
            encode_target(y)


@pytest.mark.parametrize(
    "y",
    [
        [["Cytosol", "Nucleoli"], ["Cytosol"]],
        [["Cytosol", "Nucleoli"], ["Cytosol", "Aggresome"]],
        [("Cytosol",), ("Cytosol", "Nucleoli")],
        [{"Cytosol"}, {"Cytosol", "Nucleoli"}],
        [{0, 25}, {16, 0}],
        [[25, 0], [16]],
        [np.array(["a", "b"]), np.array(["c", "d"])],
        pd.Series([["a"], ["b", "c"]]),
        pd.Series([{"a"}, {"b"}]),
        pd.DataFrame({"labels": [["a"], ["b", "c"]]}),
    ],
)
def test_lists_of_labels_are_refused(y):
    with pytest.raises(ValueError, match="of labels in each row, .* MultiLabelBinarizer"):
        encode_target(y)


@pytest.mark.parametrize(
    "y", [[[0, 1], [1, 0]], [[True, False], [True, True]], [np.array([0, 1])], [[1, 0], (0, 1)]]
)
def test_nested_lists_of_0_and_1_are_a_matrix(y):
    assert encode_target(y).multilabel


def test_estimators_and_splitters_refuse_label_sets_before_they_begin():
    X, y = np.zeros((4, 2)), pd.Series(["25 0", "16", "2", "25 0"])
    for use in (
        lambda: MultiLabelMLPClassifier().fit(X, y),
        lambda: MultiLabelMLPClassifier().partial_fit(X, y),
        lambda: MultiLabelThresholdClassifier(MultiLabelMLPClassifier()).fit(X, y),
        lambda: HPAPipeline().fit(["missing.png"] * 4, y),
        lambda: MultiLabelStratifiedKFold(2).split(X, y),
    ):
        with pytest.raises(ValueError, match="y holds label sets as text"):
            use()


# ---- the code in the message ------------------------------------------------------------------


def message_about(y):
    with pytest.raises(ValueError) as error:
        encode_target(y)
    return str(error.value)


def run(code, **names):
    scope = {"pd": pd, "np": np, **names}
    exec("import ast\nfrom sklearn.preprocessing import MultiLabelBinarizer\n" + code, scope)
    return scope["y"]


EXPECTED = pd.DataFrame({"a": [1, 0], "b": [1, 1]})


@pytest.mark.parametrize("separator", [" ", "|", ", ", ";", " | "])
@pytest.mark.parametrize("form", [list, pd.Series, "table", "column", "polars"])
def test_the_line_for_a_column_gives_the_matrix(separator, form):
    cells = [separator.join("12"), "2"]
    y = form(cells) if callable(form) else pd.DataFrame({"Target": cells})
    y = y.to_numpy() if form == "column" else y
    y = pytest.importorskip("polars").DataFrame({"Target": cells}) if form == "polars" else y
    code = re.search(r"This column is read by (y = .*)$", message_about(y))[1]
    matrix = run(code, y=y).set_axis(["a", "b"], axis=1)
    assert_frame_equal(matrix, EXPECTED, check_dtype=False)
    assert encode_target(matrix).multilabel


@pytest.mark.parametrize(
    "y",
    [
        [["a", "b"], ["b"]],
        pd.Series([("a", "b"), ("b",)]),
        [{"a", "b"}, {"b"}],
        ["['a', 'b']", "['b']"],
        pd.Series(["('a', 'b')", "('b',)"]),
    ],
)
def test_the_lines_for_lists_give_the_matrix(y):
    code = re.search(r"MultiLabelBinarizer: (.*)$", message_about(y))[1]
    assert_frame_equal(run(code, y=y), EXPECTED, check_dtype=False)


def test_the_line_for_a_file_gives_the_matrix(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    table = pd.DataFrame({"Id": ["p", "q"], "Target": ["25 0", "16"]})
    table.to_csv("train.csv", index=False)
    code = re.search(r"is read by (y = [^,]*), from sklearn_hpa.datasets", message_about(table))[1]
    y = run(code, read_labels=read_labels)
    assert y.loc["p"].sum() == 2
    assert encode_target(y).multilabel


def test_separators_that_differ_are_left_to_the_reader_of_files():
    message = message_about(["0|5", "16, 0"])
    assert "read_labels" in message
    assert "get_dummies" not in message


def test_a_long_cell_is_shortened():
    assert len(message_about(["0 1 " * 200, "2"])) < 500


@pytest.mark.parametrize(
    ("y", "message"),
    [
        ([[1, 0, 0], [1, 0], [0, 0, 1]], "most have 3 values, row 1 has 2"),
        ([[1, 0, 0], [0, 0, 1], np.array([1, 1, 1, 0])], "most have 3 values, row 2 has 4"),
        ([[1, 0, 0], 1, [0, 0, 1]], "most have 3 values, row 1 has 1"),
    ],
)
def test_rows_of_zeros_and_ones_of_different_lengths_are_no_label_sets(y, message):
    with pytest.raises(ValueError, match=f"y has rows of different lengths: {message}; expected"):
        refuse_written_sets(y)


def test_lists_that_may_be_label_numbers_are_label_sets():
    with pytest.raises(ValueError, match="y holds a list of labels"):
        refuse_written_sets([[0, 1], [1]])


@pytest.mark.parametrize(
    "texts", [["adult, male", "adult, female", "child, male", "child, female"], ["1,5", "2,5"]]
)
def test_the_code_for_classes_is_in_the_message_and_works(texts):
    y = pd.Series(texts * 2)
    with pytest.raises(ValueError, match=r"If each text is the name of one class") as caught:
        encode_target(y)
    code = re.search(r"pd\.factorize.*?\[0\]", str(caught.value))[0]
    codes = eval(code, {"y": y, "pd": pd})
    assert [sorted(texts)[code] for code in codes] == y.tolist()
    assert encode_target(codes).classes.tolist() == list(range(len(texts)))


@pytest.mark.parametrize("separator", ["/", " & ", "\n", " and ", " + "])
def test_the_code_for_joined_names_makes_the_matrix(separator):
    y = pd.Series([f"Cytosol{separator}Nucleoli", "Cytosol"])
    with pytest.raises(ValueError, match="label sets as text") as caught:
        encode_target(y)
    code = re.search(r"is read by (y = y.*get_dummies\(.*?\))", str(caught.value))[1]
    names = {"y": y}
    exec(code, names)
    assert names["y"].to_dict("list") == {"Cytosol": [1, 1], "Nucleoli": [1, 0]}
