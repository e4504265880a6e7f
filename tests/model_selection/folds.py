"""Fold numbers of samples, and the balance of folds."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import strategies as st

from sklearn_hpa.model_selection import (
    MultiLabelStratifiedGroupKFold,
    MultiLabelStratifiedKFold,
    MultiLabelStratifiedShuffleSplit,
)

SPLITTERS = [
    MultiLabelStratifiedKFold,
    MultiLabelStratifiedGroupKFold,
    MultiLabelStratifiedShuffleSplit,
]
quietly = pytest.mark.filterwarnings("ignore:.* occur (in|on) :UserWarning")


def test_folds(splits, n_samples):
    """Return the test fold of each sample; refuse samples in no fold or in several folds."""
    folds = np.full(n_samples, -1)
    for number, (train, test) in enumerate(splits):
        assert (folds[test] == -1).all()
        folds[test] = number
        assert sorted([*train, *test]) == list(range(n_samples))
    assert (folds >= 0).all()
    return folds


test_folds.__test__ = False


def largest_deviation(y, folds):
    """Return the largest deviation of a fold from its equal share of a label, in positives."""
    y = np.asarray(y)
    n_folds = folds.max() + 1
    counts = np.array([y[folds == fold].sum(axis=0) for fold in range(n_folds)])
    return np.abs(counts - y.sum(axis=0) / n_folds).max()


@st.composite
def labelled(draw):
    n_samples = draw(st.integers(4, 30))
    n_labels = draw(st.integers(1, 4))
    seed = draw(st.integers(0, 2**16))
    rng = np.random.default_rng(seed)
    y = rng.random((n_samples, n_labels)) < draw(st.sampled_from([0.0, 0.1, 0.5, 1.0]))
    groups = rng.integers(draw(st.integers(4, 30)), size=n_samples)
    return pd.DataFrame(y.astype(int)), groups, seed


FRAME = pd.DataFrame({"Nucleoli": [0, 1, 1, 0], "Cytosol": [1.0, 1, 0, 1]}, index=list("abcd"))
