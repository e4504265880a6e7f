"""Metrics of probabilities and rankings, from the output of ``predict_proba``."""

from __future__ import annotations

import numpy as np
import sklearn.metrics
from numpy.typing import ArrayLike

from .._common.estimators import public_in
from .._labels.indicator import MatrixLike
from .._labels.responses import ScoresLike, check_probabilities, check_scores
from .._labels.weights import Weights
from ._averaging import (
    Average,
    at_least_two_labels,
    check_average,
    present_labels,
    undefined_macro_average,
)


@public_in("sklearn_hpa.metrics")
def multilabel_average_precision_score(
    y_true: MatrixLike,
    y_score: ScoresLike,
    *,
    average: Average = "macro",
    sample_weight: ArrayLike | None = None,
) -> float:
    """Return the average precision, over present labels or over all cells.

    The metric is scikit-learn's :func:`~sklearn.metrics.average_precision_score` of each label.
    scikit-learn gives 0 to a label without positives, which lowers the macro average. Here the
    macro average leaves such labels out.

    Parameters
    ----------
    y_true : 0/1 matrix of shape (n_samples, n_labels)
        True labels.
    y_score : matrix of shape (n_samples, n_labels), or list of n_labels arrays (n_samples, 2)
        Finite scores, higher for more likely labels, or probabilities in the form of
        ``RandomForestClassifier.predict_proba``.
    average : {"macro", "micro"}, default="macro"
        "macro" is as in :func:`multilabel_precision_score`. "micro" is computed from all cells as
        one list, or 0 if `y_true` has no positive.
    sample_weight : array-like of shape (n_samples,), default=None
        Weight of each sample.

    Returns
    -------
    float
        Value in [0, 1], or nan.

    Examples
    --------
    >>> from sklearn_hpa.metrics import multilabel_average_precision_score
    >>> y_true, y_score = [[1, 0, 0], [0, 1, 0]], [[0.8, 0.6, 0.1], [0.3, 0.4, 0.2]]
    >>> multilabel_average_precision_score(y_true, y_score)
    0.75
    """
    check_average(average)
    truth, scores, weights = check_scores(y_true, y_score, "y_score", sample_weight)
    present = present_labels(truth, weights)
    if average == "micro":
        if not present.size:
            return 0.0
        cells = _weights_of_cells(weights, truth.shape[1])
        return float(
            sklearn.metrics.average_precision_score(
                truth.ravel(), scores.ravel(), sample_weight=cells
            )
        )
    if not present.size:
        return undefined_macro_average("average precision")
    return float(
        np.mean(
            [
                sklearn.metrics.average_precision_score(
                    truth[:, label], scores[:, label], sample_weight=weights
                )
                for label in present
            ]
        )
    )


@public_in("sklearn_hpa.metrics")
def multilabel_log_loss(
    y_true: MatrixLike, y_proba: ScoresLike, *, sample_weight: ArrayLike | None = None
) -> float:
    """Return the binary cross-entropy, ``-y log(p) - (1 - y) log(1 - p)``, as a mean over cells.

    Each label is a separate yes-or-no question. scikit-learn's ``neg_log_loss`` reads the rows of a
    multi-label target as one distribution over classes, which is another quantity.

    Parameters
    ----------
    y_true : 0/1 matrix of shape (n_samples, n_labels)
        True labels.
    y_proba : matrix of shape (n_samples, n_labels), or list of n_labels arrays (n_samples, 2)
        Probability of each label, in [0, 1], also in the form of
        ``RandomForestClassifier.predict_proba``. It is clipped to [eps, 1 - eps], where eps is the
        machine epsilon of its dtype.
    sample_weight : array-like of shape (n_samples,), default=None
        Weight of each sample.

    Returns
    -------
    float
        Value in nats, at least 0. Lower is better. A probability of 0.5 everywhere gives 0.693.

    References
    ----------
    Good, I. J. (1952). Rational decisions. Journal of the Royal Statistical Society B, 14(1),
    107-114.

    Examples
    --------
    >>> from sklearn_hpa.metrics import multilabel_log_loss
    >>> round(multilabel_log_loss([[1, 0], [0, 0]], [[0.5, 0.5], [0.5, 0.0]]), 3)
    0.52
    """
    truth, proba, weights = check_probabilities(y_true, y_proba, sample_weight)
    cells = _weights_of_cells(weights, truth.shape[1])
    return float(
        sklearn.metrics.log_loss(truth.ravel(), proba.ravel(), sample_weight=cells, labels=[0, 1])
    )


@public_in("sklearn_hpa.metrics")
def multilabel_brier_score(
    y_true: MatrixLike, y_proba: ScoresLike, *, sample_weight: ArrayLike | None = None
) -> float:
    """Return the squared difference of probability and truth, ``(p - y)²``, as a mean over cells.

    Parameters
    ----------
    y_true : 0/1 matrix of shape (n_samples, n_labels)
        True labels.
    y_proba : matrix of shape (n_samples, n_labels), or list of n_labels arrays (n_samples, 2)
        As in :func:`multilabel_log_loss`, but not clipped.
    sample_weight : array-like of shape (n_samples,), default=None
        Weight of each sample.

    Returns
    -------
    float
        Value in [0, 1]. Lower is better. It is half of the original score [1]_, which adds up the
        two outcomes of each question.

    References
    ----------
    .. [1] Brier, G. W. (1950). Verification of forecasts expressed in terms of probability.
       Monthly Weather Review, 78(1), 1-3.

    Examples
    --------
    >>> from sklearn_hpa.metrics import multilabel_brier_score
    >>> multilabel_brier_score([[1, 0], [0, 0]], [[0.5, 0.5], [0.5, 0.0]])
    0.1875
    """
    truth, proba, weights = check_probabilities(y_true, y_proba, sample_weight)
    squared = np.square(proba.astype(np.float64) - truth)
    return float(np.average(squared.mean(axis=1), weights=weights))


@public_in("sklearn_hpa.metrics")
def label_ranking_average_precision_score(
    y_true: MatrixLike, y_score: ScoresLike, *, sample_weight: ArrayLike | None = None
) -> float:
    """Return scikit-learn's metric, after this package's checks; for the report and the scorers."""
    truth, scores, weights = check_scores(y_true, y_score, "y_score", sample_weight)
    return float(
        sklearn.metrics.label_ranking_average_precision_score(truth, scores, sample_weight=weights)
    )


@public_in("sklearn_hpa.metrics")
def coverage_error(
    y_true: MatrixLike, y_score: ScoresLike, *, sample_weight: ArrayLike | None = None
) -> float:
    """Return scikit-learn's metric, after this package's checks; for the report and the scorers."""
    truth, scores, weights = check_scores(y_true, y_score, "y_score", sample_weight)
    below_all = float(np.finfo(scores.dtype).min)
    return float(
        sklearn.metrics.coverage_error(
            at_least_two_labels(truth, 0),
            at_least_two_labels(scores, below_all),
            sample_weight=weights,
        )
    )


def _weights_of_cells(weights: Weights, n_labels: int) -> Weights:
    return None if weights is None else np.repeat(weights, n_labels)
