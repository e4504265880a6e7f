"""Label sets: which ones samples have, how often, and what the sets say of each label."""

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
    """The different label sets of some samples.

    Attributes
    ----------
    sets : ndarray of shape (n_sets, n_labels), float32
        Each a row of 0 and 1.
    counts : ndarray of shape (n_sets,), float64
        How many samples have each, by weight; positive.
    """

    sets: NDArray[np.float32]
    counts: NDArray[np.float64]


def count_label_sets(
    y: NDArray[Any], weight: NDArray[Any] | None = None, earlier: LabelSets | None = None
) -> LabelSets:
    """The different rows of a 0/1 matrix, added to those of earlier samples.

    Parameters
    ----------
    y : ndarray of shape (n_samples, n_labels)
    weight : ndarray of shape (n_samples,), optional
        Positive.
    earlier : LabelSets, optional
    """
    counts = np.ones(len(y)) if weight is None else weight.astype(np.float64)
    if earlier is not None:
        y, counts = np.vstack([earlier.sets, y]), np.concatenate([earlier.counts, counts])
    sets, which = np.unique(y, axis=0, return_inverse=True)
    added_up = np.asarray(np.bincount(which.ravel(), weights=counts), dtype=np.float64)
    return LabelSets(sets.astype(np.float32), added_up)


def label_probabilities(logits: NDArray[np.float64], label_sets: LabelSets) -> NDArray[np.float64]:
    """The probability of each label: that of all sets which hold it, together.

    Parameters
    ----------
    logits : ndarray of shape (n_samples, n_labels), float64
        What each label adds to the logarithm of a set's probability.
    label_sets : LabelSets

    Returns
    -------
    proba : ndarray of shape (n_samples, n_labels), float64
        In [0, 1]. A row does not depend, not even in its last bit, on the rows beside it.
    """
    held = label_sets.sets.astype(bool)
    log_frequencies = np.log(label_sets.counts / label_sets.counts.sum())
    proba = np.empty_like(logits)
    for rows in gen_batches(len(logits), max(1, VALUES_AT_ONCE // len(held))):
        of_sets = np.tile(log_frequencies, (len(logits[rows]), 1))
        # Label by label: the order of a matrix product's sums would depend on the number of rows.
        for label, holding in enumerate(held.T):
            with np.errstate(invalid="ignore"):  # infinite logits of both signs: nan
                of_sets[:, holding] += logits[rows, label, np.newaxis]
        of_sets = softmax(of_sets, axis=1)
        for label, holding in enumerate(held.T):
            proba[rows, label] = np.ascontiguousarray(of_sets[:, holding]).sum(axis=1)
    return proba
