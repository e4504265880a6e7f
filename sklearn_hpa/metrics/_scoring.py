"""Scorers by name, and their values for existing predictions."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from inspect import Parameter, signature
from typing import Any, TypeAlias, TypeGuard, cast

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.metrics import get_scorer, get_scorer_names
from sklearn.utils.metaestimators import available_if

from .._common.messages import did_you_mean
from .._common.sklearn_private import SCORER_TYPE
from ._scorers import METRICS, SCORERS, Metric

#: Function of the truth and the probabilities, both of shape (n_samples, n_labels).
Score: TypeAlias = Callable[[np.ndarray, np.ndarray], float]
#: Callable of a fitted estimator, samples and the truth, such as the values of `SCORERS`.
Scorer: TypeAlias = Callable[[Any, Any, Any], float]

METRIC_OF = {metric.name: metric for metric in METRICS}
TAKEN_NAMES = {"loss", "loss_best", "batch_count"}


class Scoring:
    """A named way to score labels and probabilities.

    Parameters
    ----------
    name : str
        Name for messages.
    score : Metric, scorer or function
        A function takes the truth and the probabilities.
    """

    def __init__(self, name: str, score: Metric | Scorer | Score):
        self.name = name
        self.score = score

    def __call__(self, y_true: np.ndarray, y_pred: np.ndarray, y_proba: np.ndarray) -> float:
        """Return the score, or nan if it is undefined; a function gets copies.

        Raises
        ------
        ValueError
            If a function does not return a number, or a scorer does not accept several labels.
        """
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UndefinedMetricWarning)
            if isinstance(self.score, Metric):
                metric = self.score
                return metric.score(
                    y_true, y_pred if metric.response_method == "predict" else y_proba
                )
            if not _is_scorer(self.score):
                function = cast(Score, self.score)
                return self._number(function(y_true.copy(), y_proba.copy()))
            return self._number(score_predictions(self.score, y_true, y_pred, y_proba))

    def check(self, y_true: np.ndarray) -> None:
        """Refuse, before long work, a scorer that does not accept these labels."""
        if isinstance(self.score, Metric) or not _is_scorer(self.score):
            return
        try:
            self(y_true, y_true, y_true.astype(np.float64))
        except (AttributeError, TypeError, ValueError) as error:
            raise ValueError(f"scoring {self.name!r} cannot score these labels: {error}") from error

    def _number(self, score: Any) -> float:
        try:
            return float(score)
        except (TypeError, ValueError):
            what = f"an array of shape {np.shape(score)}" if np.ndim(score) else repr(score)
            message = f"scoring {self.name!r} returned {what}, expected a number"
            raise ValueError(message) from None


def read_scoring(scoring: Any) -> dict[str, Scoring]:
    """Return the scores to compute, by the names under which they are recorded.

    Parameters
    ----------
    scoring : str, sequence of str, or dict of str to str or callable
        Names of metrics or scorers, or a dict from new names to scorers or functions of y_true and
        y_proba.

    Raises
    ------
    ValueError
        If a name is neither a metric nor a scorer, if it is taken, or if a value is not a function.
    """
    if isinstance(scoring, str):
        scoring = [scoring]
    if isinstance(scoring, Mapping):
        return {name: _read_entry(name, score) for name, score in scoring.items()}
    if not isinstance(scoring, Sequence):
        raise ValueError(
            f"scoring must be a list of metrics or a dict of functions, got {scoring!r}"
        )
    return {name: Scoring(name, _find_by_name(name)) for name in scoring}


def find_scorer(name: str) -> Scorer | None:
    """Return the scorer of this name, of this library or scikit-learn; None if there is none."""
    if name in SCORERS:
        return SCORERS[name]
    return get_scorer(name) if name in get_scorer_names() else None


def scorer_names() -> list[str]:
    """Return the names of all scorers, of this library and of scikit-learn."""
    return [*SCORERS, *get_scorer_names()]


def score_predictions(
    scorer: Scorer, y_true: np.ndarray, y_pred: np.ndarray, y_proba: np.ndarray | None = None
) -> float:
    """Return the value of a scorer for given predictions, without an estimator."""
    return scorer(_Answers(y_pred, y_proba), np.empty((len(y_true), 1)), y_true)


class _Answers(ClassifierMixin, BaseEstimator):
    """A classifier that returns given labels and probabilities for any samples."""

    def __init__(self, labels: np.ndarray, proba: np.ndarray | None):
        self.labels = labels
        self.proba = proba

    @property
    def classes_(self) -> np.ndarray:
        return np.tile([0, 1], (self.labels.shape[1], 1))

    def fit(self, X: Any, y: Any) -> _Answers:
        return self

    def predict(self, X: Any) -> np.ndarray:
        return self.labels

    @available_if(lambda self: self.proba is not None)
    def predict_proba(self, X: Any) -> np.ndarray | None:
        return self.proba


def _read_entry(name: Any, score: Any) -> Scoring:
    if isinstance(score, str) and isinstance(name, str):
        score = _find_by_name(score)
    elif not isinstance(name, str) or not callable(score):
        raise ValueError(
            f"scoring holds {name!r}: {score!r}; expected a name and a function of "
            "y_true and y_proba"
        )
    if name in TAKEN_NAMES:
        raise ValueError(
            f"scoring cannot record {name!r}, which the training itself records: "
            "choose another name"
        )
    return Scoring(name, score)


def _is_scorer(score: Any) -> TypeGuard[Scorer]:
    """Tell whether a callable takes (estimator, X, y), instead of (y_true, y_proba)."""
    if isinstance(score, SCORER_TYPE):
        return True
    try:
        parameters = signature(score).parameters.values()
    except (TypeError, ValueError):
        return False
    positional = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
    return (
        sum(each.kind in positional and each.default is Parameter.empty for each in parameters) == 3
    )


def _find_by_name(name: Any) -> Metric | Scorer:
    if isinstance(name, str):
        if name in METRIC_OF:
            return METRIC_OF[name]
        scorer = find_scorer(name)
        if scorer is not None:
            return scorer
    hint = did_you_mean(str(name), [*METRIC_OF, *scorer_names()]) or "."
    raise ValueError(
        f"scoring holds {name!r}, which is no metric and no scorer{hint} Valid names are "
        f"{', '.join(METRIC_OF)}, and those of scorers; for others pass a dict of functions"
    )
