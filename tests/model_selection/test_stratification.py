"""Tests of iterative stratification against a slow reference, and of its balance."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix
from sklearn.model_selection import (
    GroupKFold,
    KFold,
)

from sklearn_hpa.datasets import read_labels
from sklearn_hpa.model_selection import (
    MultiLabelStratifiedGroupKFold,
    MultiLabelStratifiedKFold,
    multilabel_train_test_split,
)
from sklearn_hpa.model_selection._stratification import deal_out

from .folds import largest_deviation, test_folds

# ---- the method -------------------------------------------------------------------------------


def deal_out_slowly(units, shares, n_filled, lone_first):
    """Run the paper's pseudo-code on plain lists, with this library's rules for filling folds.

    `units` has one list per unit: the positives of each label, then the number of samples.
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


# ---- the balance ------------------------------------------------------------------------------


def test_ten_folds_of_the_real_label_table_are_two_positives_off_at_most(hpa_data):
    y = read_labels(hpa_data / "hpa-labels" / "train.csv")
    ours = test_folds(MultiLabelStratifiedKFold(10).split(y, y), len(y))
    assert largest_deviation(y, ours) <= 2
    plain = test_folds(KFold(10, shuffle=True, random_state=0).split(y), len(y))
    assert largest_deviation(y, plain) > 20


@pytest.mark.filterwarnings("ignore:.*one side of the split only.*Microtubule ends")
@pytest.mark.slow
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


def test_a_label_of_a_single_unit_goes_to_the_first_part_where_asked():
    counts = np.ones((8, 2), int)
    counts[:, 0] = np.arange(8) == 5
    parts = deal_out(csr_matrix(counts), np.array([3, 1]), n_filled=2, lone_first=True)
    assert parts[5] == 0
    assert np.bincount(parts).tolist() == [6, 2]
