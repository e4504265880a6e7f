"""Tests of the two sides of a split: sizes, and labels that only one side can have."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sklearn_hpa.model_selection import (
    MultiLabelStratifiedShuffleSplit,
    multilabel_train_test_split,
)
from sklearn_hpa.model_selection._sides import warn_of_one_sided_labels
from sklearn_hpa.model_selection._units import read_units

from .folds import FRAME, labelled, quietly


@quietly
@settings(max_examples=100, deadline=None)
@given(labelled(), st.floats(0.05, 0.7), st.booleans())
def test_both_sides_have_samples_and_no_group_is_on_both(problem, test_size, grouped):
    y, groups, seed = problem
    groups[:2] = [0, 1]
    groups = groups if grouped else np.arange(len(y))
    cv = MultiLabelStratifiedShuffleSplit(3, test_size=test_size, random_state=seed)
    for train, test in cv.split(y, y, groups if grouped else None):
        assert len(train) and len(test) and len(train) + len(test) == len(y)
        assert not set(groups[train]) & set(groups[test])
        if not grouped:
            assert len(test) == np.ceil(test_size * len(y))


@pytest.mark.parametrize("test_size", [0.1, 0.5, 0.8])
@pytest.mark.parametrize("grouped", [False, True])
@quietly
def test_a_label_of_one_sample_or_group_is_in_training(test_size, grouped):
    rng = np.random.default_rng(0)
    groups = np.arange(60) // 3 if grouped else np.arange(60)
    y = np.column_stack([rng.random((60, 3)) < 0.4, groups == 4]).astype(int)
    cv = MultiLabelStratifiedShuffleSplit(20, test_size=test_size, random_state=0)
    for _, test in cv.split(y, y, groups if grouped else None):
        assert y[test, -1].sum() == 0


def test_what_neither_size_asks_for_is_in_neither_part(data):
    X, y, _ = data
    cv = MultiLabelStratifiedShuffleSplit(2, train_size=60, test_size=0.25, random_state=0)
    for train, test in cv.split(X, y):
        assert (len(train), len(test), len(set(train) & set(test))) == (60, 30, 0)
        assert np.abs(y[train].sum(axis=0) - y.sum(axis=0) / 2).max() <= 2


@pytest.mark.parametrize(
    "sizes",
    [{"test_size": 1.0}, {"test_size": 4}, {"test_size": 0}, {"train_size": -0.1}]
    + [{"test_size": 0.7, "train_size": 0.7}, {"test_size": 3, "train_size": 3}]
    + [{"test_size": 0.9}, {"test_size": "0.2"}],
)
def test_sizes_that_leave_a_side_empty_are_refused(sizes):
    for split in (
        lambda: MultiLabelStratifiedShuffleSplit(**sizes).split(FRAME, FRAME),
        lambda: multilabel_train_test_split(FRAME, **sizes),
    ):
        with pytest.raises(ValueError, match="test_size|train_size|train set"):
            split()


def test_a_label_that_cannot_be_on_both_sides_is_named():
    y = pd.DataFrame({"Cytosol": [1] * 8, "Aggresome": [1, 1, 0, 0, 0, 0, 0, 0]})
    message = r"1 of 2 labels occur on one side .*: no test sample has Aggresome \(1 group\)$"
    groups = [0, 0, 1, 1, 2, 2, 3, 3]
    with pytest.warns(UserWarning, match=message) as told:
        MultiLabelStratifiedShuffleSplit(2, random_state=0).split(y, y, groups)
    assert told[0].filename == __file__
    with pytest.warns(UserWarning, match=message) as told:
        multilabel_train_test_split(y, groups=groups, random_state=0)
    assert told[0].filename == __file__


def rare(n_with):
    return pd.DataFrame({"Cytosol": 1, "Aggresome": [1] * n_with + [0] * (40 - n_with)})


@pytest.mark.parametrize(
    ("n_with", "test_size", "described"),
    [(1, 0.25, "1 sample"), (2, 0.25, "2 samples"), (3, 0.1, "3 samples")],
)
def test_a_label_that_one_side_lacks_is_named_with_its_number(n_with, test_size, described):
    y = rare(n_with)
    message = (
        r"^1 of 2 labels occur on one side of the split only: no test sample has "
        rf"Aggresome \({described}\)$"
    )
    with pytest.warns(UserWarning, match=message) as told:
        _, y_test = multilabel_train_test_split(y, test_size=test_size, random_state=0)
    assert len(told) == 1
    assert not y_test["Aggresome"].any()
    with pytest.warns(UserWarning, match=message) as told:
        list(MultiLabelStratifiedShuffleSplit(5, test_size=test_size, random_state=0).split(y, y))
    assert len(told) == 1


def test_a_label_that_the_training_side_lacks_is_named():
    y = pd.DataFrame({"Cytosol": [1] * 6, "Aggresome": [1, 1, 0, 0, 0, 0]})
    groups = [0, 0, 0, 0, 0, 1]
    with pytest.warns(UserWarning, match=r"no training sample has Aggresome \(1 group\)"):
        multilabel_train_test_split(y, groups=groups, test_size=5, random_state=0)


@pytest.mark.parametrize("n_with", [2, 3, 4])
def test_labels_that_both_sides_have_are_not_warned_of(n_with):
    multilabel_train_test_split(rare(n_with), test_size=0.5, random_state=0)


def test_a_later_split_warns_only_of_labels_that_are_new():
    y = rare(2)
    y["Endosomes"] = [0] * 38 + [1] * 2
    units = read_units(y, y, None, "test")
    rows = np.arange(40)
    with pytest.warns(UserWarning, match=r"1 of 3 .* no test sample has Aggresome \(2 samples\)$"):
        named = warn_of_one_sided_labels(units, (rows, rows[2:]))
    assert warn_of_one_sided_labels(units, (rows, rows[2:]), named) == named
    with pytest.warns(UserWarning, match=r"no test sample has Endosomes \(2 samples\)$"):
        named = warn_of_one_sided_labels(units, (rows, rows[:38]), named)
    assert named == {1, 2}
