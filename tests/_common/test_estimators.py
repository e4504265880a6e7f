"""Tests that a failed fit leaves the estimator unchanged."""

import pytest
from sklearn.linear_model import LogisticRegression

from sklearn_hpa._common.estimators import undone_on_failure


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_estimators_keep_their_attributes_where_a_fit_fails(error):
    estimator = LogisticRegression().fit([[0], [1]], [0, 1])
    before = dict(vars(estimator))
    with pytest.raises(error), undone_on_failure(estimator):
        estimator.coef_ = None
        estimator.new_ = 1
        del estimator.intercept_
        raise error
    assert vars(estimator) == before


def test_estimators_keep_what_a_fit_that_succeeds_has_learned():
    estimator = LogisticRegression()
    with undone_on_failure(estimator):
        estimator.new_ = 1
    assert estimator.new_ == 1
