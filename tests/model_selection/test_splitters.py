"""Splits: what they balance, what they keep together, what they refuse."""

import copy
import pickle
import subprocess
import sys
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array, csr_matrix, issparse
from sklearn import config_context
from sklearn.base import clone
from sklearn.datasets import make_multilabel_classification
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    KFold,
    cross_val_predict,
    cross_validate,
)
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import sklearn_hpa.neural_network._classifier
from sklearn_hpa import HPAPipeline, MultiLabelMLPClassifier, load, save
from sklearn_hpa.datasets import read_labels
from sklearn_hpa.model_selection import (
    MultiLabelStratifiedGroupKFold,
    MultiLabelStratifiedKFold,
    MultiLabelStratifiedShuffleSplit,
    multilabel_train_test_split,
)
from sklearn_hpa.model_selection._stratification import deal_out

SPLITTERS = [
    MultiLabelStratifiedKFold,
    MultiLabelStratifiedGroupKFold,
    MultiLabelStratifiedShuffleSplit,
]
quietly = pytest.mark.filterwarnings("ignore:.* occur in :UserWarning")


@pytest.fixture(scope="module")
def data():
    X, y = make_multilabel_classification(120, 5, n_classes=4, random_state=0)
    groups = np.random.default_rng(0).integers(30, size=120)
    return X, y, groups


def test_folds(splits, n_samples):
    """The number of each sample's test fold; refuses samples in none or in several."""
    folds = np.full(n_samples, -1)
    for number, (train, test) in enumerate(splits):
        assert (folds[test] == -1).all()
        folds[test] = number
        assert sorted([*train, *test]) == list(range(n_samples))
    assert (folds >= 0).all()
    return folds


test_folds.__test__ = False


def largest_deviation(y, folds):
    """How far a fold is off its equal share of a label, at most, in positives."""
    y = np.asarray(y)
    n_folds = folds.max() + 1
    counts = np.array([y[folds == fold].sum(axis=0) for fold in range(n_folds)])
    return np.abs(counts - y.sum(axis=0) / n_folds).max()


# ---- the method -------------------------------------------------------------------------------


def deal_out_slowly(units, shares, n_filled, lone_first):
    """The paper's pseudo-code on plain lists, with this library's want, room and filling of parts.

    `units` has a list for each unit: the positives of each label, then all samples.
    """
    parts = [[] for _ in shares]
    left = list(range(len(units)))
    labels = range(len(units[0]))
    total = [sum(unit[label] for unit in units) for label in labels]

    def lacking(part, label):
        there = sum(units[unit][label] for unit in parts[part])
        return total[label] * shares[part] - there * sum(shares)

    def want(part, unit):
        fall = 0.0
        for label in labels:
            added = units[unit][label] * sum(shares)
            if added and shares[part]:
                expected = total[label] * shares[part]
                fall += added * (2 * lacking(part, label) - added) * (1 / expected)
        return fall

    while left:
        having = {label: [unit for unit in left if units[unit][label]] for label in labels}
        rarest = min(
            (label for label in labels if having[label]), key=lambda label: len(having[label])
        )
        lone = sum(unit[rarest] > 0 for unit in units) == 1
        for unit in sorted(
            having[rarest], key=lambda unit: (-units[unit][rarest], -units[unit][-1])
        ):
            size = units[unit][-1] * sum(shares)
            empty = [part for part in range(n_filled) if not parts[part]]
            allowed = [part for part in range(len(shares)) if lacking(part, -1) >= size]
            if len(empty) >= len(left):
                allowed = empty
            elif not allowed:
                allowed = [part for part in range(len(shares)) if lacking(part, -1) > 0]
            elif lone_first and lone and 0 in allowed:
                allowed = [0]
            parts[max(allowed, key=lambda part: want(part, unit))].append(unit)
            left.remove(unit)
    return [next(p for p, part in enumerate(parts) if unit in part) for unit in range(len(units))]


