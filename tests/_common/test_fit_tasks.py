"""Test the tasks of a fit, as scikit-learn's callbacks see them."""

import builtins
import importlib
import sys

import numpy as np
import pytest
from sklearn.base import BaseEstimator
from sklearn.datasets import make_multilabel_classification
from sklearn.linear_model import LogisticRegression
from sklearn.multioutput import MultiOutputClassifier
from sklearn.pipeline import make_pipeline

from sklearn_hpa import (
    HPAPipeline,
    ImageFlattener,
    MultiLabelMLPClassifier,
    MultiLabelThresholdClassifier,
    load,
    save,
)
from sklearn_hpa._common import fit_tasks
from sklearn_hpa._common.fit_tasks import NO_TASK, FitTask, n_portions, without_callbacks


def following():
    pytest.importorskip("sklearn.callback", reason="scikit-learn has callbacks from 1.9 on")
    return importlib.import_module("tests._common.following")


@pytest.fixture
def plain_module(monkeypatch):
    """The module as it is with a scikit-learn that has no callbacks."""
    plain_import = builtins.__import__

    def without(name, *args, **kwargs):
        if name == "sklearn.callback":
            raise ImportError(name)
        return plain_import(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    monkeypatch.delitem(sys.modules, "sklearn_hpa._common.fit_tasks")
    yield importlib.import_module("sklearn_hpa._common.fit_tasks")
    monkeypatch.undo()
    sys.modules["sklearn_hpa._common.fit_tasks"] = fit_tasks


def test_an_earlier_scikit_learn_has_a_mixin_that_does_nothing(plain_module):
    class Estimator(plain_module.CallbackSupportMixin, BaseEstimator):
        @plain_module.with_callbacks
        def fit(self):
            task = plain_module.FitTask.root(self, 2)
            assert not task and not task.part("epoch").begin().end()
            return self

    assert not hasattr(Estimator().fit(), "set_callbacks")


def test_a_fit_without_callbacks_has_no_task():
    task = FitTask.root(LogisticRegression(), 3, X=[1], y=[1])
    assert not task and task.data == {} and task.estimator is None
    assert task.part("epoch") is task and not task.end({"coef_": 1})
    with task.handing_over(None):
        assert list(NO_TASK.over(iter("abc"), "items", 3)) == ["a", "b", "c"]


@pytest.mark.parametrize(("n_items", "n_parts"), [(0, 0), (7, 7), (100, 100), (100_000, 100)])
def test_many_items_are_reported_in_at_most_100_portions(n_items, n_parts):
    assert n_portions(n_items) == n_parts


def images(n_images):
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, (n_images, 3))
    return rng.integers(0, 256, (n_images, 8, 8, 3), dtype=np.uint8), y


@pytest.mark.parametrize("n_images", [3, 130])
def test_images_are_parts_of_the_fit_of_a_vectoriser(n_images):
    recorder = following().Recorder()
    X, y = images(n_images)
    flattener = ImageFlattener(size=8).set_callbacks(recorder)
    rows = flattener.fit_transform(X, y)
    np.testing.assert_array_equal(rows, ImageFlattener(size=8).fit_transform(X))
    n_parts = min(n_images, 100)
    expected = [*(("images", number) for number in range(n_parts)), ("fit", 0)]
    assert recorder.ended == expected
    assert recorder.events == ["setup", "teardown"]


def test_images_of_the_cache_are_reported_at_once(tmp_path):
    recorder = following().Recorder()
    X, y = images(5)
    flattener = ImageFlattener(size=8, cache=tmp_path)
    flattener.fit_transform(X)
    flattener.set_callbacks(recorder).fit_transform(X)
    assert recorder.ended.count(("images", 4)) == 1 and len(recorder.ended) == 6


def test_fit_alone_is_one_task_without_parts():
    recorder = following().Recorder()
    ImageFlattener(size=8).set_callbacks(recorder).fit(images(3)[0])
    assert recorder.begun == recorder.ended == [("fit", 0)]


