"""Label sets: their counts, and label probabilities computed from set probabilities."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax
from sklearn.utils import gen_batches

from .._common.estimators import public_in

VALUES_AT_ONCE = 2**22


@public_in("sklearn_hpa._labels")
class LabelSets(NamedTuple):
    """The distinct label sets of some samples.

    Attributes
    ----------
    sets : ndarray of shape (n_sets, n_labels), float32
        Each row is a label set of 0 and 1.
    counts : ndarray of shape (n_sets,), float64
        Weighted number of samples with each set, positive.
    """

    sets: NDArray[np.float32]
    counts: NDArray[np.float64]


def count_label_sets(
    y: NDArray[Any], weight: NDArray[Any] | None = None, earlier: LabelSets | None = None
) -> LabelSets:
    """Count the distinct rows of a 0/1 matrix and add them to the counts of earlier samples.

    Parameters
    ----------
    y : ndarray of shape (n_samples, n_labels)
    weight : ndarray of shape (n_samples,), optional
        Weight of each sample, positive.
    earlier : LabelSets, optional
        The counts of earlier samples.
    """
    counts = np.ones(len(y)) if weight is None else weight.astype(np.float64)
    if earlier is not None:
        y, counts = np.vstack([earlier.sets, y]), np.concatenate([earlier.counts, counts])
    sets, which = np.unique(y, axis=0, return_inverse=True)
    added_up = np.asarray(np.bincount(which.ravel(), weights=counts), dtype=np.float64)
    return LabelSets(sets.astype(np.float32), added_up)


def label_probabilities(logits: NDArray[np.float64], label_sets: LabelSets) -> NDArray[np.float64]:
    """Return the probability of each label: the sum over all sets that contain the label.

    Parameters
    ----------
    logits : ndarray of shape (n_samples, n_labels), float64
        Contribution of each label to the logarithm of a set's probability.
    label_sets : LabelSets

    Returns
    -------
    proba : ndarray of shape (n_samples, n_labels), float64
        Values in [0, 1]. Each row is independent of the other rows, to the last bit.
    """
    held = label_sets.sets.astype(bool)
    log_frequencies = np.log(label_sets.counts / label_sets.counts.sum())
    proba = np.empty_like(logits)
    for rows in gen_batches(len(logits), max(1, VALUES_AT_ONCE // len(held))):
        of_sets = np.tile(log_frequencies, (len(logits[rows]), 1))
        # One label at a time: a matrix product's summation order depends on the number of rows.
        for label, holding in enumerate(held.T):
            with np.errstate(invalid="ignore"):  # infinite logits of both signs: nan
                of_sets[:, holding] += logits[rows, label, np.newaxis]
        of_sets = softmax(of_sets, axis=1)
        for label, holding in enumerate(held.T):
            proba[rows, label] = np.ascontiguousarray(of_sets[:, holding]).sum(axis=1)
    return proba
