"""Metrics of predicted label sets, from the output of ``predict``."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from sklearn.metrics import accuracy_score, hamming_loss, precision_recall_fscore_support

from .._common.estimators import public_in
from .._labels.indicator import MatrixLike, check_labels
from ._averaging import (
    Average,
    at_least_two_labels,
    check_average,
    present_labels,
    undefined_macro_average,
)


@public_in("sklearn_hpa.metrics")
def exact_match_accuracy_score(
    y_true: MatrixLike, y_pred: MatrixLike, *, sample_weight: ArrayLike | None = None
) -> float:
    """Return the fraction of samples with an exactly predicted label set (subset accuracy).

    Parameters
    ----------
    y_true, y_pred : 0/1 matrix of shape (n_samples, n_labels)
        True and predicted labels.
    sample_weight : array-like of shape (n_samples,), default=None
        Weight of each sample.

    Returns
    -------
    float
        Value in [0, 1]. A sample without labels matches an empty prediction.

    References
    ----------
    Zhang, M.-L., & Zhou, Z.-H. (2014). A review on multi-label learning algorithms. IEEE
    Transactions on Knowledge and Data Engineering, 26(8), 1819-1837.

    Examples
    --------
    >>> from sklearn_hpa.metrics import exact_match_accuracy_score
    >>> exact_match_accuracy_score([[1, 0, 1], [0, 1, 0]], [[1, 0, 0], [0, 1, 0]])
    0.5
    """
    truth, predicted, weights = check_labels(y_true, y_pred, sample_weight)
    return float(accuracy_score(truth, predicted, sample_weight=weights))


@public_in("sklearn_hpa.metrics")
def proportional_accuracy_score(
    y_true: MatrixLike, y_pred: MatrixLike, *, sample_weight: ArrayLike | None = None
) -> float:
    """Return the mean Jaccard index of true and predicted label sets, over the samples.

    The metric is the mean of ``|Y_i ∩ Z_i| / |Y_i ∪ Z_i|``, where Y_i is the true and Z_i the
    predicted label set of sample i. Two empty sets count 1, whereas
    ``jaccard_score(average="samples")`` of scikit-learn counts them 0 and warns. The metric is also
    known as the accuracy of a multi-label classifier [1]_, [2]_.

    Parameters
    ----------
    y_true, y_pred : 0/1 matrix of shape (n_samples, n_labels)
        True and predicted labels.
    sample_weight : array-like of shape (n_samples,), default=None
        Weight of each sample.

    Returns
    -------
    float
        Value in [0, 1], never below :func:`exact_match_accuracy_score`.

    See Also
    --------
    label_accuracy_score : Gives the fraction of equal cells, which is much larger if samples have
        few labels.

    References
    ----------
    .. [1] Godbole, S., & Sarawagi, S. (2004). Discriminative methods for multi-labeled
       classification. PAKDD 2004, LNCS 3056, 22-30.
    .. [2] Tsoumakas, G., & Katakis, I. (2007). Multi-label classification: an overview.
       International Journal of Data Warehousing and Mining, 3(3), 1-13.

    Examples
    --------
    >>> from sklearn_hpa.metrics import proportional_accuracy_score
    >>> proportional_accuracy_score([[1, 0, 1], [0, 0, 0]], [[1, 0, 0], [0, 0, 0]])
    0.75
    """
    truth, predicted, weights = check_labels(y_true, y_pred, sample_weight)
    shared = (truth & predicted).sum(axis=1)
    united = (truth | predicted).sum(axis=1)
    jaccard = np.divide(shared, united, out=np.ones(len(truth)), where=united > 0)
    return float(np.average(jaccard, weights=weights))


@public_in("sklearn_hpa.metrics")
def label_accuracy_score(
    y_true: MatrixLike, y_pred: MatrixLike, *, sample_weight: ArrayLike | None = None
) -> float:
    """Return the fraction of equal cells of the label matrices, one minus the Hamming loss.

    Parameters
    ----------
    y_true, y_pred : 0/1 matrix of shape (n_samples, n_labels)
        True and predicted labels.
    sample_weight : array-like of shape (n_samples,), default=None
        Weight of each sample.

    Returns
    -------
    float
        Value in [0, 1].

    Notes
    -----
    If most labels are absent from most samples, the metric is close to 1 for any model that
    predicts few labels. An example is 13 true labels among 9 samples of 28 labels. A model that
    predicts no label scores 239/252 = 0.948. A model with 2 true positives, 4 false positives and
    11 false negatives scores 237/252 = 0.940. Compare the metric with the baselines of
    :func:`multilabel_report`.

    References
    ----------
    Schapire, R. E., & Singer, Y. (1999). Improved boosting algorithms using confidence-rated
    predictions. Machine Learning, 37(3), 297-336.

    Examples
    --------
    >>> from sklearn_hpa.metrics import label_accuracy_score
    >>> label_accuracy_score([[1, 0, 1, 0], [0, 1, 0, 0]], [[1, 0, 0, 0], [0, 0, 0, 0]])
    0.75
    """
    truth, predicted, weights = check_labels(y_true, y_pred, sample_weight)
    return 1.0 - float(hamming_loss(truth, predicted, sample_weight=weights))


@public_in("sklearn_hpa.metrics")
def multilabel_precision_score(
    y_true: MatrixLike,
    y_pred: MatrixLike,
    *,
    average: Average = "macro",
    sample_weight: ArrayLike | None = None,
) -> float:
    """Return the precision, tp / (tp + fp), averaged over present labels or over all cells.

    Parameters
    ----------
    y_true, y_pred : 0/1 matrix of shape (n_samples, n_labels)
        True and predicted labels.
    average : {"macro", "micro"}, default="macro"
        "macro" is the mean over the labels with a positive in `y_true`, or nan with a warning if
        there is none. "micro" is computed from the counts over all cells, or 0 if no label is
        predicted.
    sample_weight : array-like of shape (n_samples,), default=None
        Weight of each sample.

    Returns
    -------
    float
        Value in [0, 1], or nan.

    References
    ----------
    Zhang, M.-L., & Zhou, Z.-H. (2014). A review on multi-label learning algorithms. IEEE
    Transactions on Knowledge and Data Engineering, 26(8), 1819-1837.

    Examples
    --------
    The third label is absent from the truth, so it counts only in the micro average:

    >>> from sklearn_hpa.metrics import multilabel_precision_score
    >>> y_true, y_pred = [[1, 0, 0], [1, 1, 0]], [[1, 0, 1], [1, 1, 1]]
    >>> multilabel_precision_score(y_true, y_pred, average="macro")
    1.0
    >>> multilabel_precision_score(y_true, y_pred, average="micro")
    0.6
    """
    return _precision_recall_f1(y_true, y_pred, average, sample_weight)[0]


@public_in("sklearn_hpa.metrics")
def multilabel_recall_score(
    y_true: MatrixLike,
    y_pred: MatrixLike,
    *,
    average: Average = "macro",
    sample_weight: ArrayLike | None = None,
) -> float:
    """Return the recall, tp / (tp + fn), averaged over present labels or over all cells.

    Parameters
    ----------
    y_true, y_pred : 0/1 matrix of shape (n_samples, n_labels)
        True and predicted labels.
    average : {"macro", "micro"}, default="macro"
        As in :func:`multilabel_precision_score`. "micro" is 0 if `y_true` has no positive.
    sample_weight : array-like of shape (n_samples,), default=None
        Weight of each sample.

    Returns
    -------
    float
        Value in [0, 1], or nan.

    Examples
    --------
    >>> from sklearn_hpa.metrics import multilabel_recall_score
    >>> multilabel_recall_score([[1, 0, 0], [1, 1, 0]], [[1, 0, 1], [0, 1, 1]], average="macro")
    0.75
    """
    return _precision_recall_f1(y_true, y_pred, average, sample_weight)[1]


@public_in("sklearn_hpa.metrics")
def multilabel_f1_score(
    y_true: MatrixLike,
    y_pred: MatrixLike,
    *,
    average: Average = "macro",
    sample_weight: ArrayLike | None = None,
) -> float:
    """Return the F1, 2 tp / (2 tp + fp + fn), averaged over present labels or over all cells.

    The macro average is the mean of the labels' F1. It is not the F1 of the mean precision and
    recall.

    Parameters
    ----------
    y_true, y_pred : 0/1 matrix of shape (n_samples, n_labels)
        True and predicted labels.
    average : {"macro", "micro"}, default="macro"
        As in :func:`multilabel_precision_score`. "micro" is 0 if no label is true or predicted.
    sample_weight : array-like of shape (n_samples,), default=None
        Weight of each sample.

    Returns
    -------
    float
        Value in [0, 1], or nan.

    Examples
    --------
    >>> from sklearn_hpa.metrics import multilabel_f1_score
    >>> multilabel_f1_score([[1, 0, 0], [1, 1, 0]], [[1, 0, 1], [1, 0, 0]], average="macro")
    0.5
    """
    return _precision_recall_f1(y_true, y_pred, average, sample_weight)[2]


def _precision_recall_f1(
    y_true: MatrixLike, y_pred: MatrixLike, average: Average, sample_weight: ArrayLike | None
) -> tuple[float, float, float]:
    check_average(average)
    truth, predicted, weights = check_labels(y_true, y_pred, sample_weight)
    present = present_labels(truth, weights)
    if average == "macro" and not present.size:
        nan = undefined_macro_average("precision, recall and F1")
        return nan, nan, nan
    precision, recall, f1, _ = precision_recall_fscore_support(
        at_least_two_labels(truth, 0),
        at_least_two_labels(predicted, 0),
        labels=present if average == "macro" else None,
        average=average,
        sample_weight=weights,
        zero_division=0.0,
    )
    return float(precision), float(recall), float(f1)
