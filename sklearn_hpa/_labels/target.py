"""Reading of classifier targets: a 0/1 label matrix, or one class per sample."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import issparse
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_array, column_or_1d

from .._common.caller import warn_caller
from .._common.messages import plural
from .._common.tables import column_names, describe_row, is_table, refuse_lazy_tables
from .indicator import read_indicator
from .written_sets import refuse_written_sets


class Target(NamedTuple):
    """A target read by `encode_target`.

    Attributes
    ----------
    values : ndarray
        For a 0/1 matrix, float32 of shape (n_samples, n_labels). For a 1-d target, int64 of shape
        (n_samples,): the index of each sample's class in `classes`.
    classes : ndarray
        For a 0/1 matrix, shape (n_labels, 2), with [0, 1] in each row. For a 1-d target, the
        sorted classes.
    label_names : ndarray of str
        For a 0/1 matrix, the columns of a table, else the column numbers. For a 1-d target, the
        classes.
    """

    values: NDArray[Any]
    classes: NDArray[Any]
    label_names: NDArray[np.str_]

    @property
    def multilabel(self) -> bool:
        return self.classes.ndim == 2


def encode_target(
    y: Any,
    classes: ArrayLike | None = None,
    *,
    one_column: Literal["classes", "label"] = "classes",
) -> Target:
    """Read a target of any accepted kind.

    Parameters
    ----------
    y : DataFrame, array-like or sparse matrix of shape (n_samples, n_labels), or 1-d
        A 0/1 matrix, or a 1-d binary or multiclass target. The DataFrame is from pandas or polars.
    classes : array-like of shape (n_classes,), optional
        All classes of a 1-d target, if `y` may lack some.
    one_column : {"classes", "label"}, default="classes"
        How a plain array of shape (n_samples, 1) is read: as a 1-d target, with scikit-learn's
        warning, or as the matrix of one label. A table or sparse matrix with one column is always
        read as one label.

    Raises
    ------
    ValueError
        If `y` is missing, empty, or not finite; if a matrix has a value other than 0 and 1; if a
        1-d target is continuous or has a class that is not in `classes`; if a 1-d target or a
        column of text holds label sets, as `refuse_written_sets` recognises them.
    """
    if y is None:
        raise ValueError("fit requires y to be passed, but the target y is None")
    refuse_lazy_tables(y=y)
    matrix = is_table(y) or issparse(y)
    try:
        shape = y.shape if hasattr(y, "shape") else np.asarray(y).shape
    except ValueError as error:
        refuse_written_sets(y)
        raise ValueError(
            f"y must be a 0/1 matrix or 1-d, got rows that differ ({error})"
        ) from error
    if len(shape) == 0 and not matrix:
        raise ValueError(f"y must be a 0/1 matrix or 1-d, got {y!r}")
    if 0 in shape:
        raise ValueError(f"y is empty: its shape is {shape}, expected (n_samples, n_labels)")
    if len(shape) == 1 or (shape[1] == 1 and not matrix and one_column == "classes"):
        return _encode_classes(y, classes)

    values = read_indicator(y, "y")
    n_labels = values.shape[1]
    names = column_names(y)
    return Target(
        values=np.ascontiguousarray(values, dtype=np.float32),
        classes=np.tile(np.array([0, 1]), (n_labels, 1)),
        label_names=np.asarray([str(name) for name in names or range(n_labels)]),
    )


def _encode_classes(y: Any, given: ArrayLike | None) -> Target:
    refuse_written_sets(y)
    _refuse_missing(y)
    y = check_array(y, ensure_2d=False, dtype=None, ensure_min_samples=0, input_name="y")
    y = column_or_1d(y, warn=True)
    check_classification_targets(y)
    classes: NDArray[Any] = np.unique(y if given is None else given)
    unknown = np.setdiff1d(y, classes)
    if len(unknown):
        raise ValueError(f"y holds classes {unknown.tolist()}, which are not in {classes.tolist()}")
    return Target(
        values=np.searchsorted(classes, y).astype(np.int64),
        classes=classes,
        label_names=classes.astype(str),
    )


def _refuse_missing(y: Any) -> None:
    missing = np.asarray(pd.isna(y)).ravel()
    if missing.any():
        where = describe_row(y, int(np.argmax(missing)))
        others = int(np.count_nonzero(missing)) - 1
        more = f" (and {plural(others, 'more row')})" if others else ""
        raise ValueError(
            f"Input y contains NaN: y has a missing value at {where}{more}; expected a class for "
            "each sample"
        )


def check_same_labels(target: Target, classes: NDArray[Any], label_names: NDArray[np.str_]) -> None:
    """Refuse a target whose labels, or their order, differ from the earlier fit."""

    def describe(classes: NDArray[Any]) -> str:
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


def warn_of_absent_labels(target: Target, rows: NDArray[np.intp]) -> None:
    """Warn about labels without a positive example in these rows."""
    if not target.multilabel:
        return
    absent = target.label_names[~target.values[rows].any(axis=0)]
    if len(absent):
        warn_caller(
            f"{len(absent)} of {len(target.label_names)} labels have no positive example among "
            f"the {len(rows)} training samples and cannot be learned: {', '.join(absent)}"
        )