@st.composite
def units(draw):
    n_labels = draw(st.integers(1, 4))
    positives = st.lists(st.integers(0, 3), min_size=n_labels, max_size=n_labels)
    rows = draw(st.lists(positives, min_size=3, max_size=14))
    return [[*row, max([1, *row]) + draw(st.integers(0, 2))] for row in rows]


@settings(max_examples=150, deadline=None)
@given(units(), st.integers(2, 3))
def test_folds_are_those_of_a_slow_reference(units, n_folds):
    got = deal_out(csr_matrix(units), np.ones(n_folds, dtype=int), n_filled=n_folds)
    assert got.tolist() == deal_out_slowly(units, [1] * n_folds, n_folds, lone_first=False)


@settings(max_examples=150, deadline=None)
@given(units(), st.integers(1, 9), st.integers(1, 9), st.integers(0, 9))
def test_two_sides_are_those_of_a_slow_reference(units, n_train, n_test, n_rest):
    shares = np.array([n_train, n_test, n_rest])
    got = deal_out(csr_matrix(units), shares, n_filled=2, lone_first=True)
    assert got.tolist() == deal_out_slowly(units, shares.tolist(), 2, lone_first=True)


@st.composite
def labelled(draw):
    n_samples = draw(st.integers(4, 30))
    n_labels = draw(st.integers(1, 4))
    seed = draw(st.integers(0, 2**16))
    rng = np.random.default_rng(seed)
    y = rng.random((n_samples, n_labels)) < draw(st.sampled_from([0.0, 0.1, 0.5, 1.0]))
    groups = rng.integers(draw(st.integers(4, 30)), size=n_samples)
    return pd.DataFrame(y.astype(int)), groups, seed


@quietly
@settings(max_examples=100, deadline=None)
@given(labelled(), st.integers(2, 4), st.booleans())
def test_every_sample_is_tested_once_in_folds_of_even_size(problem, n_splits, shuffle):
    y, _, seed = problem
    cv = MultiLabelStratifiedKFold(
        n_splits, shuffle=shuffle, random_state=seed if shuffle else None
    )
    sizes = np.bincount(test_folds(cv.split(y, y), len(y)), minlength=n_splits)
    assert sizes.max() - sizes.min() <= 1


@quietly
@settings(max_examples=100, deadline=None)
@given(labelled(), st.integers(2, 4), st.booleans())
def test_no_group_is_in_two_folds_and_no_fold_is_empty(problem, n_splits, shuffle):
    y, groups, seed = problem
    groups[:4] = [0, 1, 2, 3]
    cv = MultiLabelStratifiedGroupKFold(
        n_splits, shuffle=shuffle, random_state=seed if shuffle else None
    )
    folds = test_folds(cv.split(y, y, groups), len(y))
    assert set(folds) == set(range(n_splits))
    assert (pd.Series(folds).groupby(groups).nunique() == 1).all()


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


# ---- the balance ------------------------------------------------------------------------------


def test_ten_folds_of_the_real_label_table_are_two_positives_off_at_most(hpa_data):
    y = read_labels(hpa_data / "hpa-labels" / "train.csv")
    ours = test_folds(MultiLabelStratifiedKFold(10).split(y, y), len(y))
    assert largest_deviation(y, ours) <= 2
    plain = test_folds(KFold(10, shuffle=True, random_state=0).split(y), len(y))
    assert largest_deviation(y, plain) > 20


@pytest.mark.parametrize("test_size", [0.1, 0.25, 0.5])
def test_a_test_set_of_the_real_label_table_is_five_positives_off_at_most(hpa_data, test_size):
    y = read_labels(hpa_data / "hpa-labels" / "train.csv")[:10_000]
    *_, y_test = multilabel_train_test_split(y, y, test_size=test_size, random_state=0)
    assert (y_test.sum() - test_size * y.sum()).abs().max() <= 5


