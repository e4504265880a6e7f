"""Tests of the input of a splitter: targets, groups, errors."""

import re
import warnings

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array, csr_matrix

from sklearn_hpa.model_selection import (
    MultiLabelStratifiedGroupKFold,
    MultiLabelStratifiedKFold,
    MultiLabelStratifiedShuffleSplit,
    check_groups,
)

from .folds import FRAME, SPLITTERS, test_folds

# ---- accepted forms ---------------------------------------------------------------------------


@pytest.mark.parametrize("splitter", SPLITTERS)
def test_a_target_in_any_form_gives_the_same_splits(data, splitter):
    X, y, groups = data
    cv = splitter(3, random_state=0) if splitter is SPLITTERS[2] else splitter(3)
    given = groups if splitter is MultiLabelStratifiedGroupKFold else None
    expected = list(cv.split(X, y, given))
    frame = pd.DataFrame(y, columns=list("abcd"), index=[f"cell{row}" for row in range(len(y))])
    for target in (frame, csr_matrix(y), csr_array(y), y.astype(bool), y.tolist(), y.astype(float)):
        got = list(cv.split(X, target, given))
        for (train, test), (expected_train, expected_test) in zip(got, expected, strict=True):
            np.testing.assert_array_equal(train, expected_train)
            np.testing.assert_array_equal(test, expected_test)


def test_the_names_of_groups_make_no_difference(data):
    X, y, groups = data
    cv = MultiLabelStratifiedGroupKFold(4)
    expected = test_folds(cv.split(X, y, groups), len(y))
    renamed = pd.Series([f"antibody {-group}" for group in groups])
    np.testing.assert_array_equal(test_folds(cv.split(X, y, renamed), len(y)), expected)


def test_one_column_is_one_label_without_a_warning():
    y = np.array([[0, 1, 1, 0, 0, 1]]).T
    for target in (y, y[:, 0], pd.DataFrame(y)):
        folds = test_folds(MultiLabelStratifiedKFold(3).split(y, target), len(y))
        assert np.bincount(folds, weights=y[:, 0]).tolist() == [1, 1, 1]


def test_a_1d_target_of_many_classes_takes_no_square_of_memory():
    y = np.repeat(np.arange(20_000), 2)
    with warnings.catch_warnings(record=True):
        cv = MultiLabelStratifiedShuffleSplit(1, test_size=0.5, random_state=0)
        train, test = next(cv.split(y[:2000], y[:2000]))
    assert len(set(y[test])) == len(set(y[train])) == 1000


# ---- errors and warnings ----------------------------------------------------------------------


@pytest.mark.parametrize("splitter", SPLITTERS)
@pytest.mark.parametrize(
    ("y", "message"),
    [
        (None, "balances the labels of y and needs it, but y is None"),
        (FRAME.replace(0, 2), r"y is 2 at label 'Nucleoli', row 0 \('a'\)"),
        (FRAME.replace(0, np.nan), r"missing \(nan\) at label 'Nucleoli', row 0 \('a'\)"),
        ([[0, 1], [1, np.nan], [0, 0], [1, 0]], "missing .nan. at label 1, row 1"),
        (["a", None, "b", "a"], "missing value at row 1;"),
        ([0.1, 0.7, 0.3, 0.4], "Unknown label type: continuous"),
        (np.zeros((0, 2)), r"y is empty: its shape is \(0, 2\)"),
        (FRAME[:3], r"inconsistent numbers of samples: \[4, 3\]"),
    ],
)
def test_a_wrong_target_is_refused_before_the_first_split_is_asked_for(splitter, y, message):
    with pytest.raises(ValueError, match=message):
        splitter(2).split(np.zeros(4), y, ["p", "p", "q", "r"])


@pytest.mark.parametrize("splitter", SPLITTERS[1:])
@pytest.mark.parametrize(
    ("groups", "message"),
    [
        ([1, 2, 3], r"inconsistent numbers of samples: \[4, 3\]"),
        ([1.0, np.nan, 2, 2], "groups holds missing values"),
        (["a", None, "b", "b"], "groups holds missing values"),
        ([1, 1, 1, 1], "1 groups|2 groups, one for each side, got 1"),
        (np.zeros((4, 2)), "groups has 2 columns; expected one group for each sample"),
    ],
)
def test_wrong_groups_are_refused_before_the_first_split_is_asked_for(splitter, groups, message):
    with pytest.raises(ValueError, match=message):
        splitter(2).split(FRAME, FRAME, groups)


