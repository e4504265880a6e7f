"""Tests of the parts of an estimator, and of a failed fit, which leaves it unchanged."""

import threading

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from sklearn_hpa._common.estimators import parts_of, undone_on_failure


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


def test_parts_are_found_in_steps_lists_dicts_and_arrays():
    inner = [LogisticRegression() for _ in range(5)]
    pipe = make_pipeline(inner[0], inner[1])
    pipe.kept_ = {"a": (inner[2],)}
    pipe.more_ = np.array([inner[3], None], dtype=object)
    pipe.steps[0][1].estimator_ = inner[4]
    found = [part for part in parts_of(pipe) if isinstance(part, LogisticRegression)]
    assert {id(part) for part in found} == {id(each) for each in inner} and len(found) == 5


def test_a_part_that_holds_itself_is_met_once():
    loop = LogisticRegression()
    loop.self_ = [loop]
    assert sum(part is loop for part in parts_of(loop)) == 1


def test_a_part_without_a_state_has_no_parts():
    model = LogisticRegression()
    model.lock_ = threading.Lock()
    assert any(part is model.lock_ for part in parts_of(model))
