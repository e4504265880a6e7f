"""Weights of samples, labels and classes in the loss."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from math import isfinite
from numbers import Real
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils import compute_class_weight

from .._common.messages import did_you_mean, first_dozen
from .._labels.target import Target
from .._labels.weights import read_sample_weight

#: Largest weight that "balanced" gives to the positives of a rare label. With a larger weight, one
#: sample outweighs its batch. Limits of 5, 10, 20, 50 and none were compared on the first half of a
#: real table of 5,000 images and 28 labels. This limit had the best macro average precision and the
#: best macro F1 at 0.5.
BALANCED_AT_MOST = 10.0


def weigh_samples(
    sample_weight: ArrayLike | None, n_samples: int
) -> tuple[np.ndarray | None, np.ndarray]:
    """Return weights scaled to mean 1 over the rows of non-zero weight, and these rows."""
    if sample_weight is None:
        return None, np.arange(n_samples)
    weight = read_sample_weight(sample_weight, n_samples).astype(np.float32)
    rows = np.flatnonzero(weight)
    return weight / weight[rows].mean(), rows


def check_class_weight(
    class_weight: Mapping[Hashable, float] | Literal["balanced"] | None, target: Target
) -> None:
    """Refuse unknown labels or classes, and weights that are not positive finite numbers."""
    if class_weight is None or class_weight == "balanced":
        return
    wrong = {
        name: value
        for name, value in class_weight.items()
        if not isinstance(value, Real) or not isfinite(value) or value <= 0
    }
    if wrong:
        pairs = (f"{name!r}: {value!r}" for name, value in wrong.items())
        raise ValueError(
            f"class_weight must hold positive finite numbers, but it holds {first_dozen(pairs)}"
        )
    if not target.multilabel:
        compute_class_weight(class_weight, classes=target.classes, y=target.classes)
        return
    labels = target.label_names.tolist()
    unknown = [str(name) for name in class_weight if str(name) not in labels]
    if unknown:
        hint = did_you_mean(unknown, labels) or "."
        raise ValueError(
            f"class_weight holds {first_dozen(map(repr, unknown))}, which "
            f"{'is no label' if len(unknown) == 1 else 'are no labels'} of y"
            f"{hint} The labels are {first_dozen(map(repr, labels))}"
        )
    if len({str(name) for name in class_weight}) < len(class_weight):
        raise ValueError("class_weight holds a label twice, by its number and by its name")


def refuse_balanced(class_weight: object) -> None:
    """Refuse "balanced" in `partial_fit`, because it needs the frequencies in all of the data."""
    if isinstance(class_weight, str) and class_weight == "balanced":
        raise ValueError(
            "class_weight='balanced' cannot be used in partial_fit, which sees a portion of the "
            "data at a time: pass a dict, for instance of the weights that class_weight_ holds "
            "after a fit to a large sample"
        )


def find_class_weight(
    class_weight: Mapping[Hashable, float] | Literal["balanced"] | None,
    target: Target,
    weight: np.ndarray | None,
    rows: np.ndarray,
) -> np.ndarray | None:
    """Return the weight of each label's positives, or of each class of a 1-d target.

    Parameters
    ----------
    class_weight : dict, "balanced" or None
        Value accepted by `check_class_weight`.
    target : Target
        Target of all samples.
    weight : ndarray of shape (n_samples,) or None
        Weight of each sample.
    rows : ndarray of int
        Training rows.

    Returns
    -------
    ndarray of shape (n_labels,) or (n_classes,), float64, or None
        Weights, or None if `class_weight` is None.
    """
    if class_weight is None:
        return None
    if class_weight == "balanced":
        counts = np.ones(len(rows)) if weight is None else weight[rows].astype(np.float64)
        find = _balanced_labels if target.multilabel else _balanced_classes
        return find(target.values[rows], counts, len(target.classes))
    if not target.multilabel:
        return compute_class_weight(class_weight, classes=target.classes, y=target.classes)
    given = {str(name): float(value) for name, value in class_weight.items()}
    return np.array([given.get(name, 1.0) for name in target.label_names])


def _balanced_labels(values: np.ndarray, counts: np.ndarray, n_labels: int) -> np.ndarray:
    """Return negatives per positive, from 1 to `BALANCED_AT_MOST`; 1 without positives."""
    # Unlike a matrix product, this sum has the same bits for any number of threads.
    positives = np.einsum("i,ij->j", counts, values)
    ratio = np.ones(n_labels)
    np.divide(counts.sum() - positives, positives, out=ratio, where=positives > 0)
    return ratio.clip(1.0, BALANCED_AT_MOST)


def _balanced_classes(values: np.ndarray, counts: np.ndarray, n_classes: int) -> np.ndarray:
    """Return scikit-learn's "balanced" class weights; 1 for classes without rows."""
    totals = np.bincount(values, weights=counts, minlength=n_classes)
    found = totals > 0
    balanced = np.ones(n_classes)
    np.divide(counts.sum(), found.sum() * totals, out=balanced, where=found)
    return balanced
