"""Tests of the parts of an estimator, and of a failed fit, which leaves it unchanged."""

import inspect
import pickle
import threading

import numpy as np
import pytest
from sklearn.base import BaseEstimator, clone
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from sklearn_hpa import HPAPipeline, ImageFlattener, MultiLabelMLPClassifier
from sklearn_hpa._common.estimators import (
    DocumentedMixin,
    parts_of,
    public_in,
    undone_on_failure,
)
from sklearn_hpa.datasets import load_hpa


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


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: MultiLabelMLPClassifier(max_epoch=5),
            "MultiLabelMLPClassifier has no parameter 'max_epoch'; did you mean 'max_epochs'",
        ),
        (lambda: HPAPipeline(image=None), "HPAPipeline has .* 'image'; did you mean 'images'"),
        (
            lambda: ImageFlattener(sizes=64),
            "'sizes'; did you mean 'size'? Its parameters are size, ",
        ),
        (lambda: ImageFlattener(foo=64), "no parameter 'foo'; its parameters are size, channels"),
        (lambda: ImageFlattener(a=1, b=2), "ImageFlattener has no parameters 'a', 'b'; its"),
        (lambda: load_hpa("folder", label="all"), "load_hpa has .* did you mean 'labels'"),
    ],
)
def test_a_misspelt_parameter_is_refused_with_the_nearest_name(call, message):
    with pytest.raises(TypeError, match=message.replace("?", "\\?")):
        call()


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"image": None}, "HPAPipeline has no parameter 'image'; did you mean 'images'"),
        ({"image__size": 3}, "HPAPipeline has .* 'image__size'; did you mean 'images'"),
        ({"images__sizes": 3}, "ImageFlattener has no parameter 'sizes'; did you mean 'size'"),
        ({"classifier__max_epoch": 3}, "MultiLabelMLP.* 'max_epoch'; did you mean 'max_epochs'"),
    ],
)
def test_set_params_suggests_the_nearest_name_at_every_level(params, message):
    with pytest.raises(ValueError, match=message):
        HPAPipeline().set_params(**params)


def test_set_params_changes_nothing_if_one_name_is_unknown():
    flattener = ImageFlattener(size=8)
    with pytest.raises(ValueError, match="no parameter 'sizes'"):
        flattener.set_params(size=16, sizes=3)
    assert flattener.size == 8


@public_in("tests")
class Subject(DocumentedMixin, BaseEstimator):
    def __init__(self, width=1, *, depth=2):
        self.width = width
        self.depth = depth


class Inheriting(Subject):
    pass


@public_in("tests")
class AlsoPublic(Subject):
    pass


def test_the_signature_of_a_public_class_stays():
    assert str(inspect.signature(Subject)) == "(width=1, *, depth=2)"
    assert clone(Subject(3, depth=4)).get_params() == {"width": 3, "depth": 4}
    assert pickle.loads(pickle.dumps(ImageFlattener(size=3))).size == 3


@pytest.mark.parametrize("each", [Subject, Inheriting, AlsoPublic])
def test_subclasses_suggest_names_too(each):
    with pytest.raises(TypeError, match="no parameter 'with'; did you mean 'width'"):
        each(**{"with": 1})


def test_other_errors_of_a_call_stay_as_they_are():
    with pytest.raises(TypeError, match="takes from 1 to 2 positional arguments but 3 were given"):
        Subject(1, 2)


@public_in("tests")
def anything(first, **others):
    return first, others


def test_functions_with_free_keywords_take_them():
    assert anything(1, second=2) == (1, {"second": 2})