def test_groups_are_needed_where_they_are_the_point():
    with pytest.raises(ValueError, match="needs the group of each sample, but groups is None"):
        MultiLabelStratifiedGroupKFold(2).split(FRAME, FRAME)


def test_fewer_samples_than_folds_are_refused():
    with pytest.raises(ValueError, match="n_splits=5 is more than the 4 samples there are"):
        MultiLabelStratifiedKFold(5).split(FRAME, FRAME)


def test_a_1d_target_none_of_whose_classes_fills_the_folds_is_refused():
    with pytest.raises(ValueError, match="y has 4 classes, and the most frequent is in 1 samples"):
        MultiLabelStratifiedKFold(2).split(FRAME, FRAME.index)


# ---- groups in a table ------------------------------------------------------------------------

GROUPS = ["p", "p", "q", "r"]
COLUMNS = {
    "Series": pd.Series(GROUPS, index=FRAME.index),
    "categories": pd.Series(GROUPS, index=FRAME.index, dtype="category"),
    "table": pd.DataFrame({"plate": GROUPS}, index=FRAME.index),
    "array": np.array(GROUPS)[:, np.newaxis],
    "lists": [[group] for group in GROUPS],
    "list": GROUPS,
}


@pytest.mark.parametrize("groups", COLUMNS.values(), ids=COLUMNS)
def test_groups_of_one_column_are_read(groups):
    assert check_groups(groups, 4).tolist() == GROUPS
    expected = list(MultiLabelStratifiedGroupKFold(2).split(FRAME, FRAME, GROUPS))
    for (train, test), fold in zip(
        MultiLabelStratifiedGroupKFold(2).split(FRAME, FRAME, groups), expected, strict=True
    ):
        assert train.tolist() == fold[0].tolist()
        assert test.tolist() == fold[1].tolist()


def test_groups_of_one_polars_column_are_read():
    polars = pytest.importorskip("polars")
    for groups in (polars.DataFrame({"plate": GROUPS}), polars.Series(GROUPS)):
        assert check_groups(groups, 4).tolist() == GROUPS


def code_in(groups):
    with pytest.raises(ValueError, match="or number the combinations") as error:
        check_groups(groups, 4)
    return re.search(r"combinations of all: (.*)$", str(error.value))[1]


@pytest.mark.parametrize("kind", ["pandas", "polars", "array"])
def test_groups_of_several_columns_are_refused_with_code_that_combines_them(kind):
    table = {"plate": ["1", "1", "1", "2"], "well": ["A", "A", "B", "A"]}
    groups = pd.DataFrame(table).to_numpy()
    if kind != "array":
        groups = pytest.importorskip(kind).DataFrame(table)
    combined = eval(code_in(groups), {"groups": groups, "pd": pd})
    assert check_groups(combined, 4).tolist() == [0, 0, 1, 2]


def test_the_columns_of_groups_are_named():
    groups = pd.DataFrame({"plate": GROUPS, "well": GROUPS})
    message = r"groups has 2 columns \(plate, well\); .* Choose a column, groups\['plate'\]"
    with pytest.raises(ValueError, match=message):
        check_groups(groups, 4)


@pytest.mark.parametrize("groups", ["plate", 3, np.zeros((4, 0)), np.zeros((4, 1, 1))], ids=str)
def test_values_that_are_no_groups_are_refused_as_groups(groups):
    with pytest.raises(ValueError, match="groups has the shape .*expected one group"):
        check_groups(groups, 4)


def test_samples_without_a_group_are_named():
    groups = pd.Series(["p", None, "q", np.nan], index=FRAME.index)
    message = r"but 2 samples of 4 lack one: row 1 \('b'\), row 3 \('d'\)$"
    for given in (groups, groups.to_frame()):
        with pytest.raises(ValueError, match=message):
            check_groups(given, 4)


def test_groups_of_different_lengths_are_refused_as_groups():
    with pytest.raises(ValueError, match="^groups cannot be read as one group for each sample"):
        check_groups([[1], [2, 3], [1], [1]], 4)


def test_a_number_and_its_text_are_two_groups():
    assert check_groups([1, "1", 2, "a"], 4).tolist() == [1, "1", 2, "a"]
    assert len(set(pd.factorize(check_groups((1, "1", 1, "1"), 4))[0])) == 2
    assert check_groups(["a", "b", "a", "b"], 4).dtype.kind == "U"
