"""A callback of scikit-learn that records the tasks of a fit."""

import pytest

callback = pytest.importorskip(
    "sklearn.callback", reason="scikit-learn has callbacks from version 1.9 on"
)


class Recorder:
    """Record the begin and the end of each task; stop after the task `stop_after`, if given.

    It is followed by all inner estimators if `max_propagation_depth` is set.
    """

    def __init__(self, stop_after=None):
        self.begun, self.ended, self.fitted, self.events = [], [], [], []
        self.stop_after = stop_after

    def __getstate__(self):
        return {"stop_after": self.stop_after, "begun": [], "ended": [], "fitted": [], "events": []}

    def setup(self, estimator, context):
        self.events.append("setup")

    def teardown(self, estimator, context):
        self.events.append("teardown")

    def on_fit_task_begin(self, estimator, context, *, X=None):
        self.begun.append((context.task_name, context.task_id))
        self.n_samples = None if X is None else len(X)

    def on_fit_task_end(self, estimator, context, *, fitted_estimator=None, metadata=None):
        self.ended.append((context.task_name, context.task_id))
        self.fitted.append(fitted_estimator)
        self.metadata = metadata
        return self.stop_after is not None and self.ended[-1] == self.stop_after


class Everywhere(Recorder):
    max_propagation_depth = None

    def on_fit_task_end(self, estimator, context):
        self.ended.append((context.estimator_name, context.task_name, context.task_id))

    def on_fit_task_begin(self, estimator, context):
        self.begun.append((context.estimator_name, context.task_name, context.task_id))
