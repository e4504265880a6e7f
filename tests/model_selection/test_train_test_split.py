"""Tests of the stratified split of arrays."""

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_matrix, issparse

from sklearn_hpa.model_selection import (
    MultiLabelStratifiedShuffleSplit,
    multilabel_train_test_split,
)


def test_arrays_keep_their_type_and_their_rows(data):
    X, y, groups = data
    frame = pd.DataFrame(X, index=[f"cell{row}" for row in range(len(X))])
    series = frame[0]
    arrays = (frame, series, csr_matrix(X), X.tolist(), X, y)
    parts = multilabel_train_test_split(*arrays, random_state=0)
    assert [len(part) for part in parts if not issparse(part)] == [90, 30] * 5
    train = parts[0].index
    pd.testing.assert_frame_equal(parts[0], frame.loc[train])
    pd.testing.assert_series_equal(parts[2], series.loc[train])
    np.testing.assert_array_equal(parts[4].toarray(), frame.loc[train])
    assert isinstance(parts[6], list) and isinstance(parts[8], np.ndarray)
    np.testing.assert_array_equal(parts[6], parts[8])
    np.testing.assert_array_equal(parts[10], pd.DataFrame(y, index=frame.index).loc[train])


def test_groups_among_the_arrays_are_split_and_not_taken_for_the_target(data):
    X, y, groups = data
    parts = multilabel_train_test_split(X, y, groups, groups=groups, random_state=0)
    assert not set(parts[4]) & set(parts[5])
    expected = multilabel_train_test_split(X, y, groups=groups, random_state=0)
    for part, other in zip(parts[:4], expected, strict=True):
        np.testing.assert_array_equal(part, other)


def test_stratify_names_the_labels_where_the_last_array_is_another(data):
    X, y, _ = data
    train, test = multilabel_train_test_split(X, stratify=y, test_size=20, random_state=0)
    expected = multilabel_train_test_split(X, y, test_size=20, random_state=0)
    np.testing.assert_array_equal(train, expected[0])
    np.testing.assert_array_equal(test, expected[1])


def test_the_one_split_is_the_first_of_the_splitter(data):
    X, y, groups = data
    cv = MultiLabelStratifiedShuffleSplit(1, test_size=0.3, random_state=0)
    train, test = next(cv.split(X, y, groups))
    parts = multilabel_train_test_split(X, y, test_size=0.3, groups=groups, random_state=0)
    np.testing.assert_array_equal(parts[2], y[train])
    np.testing.assert_array_equal(parts[3], y[test])


def test_there_must_be_an_array_to_split():
    with pytest.raises(ValueError, match="at least one array"):
        multilabel_train_test_split()
    groups = [0, 1, 2]
    with pytest.raises(ValueError, match="no array but groups"):
        multilabel_train_test_split(groups, groups=groups)


def test_a_column_that_holds_the_groups_is_not_taken_for_the_labels():
    frame = pd.DataFrame({"g": np.repeat(np.arange(20), 2), "x": np.arange(40.0)})
    y = np.random.default_rng(0).integers(0, 2, (40, 3))
    with_groups = multilabel_train_test_split(
        frame, y, frame["g"].copy(), groups=frame["g"], random_state=0
    )
    without = multilabel_train_test_split(frame, y, groups=frame["g"], random_state=0)
    for found, expected in zip(with_groups[:4], without, strict=True):
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("form", [list, pd.Series, pd.Series.to_frame, lambda s: s.to_numpy()])
def test_groups_of_any_form_among_the_arrays_are_not_the_labels(form):
    y = np.tile([[1, 0], [0, 1]], (4, 1))
    series = pd.Series(list("aabbccdd"))
    split = multilabel_train_test_split(y, form(series), groups=form(series), random_state=0)
    assert split[0].shape == (6, 2)


def test_images_of_different_shapes_are_split_next_to_groups():
    images = [np.zeros((4 + row, 4), dtype=np.uint8) for row in range(8)]
    y = np.tile([[1, 0], [0, 1]], (4, 1))
    split = multilabel_train_test_split(images, y, groups=list("aabbccdd"), random_state=0)
    assert (len(split[0]), len(split[1])) == (6, 2)