@pytest.mark.parametrize("seed", range(3))
def test_groups_of_real_cells_are_more_balanced_than_in_group_k_fold(hpa_data, seed):
    y = read_labels(hpa_data / "hpa-cells" / "train.csv", labels="present")
    groups = pd.read_csv(hpa_data / "hpa-cells" / "groups.csv", index_col="Id")["Group"][y.index]
    ours, theirs = (
        test_folds(splitter(5, shuffle=True, random_state=seed).split(y, y, groups), len(y))
        for splitter in (MultiLabelStratifiedGroupKFold, GroupKFold)
    )
    assert largest_deviation(y, ours) <= 3 < 6 < largest_deviation(y, theirs)
    assert np.ptp(np.bincount(ours)) <= 1


def test_a_fold_takes_no_group_it_has_no_room_for():
    groups = np.repeat(np.arange(7), [6, 3, 3, 3, 1, 1, 1])
    y = np.ones((len(groups), 1), dtype=int)
    folds = test_folds(MultiLabelStratifiedGroupKFold(3).split(y, pd.DataFrame(y), groups), len(y))
    assert np.bincount(folds).tolist() == [6, 6, 6]


def test_classes_of_a_1d_target_are_balanced():
    y = np.repeat(["cytosol", "nucleus", "vesicles"], [30, 15, 5])
    folds = test_folds(MultiLabelStratifiedKFold(5).split(y, y), len(y))
    assert (pd.crosstab(y, folds).to_numpy() == [[6] * 5, [3] * 5, [1] * 5]).all()


def test_samples_without_a_label_are_spread_too():
    y = np.array([[1]] * 4 + [[0]] * 8)
    folds = test_folds(MultiLabelStratifiedKFold(4).split(y, pd.DataFrame(y)), len(y))
    assert np.bincount(folds[4:]).tolist() == [2, 2, 2, 2]


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


# ---- what is accepted -------------------------------------------------------------------------


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


# ---- randomness -------------------------------------------------------------------------------


def drawn(splitter, seed):
    if splitter is MultiLabelStratifiedShuffleSplit:
        return splitter(3, test_size=0.3, random_state=seed)
    return splitter(3, shuffle=True, random_state=seed)


@pytest.mark.parametrize("splitter", SPLITTERS)
def test_the_seed_decides_the_splits(data, splitter):
    X, y, groups = data
    given = None if splitter is MultiLabelStratifiedKFold else groups

    def tested(seed):
        return [sorted(test) for _, test in drawn(splitter, seed).split(X, y, given)]

    assert tested(0) == tested(0) != tested(1)


@pytest.mark.parametrize("splitter", SPLITTERS)
@pytest.mark.parametrize("seed", [None, 0])
def test_the_global_random_state_is_neither_used_nor_touched(data, splitter, seed):
    X, y, groups = data
    given = None if splitter is MultiLabelStratifiedKFold else groups
    tested = []
    for _ in range(2):
        np.random.seed(0)
        before = np.random.get_state()[1].copy()
        tested.append([sorted(test) for _, test in drawn(splitter, seed).split(X, y, given)])
        np.testing.assert_array_equal(np.random.get_state()[1], before)
    assert (tested[0] == tested[1]) == (seed is not None)


def test_a_generator_goes_on_from_split_to_split(data):
    X, y, _ = data
    cv = MultiLabelStratifiedKFold(3, shuffle=True, random_state=np.random.RandomState(0))
    first, second = ([test.tolist() for _, test in cv.split(X, y)] for _ in range(2))
    assert first != second


# ---- what is refused, and what is warned of ---------------------------------------------------


@pytest.mark.parametrize("splitter", SPLITTERS)
@pytest.mark.parametrize("n_splits", [0, -3, 2.0, "5", None])
def test_a_wrong_number_of_splits_is_refused(splitter, n_splits):
    with pytest.raises(ValueError, match=f"n_splits must be an integer of at least .*{n_splits!r}"):
        splitter(n_splits)