def test_callbacks_follow_every_step_of_the_pipeline():
    everywhere = following().Everywhere()
    X, y = images(6)
    pipe = HPAPipeline(
        ImageFlattener(size=8), MultiLabelMLPClassifier((4,), max_epochs=2, random_state=0)
    )
    expected = pipe.fit(X, y).predict_proba(X)
    pipe.set_callbacks(everywhere).fit(X, y)
    np.testing.assert_array_equal(pipe.predict_proba(X), expected)
    named = [(estimator, name) for estimator, name, _ in everywhere.ended]
    assert named.count(("ImageFlattener", "images")) == 6
    assert named.count(("MultiLabelMLPClassifier", "epoch")) == 2
    assert named[-1] == ("HPAPipeline", "fit")
    assert sorted(everywhere.begun) == sorted(everywhere.ended)


def test_folds_are_parts_of_the_fit_of_a_meta_estimator():
    everywhere = following().Everywhere()
    X, y = make_multilabel_classification(40, n_classes=3, random_state=0)
    inner = MultiLabelMLPClassifier((4,), max_epochs=2, random_state=0)
    tuned = MultiLabelThresholdClassifier(inner, cv=3).fit(X, y)
    twin = MultiLabelThresholdClassifier(inner, cv=3).set_callbacks(everywhere).fit(X, y)
    np.testing.assert_array_equal(tuned.thresholds_, twin.thresholds_)
    named = [(estimator, name) for estimator, name, _ in everywhere.ended]
    assert named.count(("MultiLabelMLPClassifier", "epoch")) == (3 + 1) * 2
    assert ("MultiLabelThresholdClassifier", "out-of-fold") in named
    assert named[-1] == ("MultiLabelThresholdClassifier", "fit")


@pytest.mark.parametrize("params", [{"cv": "prefit"}, {"strategy": 0.3}])
def test_a_meta_estimator_without_folds_is_followed_too(params):
    recorder = following().Recorder()
    X, y = make_multilabel_classification(40, n_classes=3, random_state=0)
    inner = MultiLabelMLPClassifier((4,), max_epochs=1, random_state=0).fit(X, y)
    tuned = MultiLabelThresholdClassifier(inner, **params).set_callbacks(recorder).fit(X, y)
    assert recorder.ended[-1] == ("fit", 0)
    assert recorder.fitted[-1].thresholds_ is tuned.thresholds_


def test_an_inner_estimator_without_callbacks_gives_scikit_learn_s_warning():
    everywhere = following().Everywhere()
    X, y = make_multilabel_classification(40, n_classes=3, random_state=0)
    tuned = MultiLabelThresholdClassifier(MultiOutputClassifier(LogisticRegression()), 0.3)
    with pytest.warns(UserWarning, match="MultiOutputClassifier does not support callbacks"):
        tuned.set_callbacks(everywhere).fit(X, y)


def test_callbacks_are_torn_down_if_the_fit_fails():
    recorder = following().Recorder()
    X, y = make_multilabel_classification(20, n_classes=3, random_state=0)
    classifier = MultiLabelMLPClassifier((4,), max_epochs=2, lr=1e30).set_callbacks(recorder)
    with pytest.raises(ValueError, match="diverged"):
        classifier.fit(X, y)
    assert recorder.events == ["setup", "teardown"]
    assert not hasattr(classifier, "_callback_fit_ctx") and not hasattr(classifier, "classes_")


def test_model_files_hold_no_callbacks_and_the_estimator_keeps_them(tmp_path):
    recorder = following().Recorder()
    X, y = make_multilabel_classification(20, n_classes=3, random_state=0)
    classifier = MultiLabelMLPClassifier((4,), max_epochs=1).set_callbacks(recorder).fit(X, y)
    loaded = load(save(HPAPipeline("passthrough", classifier), tmp_path / "m.skops"))
    assert not hasattr(loaded.classifier, "_skl_callbacks")
    assert classifier._skl_callbacks == [recorder]


def test_callbacks_are_taken_from_all_parts_and_given_back():
    inner, outer = LogisticRegression(), make_pipeline(LogisticRegression())
    inner._skl_callbacks, outer.steps[0][1]._skl_callbacks = ["a"], ["b"]
    outer.inner_ = [inner]
    with pytest.raises(KeyboardInterrupt), without_callbacks(outer):
        assert not hasattr(inner, "_skl_callbacks")
        assert not hasattr(outer.steps[0][1], "_skl_callbacks")
        raise KeyboardInterrupt
    assert inner._skl_callbacks == ["a"] and outer.steps[0][1]._skl_callbacks == ["b"]
