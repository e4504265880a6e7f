"""Test epochs as tasks that scikit-learn's callbacks follow."""

import pickle

import numpy as np
import pytest
import skorch.callbacks
import torch
from sklearn.datasets import make_multilabel_classification
from sklearn.model_selection import GridSearchCV

from sklearn_hpa import HPAPipeline, MultiLabelMLPClassifier
from sklearn_hpa.callbacks import Checkpoint

callback = pytest.importorskip(
    "sklearn.callback", reason="scikit-learn has callbacks from version 1.9 on"
)
from tests._common.following import Everywhere, Recorder  # noqa: E402

X, Y = make_multilabel_classification(60, n_classes=3, random_state=0)


def classifier(max_epochs=4, **params):
    return MultiLabelMLPClassifier((8,), max_epochs=max_epochs, random_state=0, **params)


def epochs(*numbers):
    return [("epoch", number) for number in numbers]


def test_epochs_are_parts_of_the_fit():
    recorder = Recorder()
    classifier().set_callbacks(recorder).fit(X, Y)
    assert recorder.begun == [("fit", 0), *epochs(0, 1, 2, 3)]
    assert recorder.ended == [*epochs(0, 1, 2, 3), ("fit", 0)]
    assert recorder.events == ["setup", "teardown"] and recorder.n_samples == 60


@pytest.mark.parametrize("params", [{}, {"early_stopping": True}, {"dropout": 0.5}])
def test_callbacks_change_no_bit(params):
    class Disturbing(Recorder):
        def on_fit_task_end(self, estimator, context, *, fitted_estimator=None):
            torch.rand(3)
            torch.manual_seed(0)
            fitted_estimator.predict_proba(X)

    expected = classifier(**params).fit(X, Y)
    twin = classifier(**params).set_callbacks(Disturbing()).fit(X, Y)
    np.testing.assert_array_equal(expected.predict_proba(X), twin.predict_proba(X))
    assert expected.history_.drop(columns="duration").equals(twin.history_.drop(columns="duration"))


def test_each_epoch_has_a_fitted_classifier_of_its_own():
    recorder = Recorder()
    final = classifier().set_callbacks(recorder).fit(X, Y)
    for n_epochs, fitted in enumerate(recorder.fitted[:4], start=1):
        expected = classifier(max_epochs=n_epochs).fit(X, Y)
        np.testing.assert_array_equal(fitted.predict_proba(X), expected.predict_proba(X))
        assert fitted.n_iter_ == n_epochs
    np.testing.assert_array_equal(recorder.fitted[4].predict_proba(X), final.predict_proba(X))


def test_a_scoring_monitor_has_the_scores_of_each_epoch():
    monitor = callback.ScoringMonitor(scoring=["f1_micro", "average_precision"])
    classifier().set_callbacks(monitor).fit(X, Y)
    log = monitor.get_logs().data_as_pandas
    of_epochs = log[log["task_name"] == "epoch"]
    assert of_epochs["task_id"].tolist() == [0, 1, 2, 3]
    assert of_epochs["average_precision"].nunique() == 4
    assert of_epochs["f1_micro"].iloc[-1] == log["f1_micro"].iloc[0]


def test_sample_weights_reach_the_callbacks():
    recorder, weight = Recorder(), np.linspace(0.5, 1, 60)
    classifier().set_callbacks(recorder).fit(X, Y, sample_weight=weight)
    assert recorder.metadata["sample_weight"] is weight


def test_a_callback_stops_the_training_after_its_epoch():
    recorder = Recorder(stop_after=("epoch", 1))
    stopped = classifier().set_callbacks(recorder).fit(X, Y)
    assert stopped.n_iter_ == 2
    expected = classifier(max_epochs=2).fit(X, Y)
    np.testing.assert_array_equal(stopped.predict_proba(X), expected.predict_proba(X))


def test_epochs_end_before_early_stopping_ends_the_training():
    recorder = Recorder()
    stopped = classifier(200, early_stopping=True, n_iter_no_change=2, lr=0.1)
    stopped.set_callbacks(recorder).fit(X, Y)
    assert stopped.n_iter_ < 200
    assert recorder.ended == [*epochs(*range(stopped.n_iter_)), ("fit", 0)]


def test_an_epoch_that_another_callback_ends_is_ended():
    class Stop(skorch.callbacks.Callback):
        def on_epoch_end(self, net, **kwargs):
            if len(net.history) == 2:
                raise KeyboardInterrupt

    recorder = Recorder()
    classifier(callbacks=[Stop()]).set_callbacks(recorder).fit(X, Y)
    assert recorder.ended == [*epochs(0, 1), ("fit", 0)]
    assert recorder.fitted[1] is not None


def test_an_interrupted_epoch_is_ended_without_a_fitted_classifier():
    class Interrupt(skorch.callbacks.Callback):
        def on_batch_begin(self, net, training=False, **kwargs):
            if len(net.history) == 2:
                raise KeyboardInterrupt

    recorder = Recorder()
    with pytest.warns(UserWarning, match="interrupted in epoch 2"):
        classifier(callbacks=[Interrupt()]).set_callbacks(recorder).fit(X, Y)
    assert recorder.ended == [*epochs(0, 1), ("fit", 0)]
    assert [each is None for each in recorder.fitted] == [False, True, False]


def test_a_training_that_goes_on_after_a_crash_has_the_epochs_that_are_left(tmp_path):
    class Crash(skorch.callbacks.Callback):
        crashes = True

        def on_epoch_begin(self, net, **kwargs):
            if Crash.crashes and len(net.history) == 3:
                raise RuntimeError("crash")

        def __getstate__(self):
            return {}

    recorder = Recorder()
    model = classifier(callbacks=[Checkpoint(tmp_path, every=1), Crash()]).set_callbacks(recorder)
    with pytest.raises(RuntimeError, match="crash"):
        model.fit(X, Y)
    assert recorder.ended == epochs(0, 1)
    Crash.crashes, recorder.ended = False, []
    model.fit(X, Y)
    assert recorder.ended == [*epochs(0, 1), ("fit", 0)] and model.n_iter_ == 4
    expected = classifier().fit(X, Y)
    np.testing.assert_array_equal(model.predict_proba(X), expected.predict_proba(X))


def test_the_classifier_keeps_no_task_after_the_fit():
    model = classifier().set_callbacks(Recorder()).fit(X, Y)
    names = [name for name, _ in model.net_.callbacks_]
    assert "epoch_tasks" not in names and not hasattr(model, "_callback_fit_ctx")
    pickle.dumps(model)


def test_a_search_has_the_epochs_of_every_candidate():
    everywhere = Everywhere()
    pipe = HPAPipeline("passthrough", classifier(max_epochs=2))
    search = GridSearchCV(pipe, {"classifier__lr": [0.01, 0.1]}, cv=2)
    search.set_callbacks(everywhere).fit(X, Y)
    named = [(estimator, name) for estimator, name, _ in everywhere.ended]
    assert named.count(("MultiLabelMLPClassifier", "epoch")) == (2 * 2 + 1) * 2


def test_a_progress_bar_shows_the_epochs(capsys):
    pytest.importorskip("rich")
    model = classifier().set_callbacks(callback.ProgressBar())
    model.fit(X, Y)
    assert "MultiLabelMLPClassifier - fit" in capsys.readouterr().out
