"""Scores by name: measures of the report, or functions of one's own."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

import numpy as np
from sklearn.exceptions import UndefinedMetricWarning

from ._scorers import MEASURES, Measure

Score = Callable[[np.ndarray, np.ndarray], float]

MEASURE_OF = {measure.name: measure for measure in MEASURES}
TAKEN_NAMES = {"loss", "loss_best", "batch_count"}


def read_scoring(scoring: Any) -> dict[str, Measure | Score]:
    """What to compute, by the name under which it is recorded.

    Parameters
    ----------
    scoring : str, sequence of str, or dict of str to callable
        Names of measures, or a function of y_true and y_proba for each name.

    Raises
    ------
    ValueError
        Where a name is no measure or is taken, or a value is no function.
    """
    if isinstance(scoring, str):
        scoring = [scoring]
    if isinstance(scoring, Mapping):
        for name, score in scoring.items():
            if not isinstance(name, str) or not callable(score):
                raise ValueError(
                    f"scoring holds {name!r}: {score!r}; expected a name and a function of "
                    "y_true and y_proba"
                )
            if name in TAKEN_NAMES:
                raise ValueError(
                    f"scoring cannot record {name!r}, which the training itself records: "
                    "choose another name"
                )
        return dict(scoring)
    if not isinstance(scoring, Sequence):
        raise ValueError(
            f"scoring must be a list of measures or a dict of functions, got {scoring!r}"
        )
    return {name: _find_measure(name) for name in scoring}


def _find_measure(name: Any) -> Measure:
    if isinstance(name, str) and name in MEASURE_OF:
        return MEASURE_OF[name]
    near = get_close_matches(str(name).removeprefix("neg_"), MEASURE_OF, n=1)
    raise ValueError(
        f"scoring holds {name!r}, which is no measure"
        + (f"; did you mean {near[0]!r}?" if near else ".")
        + f" Valid names are {', '.join(MEASURE_OF)}; for others pass a dict of functions"
    )


def compute_score(
    name: str,
    measure: Measure | Score,
    y_true: np.ndarray,
    y_pred: np.ndarray,
    y_proba: np.ndarray,
) -> float:
    """The value of a measure, or of a function that gets copies; nan where it is undefined.

    Raises
    ------
    ValueError
        Where a function returns no number.
    """
    if isinstance(measure, Measure):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UndefinedMetricWarning)
            return measure.score(
                y_true, y_pred if measure.response_method == "predict" else y_proba
            )
    score = measure(y_true.copy(), y_proba.copy())
    try:
        return float(score)
    except (TypeError, ValueError):
        what = f"an array of shape {np.shape(score)}" if np.ndim(score) else repr(score)
        raise ValueError(f"scoring {name!r} returned {what}, expected a number") from None
