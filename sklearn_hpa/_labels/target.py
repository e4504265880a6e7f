"""Between labels and numbers: y to what a net trains on, its logits to probabilities."""

from __future__ import annotations

import warnings
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.sparse import issparse
from scipy.special import expit, softmax
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_array, column_or_1d

from .label_sets import LabelSets, label_probabilities


class Target(NamedTuple):
    """A target read by `encode_target`.

    Attributes
    ----------
    values : ndarray
        float32 of shape (n_samples, n_labels) for a 0/1 matrix; int64 of shape (n_samples,), the
        number of each sample's class, for a 1-d target.
    classes : ndarray
        Shape (n_labels, 2), each row [0, 1], for a 0/1 matrix; the sorted classes for a 1-d one.
    label_names : ndarray of str
        Columns of a DataFrame, else the column numbers; for a 1-d target its classes.
    """

    values: np.ndarray
    classes: np.ndarray
    label_names: np.ndarray

    @property
    def multilabel(self) -> bool:
        return self.classes.ndim == 2


def encode_target(y: Any, classes: np.ndarray | None = None) -> Target:
    """Read a target of any accepted kind.

    Parameters
    ----------
    y : DataFrame, array-like or sparse matrix of shape (n_samples, n_labels), or 1-d
        A 0/1 matrix, or a 1-d binary or multiclass target. One column is a matrix of one label
        where it is a DataFrame or sparse, and is otherwise flattened as scikit-learn does.
    classes : array-like of shape (n_classes,), optional
        All classes of a 1-d target, where `y` may lack some.

    Raises
    ------
    ValueError
        Where `y` is missing, empty, not finite, or has values that are neither 0 nor 1; where a
        1-d target is continuous or has a class that is not in `classes`.
    """
    if y is None:
        raise ValueError("fit requires y to be passed, but the target y is None")
    named = isinstance(y, pd.DataFrame)
    names = np.asarray([str(name) for name in y.columns]) if named else None
    ids = y.index if named else None
    matrix = named or issparse(y)
    given = y
    y = check_array(
        y, accept_sparse=True, ensure_2d=False, dtype=None, ensure_min_samples=0, input_name="y"
    )
    if y.ndim == 0:
        raise ValueError(f"y must be a 0/1 matrix or 1-d, got {given!r}")
    if 0 in y.shape:
        raise ValueError(f"y is empty: its shape is {y.shape}, expected (n_samples, n_labels)")
    if issparse(y):
        y = y.toarray()
    if y.ndim == 1 or (y.shape[1] == 1 and not matrix):
        return _encode_classes(column_or_1d(y, warn=True), classes)

    wrong = (y != 0) & (y != 1)
    if wrong.any():
        row, column = np.argwhere(wrong)[0]
        label = f"'{names[column]}'" if named else column
        where = f"row {row}" if not named or ids[row] == row else f"row {row} ({ids[row]})"
        value = y[row, column].item() if isinstance(y[row, column], np.generic) else y[row, column]
        raise ValueError(
            f"Unknown label type: y must be a 0/1 matrix, but {where} of label {label} holds "
            f"{value!r}; expected 1 where the sample has the label and 0 where not"
        )
    n_labels = y.shape[1]
    return Target(
        values=np.ascontiguousarray(y, dtype=np.float32),
        classes=np.tile(np.array([0, 1]), (n_labels, 1)),
        label_names=np.arange(n_labels).astype(str) if names is None else names,
    )


def _encode_classes(y: np.ndarray, classes: np.ndarray | None) -> Target:
    check_classification_targets(y)
    classes = np.unique(y if classes is None else classes)
    unknown = np.setdiff1d(y, classes)
    if len(unknown):
        raise ValueError(f"y holds classes {unknown.tolist()}, which are not in {classes.tolist()}")
    return Target(
        values=np.searchsorted(classes, y).astype(np.int64),
        classes=classes,
        label_names=classes.astype(str),
    )


def logits_to_probabilities(
    logits: np.ndarray, multilabel: bool, label_sets: LabelSets | None = None
) -> np.ndarray:
    """Of each label, strictly inside (0, 1), or softmax over classes; in float64.

    With label sets a label has the probability of all sets that hold it, else the sigmoid of its
    own logit.
    """
    logits = logits.astype(np.float64)
    if not multilabel:
        return softmax(logits, axis=1)
    proba = expit(logits) if label_sets is None else label_probabilities(logits, label_sets)
    eps = np.finfo(np.float64).eps
    return np.clip(proba, eps, 1 - eps)


def check_threshold(threshold: ArrayLike, n_labels: int) -> np.ndarray:
    """The threshold as an array of shape () or (n_labels,), each in [0, 1]."""
    array = np.asarray(threshold, dtype=float)
    if array.ndim and array.shape != (n_labels,):
        raise ValueError(
            f"threshold must be a number or one for each of the {n_labels} labels, "
            f"got an array of shape {array.shape}"
        )
    if not ((array >= 0) & (array <= 1)).all():
        raise ValueError(f"threshold must lie in [0, 1], got {threshold!r}")
    return array


def check_same_labels(target: Target, classes: np.ndarray, label_names: np.ndarray) -> None:
    """Refuse a target of other labels, or of the same in another order."""

    def describe(classes: np.ndarray) -> str:
        return f"{len(classes)} labels" if classes.ndim == 2 else f"classes {classes.tolist()}"

    if not np.array_equal(target.classes, classes):
        raise ValueError(
            f"y must have the labels of the earlier fit: expected {describe(classes)}, "
            f"got {describe(target.classes)}"
        )
    if not np.array_equal(target.label_names, label_names):
        raise ValueError(
            "y must have the columns of the earlier fit, in their order: expected "
            f"{label_names.tolist()}, got {target.label_names.tolist()}"
        )


def warn_of_absent_labels(target: Target, rows: np.ndarray) -> None:
    """Name the labels that none of these rows has."""
    if not target.multilabel:
        return
    absent = target.label_names[~target.values[rows].any(axis=0)]
    if len(absent):
        warnings.warn(
            f"{len(absent)} of {len(target.label_names)} labels have no positive example among "
            f"the {len(rows)} training samples and cannot be learned: {', '.join(absent)}",
            UserWarning,
            stacklevel=3,
        )
