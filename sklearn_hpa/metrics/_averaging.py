"""Shared steps of the averaged metrics."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import UndefinedMetricWarning

from .._common.caller import warn_caller
from .._labels.indicator import Indicator
from .._labels.weights import Weights

Average: TypeAlias = Literal["macro", "micro"]


def check_average(average: str) -> None:
    if average not in ("macro", "micro"):
        raise ValueError(
            f"Invalid parameter value: average={average!r}. Valid values are 'macro' and 'micro'."
        )


def present_labels(truth: Indicator, weights: Weights) -> NDArray[np.intp]:
    return np.flatnonzero(truth.any(axis=0) if weights is None else weights @ truth > 0)


def undefined_macro_average(measure: str) -> float:
    warn_caller(
        f"No label has a positive in y_true: the macro average of {measure} is nan.",
        UndefinedMetricWarning,
    )
    return np.nan


def at_least_two_labels(matrix: NDArray[Any], fill: float) -> NDArray[Any]:
    """Add an empty label to a single one, because scikit-learn reads (n, 1) as a binary target."""
    if matrix.shape[1] > 1:
        return matrix
    return np.pad(matrix, ((0, 0), (0, 1)), constant_values=fill)
