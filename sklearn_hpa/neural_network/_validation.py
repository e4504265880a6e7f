"""Validation samples, held out from the training samples or given by the user."""

from __future__ import annotations

from math import ceil
from typing import Any

import numpy as np
from sklearn.utils.validation import check_array

from .._common.alignment import are_numbers, check_order
from .._common.caller import warn_caller
from .._common.finite import located
from .._common.messages import first_dozen, plural
from .._common.tables import text_column_names
from .._labels.target import Target, encode_target
from ..model_selection import count_units, draw_split
from ._batches import ArrayDataset


def split_rows(
    rows: np.ndarray, target: Target, groups: np.ndarray | None, fraction: float | None, seed: int
) -> tuple[np.ndarray, np.ndarray | None]:
    """Return training rows and, with a fraction, validation rows, stratified by label.

    No group is on both sides. A label of a single sample or group stays in the training rows. A
    warning names the labels that are not in the validation rows.
    """
    if fraction is None:
        return rows, None
    units = count_units(
        target._replace(values=target.values[rows]), None if groups is None else groups[rows]
    )
    n_units = units.counts.shape[0]
    if n_units < 2:
        raise ValueError(
            f"early stopping sets some {units.noun}s aside and needs at least 2, got {n_units}"
        )
    n_valid = min(ceil(fraction * len(rows)), len(rows) - 1)
    split = draw_split(units, len(rows) - n_valid, n_valid, np.random.RandomState(seed))
    train, valid = map(np.sort, split)
    missing = units.labels_missing_from(valid)
    if len(missing):
        warn_caller(
            f"{len(missing)} of {len(units.label_names)} "
            f"{'labels' if units.multilabel else 'classes'} occur in too few {units.noun}s to be "
            f"in the {plural(valid, 'validation sample')}, so early stopping cannot see whether "
            f"they are learned: {first_dozen(units.describe(missing))}. A larger "
            "validation_fraction holds out more samples"
        )
    return rows[train], rows[valid]


def read_held_out(X_valid: Any, y_valid: Any, train: ArrayDataset) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows and the 0/1 matrix of validation samples given by the user.

    Parameters
    ----------
    X_valid, y_valid : array-like
        Validation samples and their labels, in the form of the classifier's `fit`.
    train : ArrayDataset
        Training samples, with a 0/1 matrix as target.

    Returns
    -------
    X : ndarray of shape (n_samples, n_features), float32 or uint8 as in `train`
        Rows of the validation samples.
    y : ndarray of shape (n_samples, n_labels), float32
        Their 0/1 matrix.

    Raises
    ------
    ValueError
        If the columns or labels, their numbers or their order differ from `train`.
    """
    X = _read_rows(X_valid, train)
    y = _read_labels(y_valid, train)
    if len(X) != len(y):
        raise ValueError(f"X_valid has {len(X)} samples, but y_valid has {len(y)}")
    return X, y


def _read_rows(X_valid: Any, train: ArrayDataset) -> np.ndarray:
    try:
        with located(X_valid, "X_valid"):
            X = check_array(X_valid, dtype=[np.float32, np.uint8], order="C", input_name="X_valid")
    except ValueError as error:
        raise ValueError(
            f"X_valid is not what the classifier is trained on, rows of {train.X.dtype} "
            f"(ImageFlattener turns images into rows): {error}"
        ) from error
    if X.shape[1] != train.X.shape[1]:
        raise ValueError(
            f"X_valid has {X.shape[1]} columns, but the training samples have {train.X.shape[1]}"
        )
    names = text_column_names(X_valid)
    if names is not None and train.feature_names is not None:
        check_order("X_valid", "column", names, train.feature_names)
    if X.dtype != train.X.dtype:
        raise ValueError(
            f"X_valid holds {_kind(X)}, but the training samples hold {_kind(train.X)}: pass "
            "both as they come from the same transformer"
        )
    return X


def _read_labels(y_valid: Any, train: ArrayDataset) -> np.ndarray:
    n_labels = train.target.shape[1]
    try:
        target = encode_target(y_valid)
    except ValueError as error:
        raise ValueError(f"y_valid cannot be read: {error}") from error
    if not target.multilabel:
        raise ValueError(f"y_valid is 1-d, expected a 0/1 matrix of {n_labels} labels as in fit")
    if len(target.label_names) != n_labels:
        raise ValueError(
            f"y_valid has {len(target.label_names)} labels, but the training samples have "
            f"{n_labels}"
        )
    known = train.label_names
    if known is not None and not (are_numbers(target.label_names) or are_numbers(known)):
        check_order("y_valid", "label", target.label_names, known)
    return target.values


def _kind(X: np.ndarray) -> str:
    return "uint8 pixels" if X.dtype == np.uint8 else "floats"