@pytest.mark.parametrize("splitter", SPLITTERS[:2])
def test_one_fold_a_seed_without_shuffling_and_a_shuffle_that_is_none_are_refused(splitter):
    with pytest.raises(ValueError, match="n_splits must be an integer of at least 2, got 1"):
        splitter(1)
    with pytest.raises(ValueError, match="random_state=0 has no effect where shuffle is False"):
        splitter(random_state=0)
    with pytest.raises(TypeError, match="shuffle must be True or False, got 'yes'"):
        splitter(shuffle="yes")


FRAME = pd.DataFrame({"Nucleoli": [0, 1, 1, 0], "Cytosol": [1.0, 1, 0, 1]}, index=list("abcd"))


@pytest.mark.parametrize("splitter", SPLITTERS)
@pytest.mark.parametrize(
    ("y", "message"),
    [
        (None, "balances the labels of y and needs it, but y is None"),
        (FRAME.replace(0, 2), r"row 0 \(a\) of label 'Nucleoli' holds 2"),
        (FRAME.replace(0, np.nan), r"missing value at row 0 \(a\) of label 'Nucleoli'"),
        ([[0, 1], [1, np.nan], [0, 0], [1, 0]], "missing value at row 1 of label 1"),
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
        (np.zeros((4, 2)), "should be a 1d array"),
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


def test_labels_with_fewer_positives_than_folds_are_named():
    y = pd.DataFrame(0, index=range(30), columns=[f"label{number}" for number in range(16)])
    for number in range(14):
        y.iloc[2 * number : 2 * number + 2, number] = 1
    y["label14"] = np.arange(30) % 3 == 0
    with pytest.warns(UserWarning, match=r"14 of 16 labels .* n_splits=3") as told:
        MultiLabelStratifiedKFold(3).split(y, y)
    assert str(told[0].message).endswith("label11 (2), and 2 more")
    assert told[0].filename == __file__


def test_labels_in_fewer_groups_than_folds_are_named():
    y = pd.DataFrame({"Cytosol": [1] * 8, "Aggresome": [1, 1, 1, 1, 0, 0, 0, 0]})
    with pytest.warns(UserWarning, match=r"1 of 2 labels occur in fewer groups .* Aggresome \(2\)"):
        MultiLabelStratifiedGroupKFold(3).split(y, y, [0, 0, 1, 1, 2, 2, 3, 3])


def test_a_label_that_cannot_be_on_both_sides_is_named():
    y = pd.DataFrame({"Cytosol": [1] * 8, "Aggresome": [1, 1, 0, 0, 0, 0, 0, 0]})
    message = "1 of 2 labels occur in a single group and cannot be on both sides .* Aggresome"
    groups = [0, 0, 1, 1, 2, 2, 3, 3]
    with pytest.warns(UserWarning, match=message) as told:
        MultiLabelStratifiedShuffleSplit(2, random_state=0).split(y, y, groups)
    assert told[0].filename == __file__
    with pytest.warns(UserWarning, match=message) as told:
        multilabel_train_test_split(y, groups=groups, random_state=0)
    assert told[0].filename == __file__


def test_groups_that_would_be_ignored_are_warned_of(data):
    X, y, groups = data
    with pytest.warns(UserWarning, match="ignored by .*: MultiLabelStratifiedGroupKFold keeps"):
        MultiLabelStratifiedKFold(2).split(X, y, groups)


# ---- multilabel_train_test_split --------------------------------------------------------------


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


# ---- among scikit-learn's tools ---------------------------------------------------------------


def test_light_model_selection_does_not_import_torch():
    code = "import sys, sklearn_hpa.model_selection; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_repr_has_every_parameter():
    assert repr(MultiLabelStratifiedKFold(3)) == (
        "MultiLabelStratifiedKFold(n_splits=3, random_state=None, shuffle=False)"
    )
    got = repr(MultiLabelStratifiedShuffleSplit(test_size=0.2))
    assert " ".join(got.split()) == (
        "MultiLabelStratifiedShuffleSplit(n_splits=10, random_state=None, test_size=0.2, "
        "train_size=None)"
    )


@pytest.mark.parametrize("splitter", SPLITTERS)
def test_the_number_of_splits_and_copies(data, splitter, tmp_path):
    X, y, groups = data
    given = None if splitter is MultiLabelStratifiedKFold else groups
    cv = drawn(splitter, 0)
    search = save(GridSearchCV(KNeighborsClassifier(), {}, cv=cv), tmp_path / "search.skops")
    assert cv.get_n_splits(X, y, groups) == cv.get_n_splits() == 3
    expected = [test.tolist() for _, test in cv.split(X, y, given)]
    for twin in (copy.deepcopy(cv), clone(cv, safe=False), pickle.loads(pickle.dumps(cv))):
        assert [test.tolist() for _, test in twin.split(X, y, given)] == expected
    assert [test.tolist() for _, test in load(search).cv.split(X, y, given)] == expected


def test_cross_validation_and_a_search_over_frames(data):
    X, y, groups = data
    X, y = pd.DataFrame(X), pd.DataFrame(y, columns=list("abcd"))
    cv = MultiLabelStratifiedKFold(3)
    scores = cross_validate(KNeighborsClassifier(), X, y, cv=cv, scoring="f1_micro")
    assert scores["test_score"].shape == (3,)
    assert cross_val_predict(KNeighborsClassifier(), X, y, cv=cv).shape == y.shape
    search = GridSearchCV(
        KNeighborsClassifier(),
        {"n_neighbors": [1, 5]},
        cv=MultiLabelStratifiedGroupKFold(3),
        scoring="f1_micro",
    ).fit(X, y, groups=groups)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


@pytest.mark.parametrize("splitter", SPLITTERS[1:])
@pytest.mark.parametrize("routing", [False, True])
def test_groups_reach_the_splitter_with_and_without_metadata_routing(data, splitter, routing):
    X, y, groups = data
    cv = drawn(splitter, 0)
    expected = [test.tolist() for _, test in cv.split(X, y, groups)]
    with config_context(enable_metadata_routing=routing):
        scores = cross_validate(
            KNeighborsClassifier(),
            X,
            y,
            cv=cv,
            scoring="f1_micro",
            return_indices=True,
            **({"params": {"groups": groups}} if routing else {"groups": groups}),
        )
    assert [test.tolist() for test in scores["indices"]["test"]] == expected


def test_with_routing_a_splitter_that_takes_no_groups_requests_none(data):
    X, y, groups = data
    with config_context(enable_metadata_routing=True):
        with pytest.raises(TypeError, match="groups.* not routed to any object"):
            cross_validate(
                KNeighborsClassifier(),
                X,
                y,
                cv=MultiLabelStratifiedKFold(2),
                params={"groups": groups},
            )


# ---- the classifier's own validation split ----------------------------------------------------


@pytest.fixture
def validation_splits(monkeypatch):
    """A list that gets, for every fit, the groups it was given and its two sides."""
    seen = []
    split_rows = sklearn_hpa.neural_network._classifier.split_rows

    def spy(rows, target, groups, fraction, seed):
        train, valid = split_rows(rows, target, groups, fraction, seed)
        seen.append((target, groups, train, valid))
        return train, valid

    monkeypatch.setattr(sklearn_hpa.neural_network._classifier, "split_rows", spy)
    return seen


def stopped(**params):
    return MultiLabelMLPClassifier(
        **{"hidden_layer_sizes": (4,), "max_epochs": 2, "early_stopping": True, "random_state": 0}
        | params
    )


def test_the_validation_split_has_its_share_of_every_label(data, validation_splits):
    X, y, _ = data
    stopped(validation_fraction=0.25).fit(X, y)
    [(_, _, train, valid)] = validation_splits
    assert len(valid) == 30 and len(train) == 90
    assert (np.diff(train) > 0).all() and (np.diff(valid) > 0).all()
    assert np.abs(y[valid].sum(axis=0) - y.sum(axis=0) / 4).max() < 2


def test_the_only_positive_of_a_label_is_trained_on_and_nobody_is_warned(data, validation_splits):
    X, y, _ = data
    y = np.column_stack([y, np.eye(120, 3, dtype=int)])
    for seed in range(5):
        stopped(validation_fraction=0.6, random_state=seed).fit(X, y)
    for _, _, train, _ in validation_splits:
        assert {0, 1, 2} <= set(train)


def test_the_validation_split_of_a_1d_target(data, validation_splits):
    X, _, _ = data
    y = np.repeat(["cytosol", "nucleus", "vesicles"], [80, 39, 1])
    stopped(validation_fraction=0.2).fit(X, y)
    [(_, _, _, valid)] = validation_splits
    assert sorted(y[valid]) == ["cytosol"] * 16 + ["nucleus"] * 8


@pytest.mark.parametrize("fraction", [0.01, 0.99])
@pytest.mark.parametrize("grouped", [False, True])
def test_each_side_of_the_validation_split_has_a_sample(fraction, grouped, validation_splits):
    X = np.arange(6.0).reshape(-1, 1)
    y = np.array([0, 1, 0, 1, 0, 1])
    groups = [0, 0, 0, 0, 0, 1] if grouped else None
    stopped(validation_fraction=fraction).fit(X, y, groups=groups)
    [(_, _, train, valid)] = validation_splits
    assert len(train) and len(valid) and len(train) + len(valid) == 6


def test_samples_of_weight_zero_are_on_neither_side(data, validation_splits):
    X, y, groups = data
    weight = np.ones(120)
    weight[::5] = 0
    stopped().fit(X, y, sample_weight=weight, groups=groups)
    [(_, _, train, valid)] = validation_splits
    assert sorted([*train, *valid]) == np.flatnonzero(weight).tolist()
    assert not set(groups[train]) & set(groups[valid])


@pytest.mark.parametrize("kind", ["classifier", "Pipeline", "HPAPipeline"])
def test_groups_routed_through_cross_validation_reach_the_validation_split(
    data, kind, validation_splits
):
    X, y, groups = data
    with config_context(enable_metadata_routing=True):
        classifier = stopped(validation_fraction=0.3).set_fit_request(groups=True)
        estimator = {
            "classifier": classifier,
            "Pipeline": make_pipeline(StandardScaler(), classifier),
            "HPAPipeline": HPAPipeline(images="passthrough", classifier=classifier),
        }[kind]
        scores = cross_validate(
            estimator,
            X,
            y,
            cv=MultiLabelStratifiedGroupKFold(3),
            params={"groups": groups},
            scoring="f1_micro",
            return_indices=True,
            error_score="raise",
        )
    assert len(validation_splits) == 3
    for (_, routed, train, valid), rows in zip(
        validation_splits, scores["indices"]["train"], strict=True
    ):
        np.testing.assert_array_equal(routed, groups[rows])
        assert not set(routed[train]) & set(routed[valid])
        assert sorted([*train, *valid]) == list(range(len(rows)))


def test_a_column_that_holds_the_groups_is_not_taken_for_the_labels():
    frame = pd.DataFrame({"g": np.repeat(np.arange(20), 2), "x": np.arange(40.0)})
    y = np.random.default_rng(0).integers(0, 2, (40, 3))
    with_groups = multilabel_train_test_split(
        frame, y, frame["g"].copy(), groups=frame["g"], random_state=0
    )
    without = multilabel_train_test_split(frame, y, groups=frame["g"], random_state=0)
    for found, expected in zip(with_groups[:4], without, strict=True):
        np.testing.assert_array_equal(found, expected)
