"""Test that warnings point at the line of the user."""

import warnings

import numpy as np
from sklearn.pipeline import make_pipeline

from sklearn_hpa import ImageFlattener
from sklearn_hpa._common.caller import warn_caller


def test_a_warning_points_at_the_line_outside_the_library(monkeypatch):
    monkeypatch.setattr(
        "sklearn_hpa.feature_extraction._base.common_white_level",
        lambda *_: warn_caller("look here"),
    )
    images = np.zeros((2, 4, 4, 3), np.uint8)
    for use in (
        lambda: ImageFlattener(2).fit(images),
        lambda: ImageFlattener(2).fit_transform(images),
        lambda: make_pipeline(ImageFlattener(2)).fit_transform(images),
    ):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            use()
        assert [warning.filename for warning in caught] == [__file__]
