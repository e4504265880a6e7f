"""Reading of label probabilities and other scores, and checks of thresholds."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, softmax

from .._common.alignment import NamesLike, check_aligned, check_label_names, check_same_names
from .indicator import (
    Indicator,
    MatrixLike,
    check_same_shape,
    read_indicator,
    read_numbers,
    refuse_cells,
)
from .label_sets import LabelSets, label_probabilities
from .weights import Weights, read_sample_weight

Scores: TypeAlias = NDArray[np.floating]
ScoresLike: TypeAlias = MatrixLike | list[NDArray[np.floating]]


def check_scores(
    y_true: MatrixLike, y_score: ScoresLike, name: str, sample_weight: ArrayLike | None
) -> tuple[Indicator, Scores, Weights]:
    """Read true labels, finite scores and sample weights, and check that they match."""
    truth = read_indicator(y_true, "y_true")
    scores = read_numbers(_positive_columns(y_score, name), name, "expected a matrix of scores")
    if scores.dtype.kind != "f":
        scores = scores.astype(np.float64)
    check_same_shape(truth, scores, name)
    refuse_cells(~np.isfinite(scores), scores, y_score, name, "expected finite scores")
    check_same_names(y_true, y_score, name, axes={0: "rows", 1: "labels"})
    check_aligned(**{"y_true": y_true, name: y_score, "sample_weight": sample_weight})
    return truth, scores, read_sample_weight(sample_weight, len(truth))


def check_probabilities(
    y_true: MatrixLike, y_proba: ScoresLike, sample_weight: ArrayLike | None
) -> tuple[Indicator, Scores, Weights]:
    """Check probabilities as `check_scores` does, and that they lie in [0, 1]."""
    truth, proba, weights = check_scores(y_true, y_proba, "y_proba", sample_weight)
    outside = (proba < 0) | (proba > 1)
    refuse_cells(outside, proba, y_proba, "y_proba", "expected probabilities in [0, 1]")
    return truth, proba, weights


def probabilities_of(estimator: Any, X: Any, label_names: NamesLike) -> NDArray[np.float64]:
    """Return the probability of each label, from any form that `predict_proba` returns.

    If a label had only one value in training, some classifiers return one column for it. Their
    ``classes_`` tells which value it was.

    Parameters
    ----------
    estimator : fitted classifier
    X : samples
    label_names : sequence of length n_labels

    Returns
    -------
    proba : ndarray of shape (n_samples, n_labels), float64

    Raises
    ------
    AttributeError
        If the estimator has no `predict_proba`.
    ValueError
        If the estimator returns another number of labels, or values outside [0, 1].
    """
    name = type(estimator).__name__
    if not hasattr(estimator, "predict_proba"):
        raise AttributeError(
            f"{name} has no predict_proba; expected a classifier that gives "
            "probabilities, or pass scores of another kind to from_predictions"
        )
    return read_probabilities(
        estimator.predict_proba(X), getattr(estimator, "classes_", None), label_names, name
    )


def read_probabilities(
    proba: Any, classes: Any, label_names: NamesLike, name: str
) -> NDArray[np.float64]:
    """Return the probability of each label, as `probabilities_of` does, from a result at hand.

    Parameters
    ----------
    proba : result of `predict_proba`
    classes : ``classes_`` of the classifier, or None
    label_names : sequence of length n_labels
    name : str
        Name of the classifier, for messages.
    """
    n_labels = len(label_names)
    if isinstance(proba, list):
        proba = stack_probabilities(proba, classes, name)
    else:
        proba = np.asarray(proba)
        if n_labels == 1 and proba.ndim == 2 and np.ndim(classes) == 1:
            proba = _positive_column(proba, classes, f"{name}.predict_proba")[:, np.newaxis]
    if proba.ndim != 2 or proba.shape[1] != n_labels:
        raise ValueError(
            f"{name}.predict_proba gives an array of shape {proba.shape}; expected one column for "
            f"each of the {n_labels} labels, or a list of as many arrays of shape (n_samples, 2)"
        )
    values: NDArray[np.float64] = proba.astype(np.float64)
    wrong = ~((values >= 0) & (values <= 1))
    if wrong.any():
        row, column = np.argwhere(wrong)[0]
        raise ValueError(
            f"{name}.predict_proba gives {values[row, column]:g} for label "
            f"{str(label_names[column])!r} (row {row}); expected probabilities in [0, 1]"
        )
    return values


def stack_probabilities(
    proba: list[NDArray[Any]], classes: NamesLike | None, name: str
) -> NDArray[Any]:
    """Stack the probability of 1 of each label.

    Parameters
    ----------
    proba : list of ndarray of shape (n_samples, n_classes_of_label)
        Result of `predict_proba`, one array for each label.
    classes : list of ndarray, or None
        Classes of each label, which name the columns.
    name : str
        Name of the estimator, for messages.
    """
    known = [None] * len(proba) if classes is None else classes
    columns = [
        _positive_column(np.asarray(each), of_label, f"{name}.predict_proba of label {number}")
        for number, (each, of_label) in enumerate(zip(proba, known, strict=True))
    ]
    return np.column_stack(columns)


def logits_to_probabilities(
    logits: NDArray[Any], multilabel: bool, label_sets: LabelSets | None = None
) -> NDArray[np.float64]:
    """Return label probabilities strictly inside (0, 1), or the softmax over classes.

    With label sets, the probability of a label is the sum over all sets that contain it. Otherwise
    it is the sigmoid of the label's own logit.
    """
    logits = logits.astype(np.float64)
    if not multilabel:
        return np.asarray(softmax(logits, axis=1))
    proba: NDArray[np.float64] = (
        expit(logits) if label_sets is None else label_probabilities(logits, label_sets)
    )
    eps = np.finfo(np.float64).eps
    return np.clip(proba, eps, 1 - eps)


def check_threshold(
    threshold: ArrayLike, n_labels: int, label_names: NamesLike | None = None
) -> NDArray[np.float64]:
    """Return the threshold as an array of shape () or (n_labels,), with values in [0, 1].

    Parameters
    ----------
    threshold : float or array-like of shape (n_labels,)
        The index of a Series is compared with `label_names`.
    n_labels : int
    label_names : sequence of length n_labels, default=None

    Raises
    ------
    ValueError
        If the threshold has another shape or other values, or if a Series has the labels in another
        order.
    """
    check_series_of_labels(threshold, label_names, "threshold")
    array = np.asarray(threshold, dtype=float)
    if array.ndim and array.shape != (n_labels,):
        raise ValueError(
            f"threshold must be a number or one for each of the {n_labels} labels, "
            f"got an array of shape {array.shape}"
        )
    if not ((array >= 0) & (array <= 1)).all():
        raise ValueError(f"threshold must lie in [0, 1], got {threshold!r}")
    return array


def check_series_of_labels(values: Any, label_names: NamesLike | None, name: str) -> None:
    """Refuse a Series with one value for each label, if it has the labels in another order."""
    if isinstance(values, pd.Series) and label_names is not None:
        remedy = f"{name}.loc[{[str(each) for each in label_names]}]"
        check_label_names(label_names, list(values.index), name, remedy)


def _positive_columns(values: ScoresLike, name: str) -> MatrixLike:
    """Stack the probabilities of 1 if there is one array (n_samples, 2) per label."""
    if not isinstance(values, list) or not values:
        return values
    if not all(isinstance(columns, np.ndarray) and columns.ndim == 2 for columns in values):
        return values
    lone = [label for label, columns in enumerate(values) if columns.shape[1] != 2]
    if lone:
        raise ValueError(
            f"{name} has not two columns for {len(lone)} of {len(values)} labels (numbers "
            f"{', '.join(map(str, lone[:10]))}{'…' if len(lone) > 10 else ''}); expected the "
            f"probabilities of 0 and 1. A classifier that met one value of a label in training "
            f"gives one column, which does not say which value it was."
        )
    return np.column_stack([columns[:, 1] for columns in values])


def _positive_column(proba: NDArray[Any], classes: Any, where: str) -> NDArray[Any]:
    """Return the column of class 1 of one label, or zeros if class 1 was absent in training."""
    if classes is None:
        if proba.shape[1] == 2:
            return proba[:, 1]
        raise ValueError(
            f"{where} has {proba.shape[1]} column(s), and no classes_ says for which classes"
        )
    positive = np.flatnonzero(np.asarray(classes) == 1)
    return proba[:, positive[0]] if len(positive) else np.zeros(len(proba))
