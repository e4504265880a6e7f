"""Curves of labels and losses of samples, for figures."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import precision_recall_curve


def precision_recall_points(
    truth: NDArray[np.int8], scores: NDArray[np.floating]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the points of the precision-recall curve of one label, by decreasing recall.

    Parameters
    ----------
    truth : ndarray of shape (n_samples,)
        1 for samples with the label, else 0.
    scores : ndarray of shape (n_samples,)
        Score of the label; only the order counts.

    Returns
    -------
    precision, recall : ndarrays of one length
        Empty if no sample has the label.

    Examples
    --------
    >>> import numpy as np
    >>> precision, recall = precision_recall_points(np.array([1, 0]), np.array([0.9, 0.1]))
    >>> precision.tolist(), recall.tolist()
    ([0.5, 1.0, 1.0], [1.0, 1.0, 0.0])
    """
    if not truth.any():
        return np.empty(0), np.empty(0)
    precision, recall, _ = precision_recall_curve(truth, scores, drop_intermediate=True)
    return precision, recall


def sample_log_losses(truth: NDArray[np.int8], proba: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the mean log loss of each sample over labels, clipped as in scikit-learn.

    Parameters
    ----------
    truth : ndarray of shape (n_samples, n_labels)
        1 for the labels of a sample, else 0.
    proba : ndarray of shape (n_samples, n_labels)
        Probability of each label.

    Returns
    -------
    ndarray of shape (n_samples,)

    Examples
    --------
    >>> import numpy as np
    >>> sample_log_losses(np.array([[1, 0]]), np.array([[0.5, 0.5]])).round(3)
    array([0.693])
    """
    eps = np.finfo(proba.dtype).eps
    of_truth = np.where(truth == 1, proba, 1 - proba)
    losses: NDArray[np.float64] = -np.log(np.clip(of_truth, eps, 1 - eps)).mean(
        axis=1, dtype=np.float64
    )
    return losses
