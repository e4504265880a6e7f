"""Tests of the splitters: folds, groups, random seeds, scikit-learn's tools."""

import copy
import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import config_context
from sklearn.base import clone
from sklearn.model_selection import (
    GridSearchCV,
    cross_val_predict,
    cross_validate,
)
from sklearn.neighbors import KNeighborsClassifier

from sklearn_hpa import load, save
from sklearn_hpa.model_selection import (
    MultiLabelStratifiedGroupKFold,
    MultiLabelStratifiedKFold,
    MultiLabelStratifiedShuffleSplit,
)

from .folds import SPLITTERS, labelled, quietly, test_folds

# ---- the method -------------------------------------------------------------------------------


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


# ---- errors and warnings ----------------------------------------------------------------------


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


def test_labels_that_whole_groups_keep_out_of_a_fold_are_named():
    y = [[1, 0], [1, 1], [1, 0], [0, 0], [1, 0], [0, 1]]
    message = r"1 of 2 labels occur in groups that n_splits=2 folds cannot share, .*: 1 \(2\)$"
    with pytest.warns(UserWarning, match=message):
        MultiLabelStratifiedGroupKFold(2).split(y, y, [2, 2, 0, 0, 0, 3])


def test_groups_that_would_be_ignored_are_warned_of(data):
    X, y, groups = data
    with pytest.warns(UserWarning, match="ignored by .*: MultiLabelStratifiedGroupKFold keeps"):
        MultiLabelStratifiedKFold(2).split(X, y, groups)


# ---- scikit-learn's tools ---------------------------------------------------------------------


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
