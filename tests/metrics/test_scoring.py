"""Scores by name: measures of the report, or functions of one's own."""

import numpy as np
import pytest

from sklearn_hpa.callbacks import EpochScores


@pytest.mark.parametrize(
    ("scoring", "message"),
    [
        ("lable_accuracy", "scoring holds 'lable_accuracy', .* did you mean 'label_accuracy'"),
        (["neg_coverage_error"], "did you mean 'coverage_error'.*Valid names are proportional"),
        (["zzz"], "scoring holds 'zzz', which is no measure. Valid names are .*dict of functions"),
        (None, "a list of measures or a dict of functions, got None"),
        ({"top": "label_accuracy"}, "'top': 'label_accuracy'; expected a name and a function"),
        ({"loss": np.mean}, "scoring cannot record 'loss', which the training itself records"),
    ],
)
def test_scoring_that_cannot_be_done_is_refused_when_it_is_named(scoring, message):
    with pytest.raises(ValueError, match=message):
        EpochScores(scoring)
