"""Tests of the threshold search against all candidate thresholds."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sklearn_hpa.meta_estimators._search import (
    as_frequent_as_true,
    choose,
    greatest_f1,
    list_cuts,
    shrink,
)

from .classifiers import f1_of

LEAST = 5e-324
TIED_PROBABILITIES = st.sampled_from([0.0, 1e-9, 0.1, 0.1 + 2**-56, 0.5, 0.9, 1.0])
TIED_OR_NOT = TIED_PROBABILITIES | st.floats(0, 1, allow_subnormal=False)
TIED_LABELS = st.lists(st.tuples(TIED_OR_NOT, st.booleans()), min_size=1, max_size=12)


@given(TIED_LABELS)
def test_cuts_split_no_equals_lie_inside_0_and_1_and_count_what_they_predict(cells):
    proba, truth = map(np.array, zip(*cells, strict=True))
    cuts = list_cuts(proba, truth)
    assert len(cuts.thresholds) and (np.diff(cuts.thresholds) < 0).all()
    assert ((cuts.thresholds > 0) & (cuts.thresholds < 1)).all()
    for threshold, n_predicted, n_hits in zip(*cuts, strict=True):
        assert n_predicted == np.count_nonzero(proba >= threshold)
        assert n_hits == np.count_nonzero(truth[proba >= threshold])


@given(TIED_LABELS.filter(lambda cells: any(true for _, true in cells)))
def test_f1_is_the_greatest_that_any_threshold_reaches(cells):
    proba, truth = map(np.array, zip(*cells, strict=True))
    found = choose(proba, truth, greatest_f1)
    every = [LEAST, *proba[(proba > LEAST) & (proba < 1)], np.nextafter(1, 0)]
    assert f1_of(truth, proba >= found) == max(f1_of(truth, proba >= t) for t in every)


@given(TIED_LABELS.filter(lambda cells: any(true for _, true in cells)))
def test_prevalence_is_met_as_closely_as_ties_allow(cells):
    proba, truth = map(np.array, zip(*cells, strict=True))
    found = choose(proba, truth, as_frequent_as_true)
    every = [LEAST, *proba[(proba > LEAST) & (proba < 1)], np.nextafter(1, 0)]
    misses = [abs(np.count_nonzero(proba >= t) - truth.sum()) for t in every]
    assert abs(np.count_nonzero(proba >= found) - truth.sum()) <= min(misses)


def test_thresholds_shrink_towards_the_pooled_one_as_positives_are_fewer():
    own, n_positives = np.array([0.9, 0.9, 0.9]), np.array([0, 10, 10**9])
    shrunk = shrink(own, 0.3, n_positives, shrinkage=10)
    assert shrunk[0] == pytest.approx(0.3)
    assert shrunk[0] < shrunk[1] < shrunk[2] <= 0.9
    np.testing.assert_allclose(shrunk[2], 0.9)
